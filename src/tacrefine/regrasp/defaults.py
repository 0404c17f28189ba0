"""Numbers of regrasping that library, node and command line share; light, so that `--help` comes at once."""

from __future__ import annotations

from enum import StrEnum

TRIES = 5
"""grasps at most"""
APPROACHES = 4
"""approaches from above at most, the first one included; one after a failed lift is not counted"""
LIFT_ABOVE = 0.9
"""calibrated probability above which a grasp is lifted"""
LOST_BELOW = 0.85
"""probability of the best action below which the gripper is probably not on the object"""
FORCE_MARGIN = 1.3
"""factor on the least force that promises success: the least one of thousands is the most optimistic one"""
PROBE_FORCE = 6.0
"""N with which the gripper closes after an approach, to feel before it chooses"""
TRIAL_LIFT, TRIAL_TIME = 0.05, 0.6
"""m that a grasp is lifted first, and s of waiting there, to feel and see whether the object comes along"""
TRIAL_SLACK = 0.01
"""m that a trial lift may be short of, held up by an object that is wedged"""
BLOCKED_DISTANCE = 0.06
"""m short of its pose at which the open gripper, on the object say, still closes"""
SLIDE_LIMIT = 1.2e-3
"""m down both pads: what slides farther in a trial lift would slip out; weight alone moves contacts by half"""
FIRMER = 1.5
"""factor on a force under which the object was lost: the least that is tried next, before the margin"""


class Objective(StrEnum):
    """What the best action is."""

    max_success = "max_success"
    min_force = "min_force"
    """least force among those whose success is above the threshold; without any, as max_success"""
