"""How hubctl talks: to people, to machines, and to the programs that it runs."""
