"""The real JupyterHub as processes, launching on the lab's cluster."""
