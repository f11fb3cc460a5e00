"""A stack file as text: read, explained, described as a schema."""
