"""Leaves of a planner's tree. They are ticked at every reading and never block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from py_trees.behaviour import Behaviour
from py_trees.common import Status
from scipy.spatial.transform import RigidTransform

from tacrefine.geometry import error_between
from tacrefine.planner.robot import Robot
from tacrefine.refine.settings import RefineSettings
from tacrefine.supervision.limits import Limits


class Ask(Behaviour):
    """One request of a service; runs until it is answered."""

    def __init__(self, name: str, robot: Robot, what: str, **request: Any) -> None:
        super().__init__(name)
        self._robot, self._what, self._request = robot, what, request

    def initialise(self) -> None:
        """Send the request."""
        self._answer = self._robot.ask(self._what, **self._request)

    def update(self) -> Status:
        """Look for the answer."""
        answer = self._answer()
        if answer is None:
            return Status.RUNNING
        self.feedback_message = answer[1]
        return Status.SUCCESS if answer[0] else Status.FAILURE


class Look(Behaviour):
    """Asks the camera where the part is and keeps what it says."""

    def __init__(self, name: str, robot: Robot, keep: Callable[[RigidTransform], None]) -> None:
        super().__init__(name)
        self._robot, self._keep = robot, keep

    def update(self) -> Status:
        """Take the next look of the camera; FAILURE when there is none left."""
        seen = self._robot.look()
        if seen is None:
            self.feedback_message = "the camera sees no part"
            return Status.FAILURE
        self._keep(seen)
        return Status.SUCCESS


class LeadHand(Behaviour):
    """Leads the fingers and gives them time to settle."""

    def __init__(
        self, name: str, robot: Robot, posture: Mapping[str, float], seconds: float, settle: float
    ) -> None:
        super().__init__(name)
        self._robot, self._posture, self._seconds, self._settle = robot, posture, seconds, settle

    def initialise(self) -> None:
        """Send the trajectory."""
        self._robot.lead_hand(self._posture, self._seconds)
        self._until = self._robot.now + self._seconds + self._settle

    def update(self) -> Status:
        """RUNNING until the time has passed."""
        return Status.SUCCESS if self._robot.now >= self._until else Status.RUNNING


class Wait(Behaviour):
    """Lets time pass, s."""

    def __init__(self, name: str, robot: Robot, seconds: float) -> None:
        super().__init__(name)
        self._robot, self._seconds = robot, seconds

    def initialise(self) -> None:
        """Start the clock of the leaf."""
        self._until = self._robot.now + self._seconds

    def update(self) -> Status:
        """RUNNING until the time has passed."""
        return Status.SUCCESS if self._robot.now >= self._until else Status.RUNNING


class MoveWrist(Behaviour):
    """Moves the grasp centre on a straight line within the limits on motion, until the measured pose is there.

    `streams`: poses on the way are sent at every tick; else the goal alone, now and then, to an arm that plans itself.
    """

    PATIENCE_S = 0.6
    """beyond the time that the way takes"""
    REPEAT_S = 0.5

    def __init__(
        self,
        name: str,
        robot: Robot,
        limits: Limits,
        settings: RefineSettings,
        goal: Callable[[], RigidTransform],
        streams: bool = True,
    ) -> None:
        super().__init__(name)
        self._robot, self._limits, self._settings, self._goal = robot, limits, settings, goal
        self._streams = streams

    def initialise(self) -> None:
        """Plan from where the wrist is."""
        self._from, self._to, self._began = self._robot.wrist, self._goal(), self._robot.now
        self._profile = self._limits.profile(self._from, self._to)
        self._sent = -float("inf")

    def update(self) -> Status:
        """Send what is due and look whether the arm is there."""
        elapsed = self._robot.now - self._began
        if self._streams:
            share = self._profile.fraction(elapsed)
            self._robot.send_wrist(self._limits.interpolate(self._from, self._to, share))
        elif elapsed - self._sent >= self.REPEAT_S:
            self._sent = elapsed
            self._robot.send_wrist(self._to)
        metres, radians = error_between(self._robot.wrist, self._to)
        if metres <= self._settings.arrival_position and radians <= self._settings.arrival_rotation:
            return Status.SUCCESS
        if elapsed > self._profile.duration + self.PATIENCE_S:
            self.feedback_message = f"the arm is still {metres * 1e3:.1f} mm away"
            return Status.FAILURE
        return Status.RUNNING


class SpiralSearch(Behaviour):
    """Presses a held part on a rim and leads it on a spiral about where the goal is.

    Where its end lies over the slot or hole it falls in; in there the walls hold it while the spiral goes on. Nothing
    is sensed. `goal` is the wrist's pose in the middle, where the part is some tenths of a mm below the rim; `pitch` is
    the way from turn to turn, m, no more than the clearance.
    """

    def __init__(
        self,
        name: str,
        robot: Robot,
        goal: Callable[[], RigidTransform],
        axes: Callable[[], NDArray[np.float64]],
        radius: float,
        pitch: float,
        speed: float,
    ) -> None:
        super().__init__(name)
        self._robot, self._goal, self._axes = robot, goal, axes
        self._radius, self._pitch = radius, pitch
        self._seconds = np.pi * radius**2 / (pitch * speed)

    def initialise(self) -> None:
        """Start in the middle."""
        self._middle, self._plane, self._began = self._goal(), self._axes(), self._robot.now

    def update(self) -> Status:
        """Send the next pose of the spiral, at the same speed inside and outside."""
        share = min(1.0, (self._robot.now - self._began) / self._seconds)
        radius = self._radius * np.sqrt(share)
        angle = 2 * np.pi * radius / self._pitch
        aside = radius * (np.cos(angle) * self._plane[0] + np.sin(angle) * self._plane[1])
        translation = self._middle.translation + aside
        self._robot.send_wrist(RigidTransform.from_components(translation, self._middle.rotation))
        return Status.SUCCESS if share >= 1.0 else Status.RUNNING


class Check(Behaviour):
    """Asks once whether something holds; `otherwise` is what to say if it does not."""

    def __init__(self, name: str, holds: Callable[[], bool], otherwise: str = "") -> None:
        super().__init__(name)
        self._holds, self._otherwise = holds, otherwise

    def update(self) -> Status:
        """Success if it holds."""
        if self._holds():
            return Status.SUCCESS
        self.feedback_message = self._otherwise
        return Status.FAILURE
