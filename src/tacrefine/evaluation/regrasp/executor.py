"""Carries out a `RegraspStrategy` on the simulated gripper: the same moves as `RegraspMachine` makes on a robot.

Time is simulated and every call blocks, so an evaluation runs as fast as the processor can.
"""

from __future__ import annotations

import math

from tacrefine.data.regrasp.trials import HOLD, held_for
from tacrefine.gripper import GripperPose, State, wrap_yaw
from tacrefine.regrasp.commands import (
    Approach,
    Command,
    End,
    Lift,
    Look,
    Press,
    Regrasp,
    TrialLift,
    TrialOutcome,
)
from tacrefine.regrasp.defaults import BLOCKED_DISTANCE, TRIAL_SLACK, TRIAL_TIME
from tacrefine.regrasp.perception import felt, slide_between
from tacrefine.regrasp.strategy import RegraspStrategy
from tacrefine.sim.gripper.scene import CLEAR_HEIGHT, LIFT_HEIGHT, GripperScene
from tacrefine.supervision.errors import ArmTimeout, GoalError

ARRIVED, TURNED = 0.002, 0.02
"""m and rad from its target at which the gripper has arrived"""
ABOVE = 0.002
"""m above where it was grasped, from which on an object is put down before the gripper opens"""


class SimulatedExecutor:
    """One regrasp on one scene."""

    def __init__(self, scene: GripperScene, strategy: RegraspStrategy) -> None:
        self._scene, self._strategy = scene, strategy
        self._grasped_at: GripperPose | None = None  # where the gripper closed, None while it is open
        self._before: State | None = None  # what was felt before the last lift

    def run(self) -> GoalError | None:
        """Return why the object is not held in the air, None where it is."""
        command = self._strategy.begin()
        try:
            while not isinstance(command, End):
                command = self._carry_out(command)
        except GoalError as error:
            return error
        return command.error

    def _carry_out(self, command: Command) -> Command:
        strategy = self._strategy
        match command:
            case Look():
                self._rise()
                return strategy.seen(self._scene.find_object())
            case Approach(pose=pose, force=force):
                if pose is not None:
                    self._move(pose._replace(z=max(CLEAR_HEIGHT, pose.z)))
                    self._move(pose, may_stop_short=BLOCKED_DISTANCE)
                return self._grip(force)
            case Regrasp(pose=pose, action=action):
                self._open()
                self._move(pose, may_stop_short=BLOCKED_DISTANCE)
                return self._grip(action.force)
            case Press(force=force):
                return self._close(force)
            case TrialLift(height=height):
                return strategy.carried(self._try_to_lift(min(height, LIFT_HEIGHT)))
            case Lift():
                self._lift(LIFT_HEIGHT)
                held_for(self._scene, HOLD)
                return strategy.held(felt(self._scene.state()))
        raise AssertionError(command)

    # ---- motions
    def _rise(self) -> None:
        """Put down what is held, open, and go out of the camera's sight."""
        grasped = self._grasped_at
        if grasped is not None and self._scene.pose.z > grasped.z + ABOVE:
            self._move(self._scene.pose._replace(z=grasped.z), may_stop_short=BLOCKED_DISTANCE)
        self._open()
        if self._scene.pose.z < CLEAR_HEIGHT - ARRIVED:
            self._move(self._scene.pose._replace(z=CLEAR_HEIGHT), may_stop_short=BLOCKED_DISTANCE)

    def _open(self) -> None:
        self._scene.open()
        self._grasped_at = None

    def _lift(self, height: float, may_stop_short: float = 0.0) -> None:
        """To so far above where the gripper closed, straight."""
        assert self._grasped_at is not None
        self._move(self._scene.pose._replace(z=self._grasped_at.z + height), may_stop_short)

    def _move(self, pose: GripperPose, may_stop_short: float = 0.0) -> None:
        """Go there. Raises ArmTimeout where something holds the gripper up farther away (m) than it may be."""
        scene = self._scene
        scene.move_to(pose)
        short, turn = math.dist(scene.pose[:3], pose[:3]), abs(wrap_yaw(scene.pose.yaw - pose.yaw))
        if short <= ARRIVED and turn <= TURNED:
            return
        if short > may_stop_short:
            raise ArmTimeout(f"the gripper stands {1e3 * short:.0f} mm short of its pose")
        scene.command(scene.pose)  # press no further

    # ---- grasps
    def _grip(self, force: float) -> Command:
        """On arrival, with pads that touch nothing."""
        self._scene.take_rest_images()
        if force > 0.0:
            return self._close(force)
        return self._sense()

    def _close(self, force: float) -> Command:
        self._grasped_at = self._scene.pose
        self._scene.close(force)
        return self._sense()

    def _sense(self) -> Command:
        self._before = self._scene.state()
        return self._strategy.felt(self._before)

    def _try_to_lift(self, height: float) -> TrialOutcome:
        assert self._grasped_at is not None
        self._lift(height, TRIAL_SLACK)
        self._scene.hold(TRIAL_TIME)
        risen = self._scene.pose.z - self._grasped_at.z
        behind = self._scene.left_behind(risen)
        state = self._scene.state()
        slide = 0.0 if self._before is None else slide_between(self._before, state)
        return TrialOutcome(felt(state), behind, slide, risen)
