"""Parts of the values that several charts share, or that are large enough for a file."""
