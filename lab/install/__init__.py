"""The three install methods of a binary: found on PATH, downloaded from its publisher, built with Go."""
