"""Collects labelled grasps: leads the hand through a sequence of poses while a recorder listens."""
