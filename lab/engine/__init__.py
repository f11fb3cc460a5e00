"""The real Pulumi engine on a copy of the program."""
