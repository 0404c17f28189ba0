"""Collects labelled grasps of an object that stands still: pose after pose, while a recorder listens."""
