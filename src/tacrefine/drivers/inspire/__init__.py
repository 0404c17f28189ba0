"""Inspire RH56DFTP: a five-finger hand with 17 tactile pads, over Modbus TCP."""
