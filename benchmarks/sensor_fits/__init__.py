"""Fits of the sensor properties that plants have to recordings of real sensors."""
