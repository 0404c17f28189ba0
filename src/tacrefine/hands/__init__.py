"""Hands as data: YAML descriptions of joints, drives, couplings and tactile pads."""

from tacrefine.hands.hand import Finger, Hand, Pad, load_hand

__all__ = ["Finger", "Hand", "Pad", "load_hand"]
