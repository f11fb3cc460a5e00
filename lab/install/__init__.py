"""The three roads to a binary: found on PATH, downloaded from its publisher, built with Go."""
