"""The phases of a rehearsal, a module each with `run(context) -> Phase`."""
