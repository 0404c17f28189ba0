"""From taxel force to what the policy sees: sensor model, checked frames, contact state."""

from tacrefine.touch.frame import ContactState, PadReading, TouchFrame, contact_state, frame_from_arrays
from tacrefine.touch.joints import JointStates
from tacrefine.touch.liveness import DEGRADED_DEVIATION, Liveness, without_pads
from tacrefine.touch.rest import RestDetector
from tacrefine.touch.sensor import Sensor
from tacrefine.touch.settings import SourceSettings, TouchSettings
from tacrefine.touch.stream import TouchStream, joint_positions
from tacrefine.touch.touch import Touch

__all__ = [
    "DEGRADED_DEVIATION",
    "ContactState",
    "JointStates",
    "Liveness",
    "PadReading",
    "RestDetector",
    "Sensor",
    "SourceSettings",
    "Touch",
    "TouchFrame",
    "TouchSettings",
    "TouchStream",
    "contact_state",
    "frame_from_arrays",
    "joint_positions",
    "without_pads",
]
