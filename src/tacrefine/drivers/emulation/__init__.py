"""Devices played in software over their real transport, on this machine only: for trying a driver, and for its tests.

Each speaks its protocol independently of the driver's code, and can be told to misbehave (`Fault`).
"""
