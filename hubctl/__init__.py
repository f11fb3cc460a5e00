"""hubctl: the operator's command beside `pulumi`."""
