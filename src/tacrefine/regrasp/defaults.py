"""Numbers of the regrasp loop that library, node and command line share; light, so that `--help` comes at once."""

from __future__ import annotations

from enum import StrEnum

TRIES = 5
"""grasps at most"""
LIFT_ABOVE = 0.9
"""calibrated probability above which a grasp is lifted"""
LOST_BELOW = 0.85
"""probability of the best action below which the gripper is hardly where it should be"""
FORCE_MARGIN = 1.3
"""how much more than the least force that promises enough is used: of thousands the least is the most hopeful one"""
PROBE_FORCE = 6.0
"""N with which the gripper closes where it came down, to feel before it chooses"""
TRIAL_LIFT, TRIAL_TIME = 0.05, 0.6
"""m that a grasp is lifted first, and s of waiting there, to feel and see whether it carries the weight"""
FIRMER = 1.5
"""times the force under which an object slid away is the least that is tried next, before the margin"""


class Objective(StrEnum):
    """What the best action is."""

    max_success = "max_success"
    min_force = "min_force"
    """least force among those whose success is above the threshold; without any, as max_success"""
