"""From taxel force to what the policy sees: sensor model, checked frames, contact state."""

from tacrefine.touch.frame import ContactState, PadReading, TouchFrame, contact_state, frame_from_arrays
from tacrefine.touch.sensor import Sensor

__all__ = ["ContactState", "PadReading", "Sensor", "TouchFrame", "contact_state", "frame_from_arrays"]
