"""Stand-in for pulumi-resource-kubernetes: objects by server-side apply, releases by helm."""
