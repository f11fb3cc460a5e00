"""Google Cloud: the user nodes on GKE, Artifact Registry, Cloud DNS."""
