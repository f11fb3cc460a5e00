"""An embedded cloud on one machine, in which the real program runs without a cloud account.

It holds the installer of the binaries, a Kubernetes control plane with simulated nodes, and
stand-in provider plugins. Everything listens on loopback; everything it writes is in one
cache directory and one run directory (see `lab.paths`).
"""
