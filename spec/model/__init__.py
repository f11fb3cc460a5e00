"""The sections of a stack file, one file each; `spec.model.stack` puts them together."""
