"""From taxel force to what the policy sees: sensor model, checked frames, contact state."""

from tacrefine.touch.frame import ContactState, PadReading, TouchFrame, contact_state, frame_from_arrays
from tacrefine.touch.liveness import DEGRADED_DEVIATION, Liveness, without_pads
from tacrefine.touch.sensor import Sensor
from tacrefine.touch.stream import TouchStream, joint_positions
from tacrefine.touch.touch import Touch

__all__ = [
    "DEGRADED_DEVIATION",
    "ContactState",
    "Liveness",
    "PadReading",
    "Sensor",
    "Touch",
    "TouchFrame",
    "TouchStream",
    "contact_state",
    "frame_from_arrays",
    "joint_positions",
    "without_pads",
]
