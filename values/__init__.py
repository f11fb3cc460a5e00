"""From a hub to the Helm values of its releases. Pure: same hub, same values."""
