"""A hand of one's own: from a robot model (URDF, MJCF) to a description that can be simulated and refined with."""
