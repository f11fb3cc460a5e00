"""What is made in the cluster, and how it is reached: provider, releases, secrets, routes."""
