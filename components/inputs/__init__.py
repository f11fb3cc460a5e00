"""What the program is told: the stack's configuration, its secrets, other stacks, the cloud."""
