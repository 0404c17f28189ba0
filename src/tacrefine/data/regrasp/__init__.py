"""Trials of the simulated gripper as a dataset for the regrasp network."""
