"""A stack file from the answers to a few questions."""
