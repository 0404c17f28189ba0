"""Labelled presses: tables of tactile readings at places that were measured, as a dataset to learn from."""
