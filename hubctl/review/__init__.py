"""What a change does, before anybody deploys it."""
