"""Stand-in provider plugins: small servers that speak the engine's provider protocol.

Each stands in for an official plugin that cannot be had on this machine, and says so in
the engine's log. ``python -m lab.standins <name>`` starts one; ``lab.standins.install``
puts them where the engine looks for plugins; ``lab.standins.base`` is what they share.
"""
