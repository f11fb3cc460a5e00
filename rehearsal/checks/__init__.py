"""Judgements on what the cluster holds. Pure: objects in, trouble out."""
