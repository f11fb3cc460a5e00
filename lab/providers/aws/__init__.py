"""Stand-in for pulumi-resource-aws: every request is really made, against a moto server.

Requests go through boto3, so botocore checks them against AWS's own service descriptions;
``shapes.py`` adds what botocore leaves to the service (enums, patterns, lengths) and
``policies.py`` the grammar of policy documents. Nothing leaves the machine.
"""
