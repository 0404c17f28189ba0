"""Simulated touch."""
