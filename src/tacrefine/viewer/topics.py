"""What the console listens to: the topics of a recording, and a few more that only a live stack has."""

from __future__ import annotations

from tacrefine.bags.schemas import (
    CORRECTION,
    DIAGNOSTICS,
    FEEDBACK,
    JOINTS,
    STATUS,
    TACTILE,
    TARGET,
    TF,
    TF_STATIC,
    WRIST,
    Topic,
)

OBJECT = Topic("sim/object", "std_msgs/msg/String", "latched")
ESTOP = Topic("estop", "std_msgs/msg/Bool", "sensor")
LOG = Topic("/rosout", "rcl_interfaces/msg/Log", "sensor")
LIVE = (TACTILE, JOINTS, WRIST, CORRECTION, TARGET, FEEDBACK, STATUS, DIAGNOSTICS, OBJECT, ESTOP, LOG)
"""of a running stack"""
BAG = (TACTILE, JOINTS, WRIST, CORRECTION, TARGET, FEEDBACK, STATUS, DIAGNOSTICS, TF, TF_STATIC)
"""of a bag"""
SENSORS = (TACTILE, JOINTS, WRIST)
"""topics that publish all the time, where no adapter says otherwise"""
