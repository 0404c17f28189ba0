"""Simulated robots as nodes."""
