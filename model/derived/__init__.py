"""What follows from a stack file: names, pools, the registry's access."""
