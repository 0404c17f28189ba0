"""What a robot publishes, as touch, joints and wrist pose: from one file, for live nodes and for bags alike.

Nothing here needs ROS: messages are plain objects with the fields of their definition, as rclpy or `rosbags` decode
them. `description` is the file, `adapter.Adapter` the whole of it for one hand.
"""

from tacrefine.touch.adapters.adapter import Adapter, Input, load_adapter
from tacrefine.touch.adapters.description import AdapterDescription
from tacrefine.touch.adapters.readings import JointReading, Stamp, TouchReading, WristReading

__all__ = [
    "Adapter",
    "AdapterDescription",
    "Input",
    "JointReading",
    "Stamp",
    "TouchReading",
    "WristReading",
    "load_adapter",
]
