"""What a hub is made of, as Pulumi components. Decisions are made in `model` and `values`."""
