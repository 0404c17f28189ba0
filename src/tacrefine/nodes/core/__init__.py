"""What every node is made of: lifecycle, parameters, health, arm links, the goal server."""
