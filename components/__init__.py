"""What a hub is made of, as Pulumi components. Decisions are made in `model` and `values`."""

import gc

# The clouds' SDKs are hundreds of thousands of objects that stay: looking for garbage among them,
# as often as Python does, takes a tenth of the program's time.
gc.set_threshold(100_000)
