"""A real build and launch on a running hub, and what to think of its answers."""
