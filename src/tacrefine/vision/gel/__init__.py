"""Optical fingertips as taxels: from the image of a gel to how deep it is pressed in, and to a grid of taxels."""
