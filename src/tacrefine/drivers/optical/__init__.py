"""Optical fingertips (GelSight Mini, DIGIT): cameras behind a gel, through OpenCV."""
