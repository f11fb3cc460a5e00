"""Stack files as text: found, written, edited."""
