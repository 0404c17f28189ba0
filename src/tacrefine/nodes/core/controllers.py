"""What the controllers of ros2_control answer to the goals of their actions."""

from __future__ import annotations

from typing import Any

from action_msgs.msg import GoalStatus

TOLERANCES = (-4, -5)
"""error codes of FollowJointTrajectory for a path or goal tolerance that was violated"""
STATUS = {GoalStatus.STATUS_CANCELED: "somebody else canceled it", GoalStatus.STATUS_ABORTED: "aborted"}


def trajectory_failure(action: str, answer: Any) -> str:
    """Why a goal of `follow_joint_trajectory` did not reach its end, as a sentence; empty if it did.

    A controller whose goal another client cancels ends it without an error code: its status tells.
    """
    result = answer.result
    if result.error_code != 0:
        said = getattr(result, "error_string", "") or "no reason given"
        return f"{action}: the controller gave up with code {result.error_code} ({said})"
    if answer.status in STATUS:
        return f"{action}: the controller ended the trajectory early ({STATUS[answer.status]})"
    return ""
