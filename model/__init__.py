"""What a hub is: the typed stack file, its rules, and everything derived from it.

Pure: no Pulumi, no network, no clock, no environment.
"""
