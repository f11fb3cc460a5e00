"""The values of each chart."""
