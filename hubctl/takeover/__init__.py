"""What runs today, brought over."""
