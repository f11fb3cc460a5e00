"""Stand-in for pulumi-resource-gcp: records resources, checks every request it would make.

Request bodies are built as the official provider builds them and checked against Google's
published discovery documents (``discovery.py``); values against the documented rules
(``rules.py``). Nothing leaves the machine.
"""
