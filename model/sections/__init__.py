"""The sections of a stack file, one file each; `model.hub` puts them together."""
