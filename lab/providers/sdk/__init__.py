"""What every stand-in provider plugin is made with."""
