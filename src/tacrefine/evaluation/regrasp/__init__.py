"""Whole regrasps on simulated objects that were not learned from."""
