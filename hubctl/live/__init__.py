"""What looks at a running hub."""
