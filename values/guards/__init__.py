"""What the final values must not do, whoever wrote them."""
