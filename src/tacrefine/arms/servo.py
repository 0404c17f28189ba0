"""Adapter to MoveIt Servo in pose tracking: poses on `pose_target_cmds`, and two services.

Servo accepts poses only after its command type was switched to them (`switch_command_type`), and ignores those whose
stamp is older than its `incoming_command_timeout` (0.1 s). It is paused (`pause_servo`) while the hand is closed, so
that no other client can move the arm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from scipy.spatial.transform import RigidTransform

from tacrefine.arms.settings import ArmSettings
from tacrefine.arms.streaming import Gate, PoseStream
from tacrefine.supervision.errors import ArmUnavailable
from tacrefine.supervision.limits import Limits


@dataclass
class Request:
    """A service request that was sent. `failure` is a sentence once it was refused."""

    name: str
    is_done: bool = False
    failure: str = ""


class ServoLink(Protocol):
    """The wire to a Servo node."""

    def missing(self) -> str:
        """Which part of Servo is not there, as a sentence; empty if nothing is missing."""

    def send(self, pose: RigidTransform) -> None:
        """Send one pose with a fresh stamp."""

    def expect_poses(self) -> Request:
        """Ask Servo to follow poses."""

    def pause(self, paused: bool) -> Request:
        """Ask Servo to pause or to go on."""


class ServoArm:
    """Resumes Servo, streams poses once both services have answered, and pauses it after each motion."""

    def __init__(
        self,
        link: ServoLink,
        gate: Gate,
        limits: Limits,
        settings: ArmSettings,
    ) -> None:
        self._link, self._limits, self._settings = link, limits, settings
        self._send = gate(link.send, True)
        self._stream: PoseStream | None = None
        self._requests: list[Request] | None = None
        self._asked = 0.0

    def missing(self, now: float) -> str:
        """What is missing to move the arm, as a sentence; empty if nothing is."""
        return self._link.missing()

    @property
    def commanded(self) -> None:
        """None: Servo forgets what it followed while it is paused."""

    def begin(self, start: RigidTransform, goal: RigidTransform, now: float) -> float:
        """Prepare the motion from `start` to `goal`; returns its duration in s."""
        self._stream, self._requests = PoseStream(self._send, self._limits, start, goal), None
        return self._stream.duration

    def tick(self, now: float) -> bool:
        """Request, wait for both answers, then stream; raises ArmUnavailable if Servo refuses or does not answer."""
        if self._stream is None:
            return True
        if self._requests is None:
            self._requests, self._asked = [self._link.expect_poses(), self._link.pause(False)], now
        for request in self._requests:
            if request.failure:
                raise ArmUnavailable(request.failure)
        waiting = [request.name for request in self._requests if not request.is_done]
        if not waiting:
            return self._stream.tick(now)
        timeout = self._settings.arm_answer_timeout
        if now - self._asked > timeout:
            raise ArmUnavailable(
                f"{waiting[0]}: no answer within {timeout:g} s (arm_answer_timeout); is MoveIt Servo running?"
            )
        return False

    def rest(self) -> None:
        """Pause Servo until the next motion."""
        self._stream = None
        self._link.pause(True)

    def hold(self, pose: RigidTransform) -> None:
        """Abort the motion: command this pose, and pause Servo."""
        self._send(pose)
        self.rest()
