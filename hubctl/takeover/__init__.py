"""Take over what runs already: Helm values become a stack file, and objects get import ids."""
