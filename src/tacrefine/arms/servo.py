"""MoveIt Servo in pose tracking: poses on `pose_target_cmds`, the services `switch_command_type` and `pause_servo`.

Servo takes poses only after it was told to expect them, and drops those whose stamp is older than its
`incoming_command_timeout` (0.1 s). It is paused while the hand is closed, so that nothing else can move the arm by it.
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
class Answer:
    """One request on its way. `failure` is a sentence once it was refused."""

    name: str
    is_done: bool = False
    failure: str = ""


class ServoLink(Protocol):
    """The wire to a Servo node."""

    def missing(self) -> str:
        """Which part of Servo is not there, as a sentence; empty if all is."""

    def send(self, pose: RigidTransform) -> None:
        """Send one pose with a fresh stamp."""

    def expect_poses(self) -> Answer:
        """Ask Servo to follow poses."""

    def pause(self, paused: bool) -> Answer:
        """Ask Servo to pause or to go on."""


class ServoArm:
    """Wakes Servo, streams once both services have agreed, and pauses it after each motion."""

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
        self._answers: list[Answer] | None = None
        self._asked = 0.0

    def missing(self, now: float) -> str:
        """What it lacks to move the arm."""
        return self._link.missing()

    def begin(self, start: RigidTransform, goal: RigidTransform, now: float) -> float:
        """Prepare the stream; returns its duration in s."""
        self._stream, self._answers = PoseStream(self._send, self._limits, start, goal), None
        return self._stream.duration

    def tick(self, now: float) -> bool:
        """Ask, wait for both answers, then stream; raises ArmUnavailable if Servo refuses or keeps silent."""
        if self._stream is None:
            return True
        if self._answers is None:
            self._answers, self._asked = [self._link.expect_poses(), self._link.pause(False)], now
        for answer in self._answers:
            if answer.failure:
                raise ArmUnavailable(answer.failure)
        silent = [answer.name for answer in self._answers if not answer.is_done]
        if not silent:
            return self._stream.tick(now)
        timeout = self._settings.arm_answer_timeout
        if now - self._asked > timeout:
            raise ArmUnavailable(
                f"{silent[0]}: no answer within {timeout:g} s (arm_answer_timeout); is MoveIt Servo running?"
            )
        return False

    def rest(self) -> None:
        """Pause Servo until the next motion."""
        self._stream = None
        self._link.pause(True)

    def hold(self, pose: RigidTransform) -> None:
        """Two ways to stand still at once: the pose that it has, and the pause."""
        self._send(pose)
        self.rest()
