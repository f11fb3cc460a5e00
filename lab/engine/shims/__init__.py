"""Commands that the lab puts on PATH in place of the clouds' own; plainly labelled."""
