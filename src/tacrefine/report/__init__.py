"""Draws what the JSON files of evaluations and benchmarks say, as one HTML page that needs nothing beside it."""
