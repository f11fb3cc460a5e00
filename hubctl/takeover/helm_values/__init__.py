"""From existing Helm values of a hub to a stack file. Pure, but for reading the files."""
