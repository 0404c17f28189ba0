"""Measures a policy in simulation: the same refinement loop, many trials at once, compared with the true pose."""
