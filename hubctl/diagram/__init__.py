"""The resources of a hub as a picture, from the model alone."""
