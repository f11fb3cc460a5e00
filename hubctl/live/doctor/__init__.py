"""What stands between a stack file and a hub that works: small checks, each with its edge given."""
