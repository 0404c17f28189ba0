"""Nodes of the regrasping gripper."""
