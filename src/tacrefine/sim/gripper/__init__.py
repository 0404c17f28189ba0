"""The simulated parallel gripper over a table with one free object: mechanics, gels and camera."""
