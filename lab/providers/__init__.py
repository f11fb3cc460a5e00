"""Stand-in provider plugins: small servers that speak the engine's provider protocol.

Each stands in for an official plugin that cannot be had on this machine, and says so in
the engine's log. ``python -m lab.providers <name>`` starts one; ``lab.providers.install``
puts them where the engine looks for plugins; ``lab.providers.sdk.provider`` is what they share.
"""
