"""Robotiq TSF-85 fingertips: serial packets that the sensor sends by itself."""
