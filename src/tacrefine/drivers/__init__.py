"""Devices: their protocols, without ROS. One folder a device; `link` keeps any of them connected.

A device is tried on its emulator (`emulation`) wherever no hardware is at hand; docs/how_to/use_a_driver.md says which.
"""
