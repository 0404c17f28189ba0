"""What a behaviour tree needs of a running stack: leaves for its actions and services, and the whole robot."""
