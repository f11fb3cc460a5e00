"""What stands between a stack file and a hub that works: small checks that ask through `Edges`."""
