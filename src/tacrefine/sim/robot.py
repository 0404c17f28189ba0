"""A robot in MuJoCo that behaves like a real one: it follows targets with limited speed and is read at a fixed rate.

Frames: `base` is the arm's base. The object stands at `BASE_FROM_OBJECT`, which nothing but the simulator knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import RigidTransform

from tacrefine.errors import SimulationError
from tacrefine.geometry import from_coordinates, from_matrix, matrix_coordinates, to_coordinates, transform
from tacrefine.hands import Hand
from tacrefine.joint_trajectory import JointTrajectoryFollower
from tacrefine.objects import GraspObject
from tacrefine.plants import Plant
from tacrefine.sim import ElasticWorld
from tacrefine.sim.elastic import Snapshot
from tacrefine.sim.joint_arm import JointArm
from tacrefine.sim.pose_follower import PoseFollower
from tacrefine.sim.scene import FIXED_CELL
from tacrefine.sim.world.cell import Cell
from tacrefine.sim.world.checks import check_clear, check_fits
from tacrefine.touch import Sensor

BASE_FROM_OBJECT = transform((0.45, 0.10, 0.30), (0.0, 0.0, 0.6))
BASE_MATRIX = BASE_FROM_OBJECT.as_matrix()
CONTROL_STEPS = 5  # simulation steps between two updates of arm and finger drives
REST_S = 0.5
RAMP_S = 0.2
"""s until an arm that carries something has come to full speed"""


@dataclass(frozen=True)
class Reading:
    """Everything read at one moment. `tactile` (T,) 0..1 with NaN for dead taxels, `joints` (J,) rad.

    `wrist` is what the arm reports, in the base frame; `coordinates` (6,) m and rad is the truth: the grasp centre
    in the object's grasp frame, arm repeatability included. `arm_joints` (A,) rad, None for an arm without joints.
    `object_pose` is the true pose of the object's grasp frame in the base frame.
    """

    time: float
    sequence: int
    tactile: NDArray[np.float32]
    joints: NDArray[np.float32]
    wrist: RigidTransform
    coordinates: NDArray[np.float64]
    arm_joints: NDArray[np.float64] | None = None
    object_pose: RigidTransform = BASE_FROM_OBJECT


class Moment(NamedTuple):
    """A moment of a simulated robot and its world."""

    world: Snapshot
    wrist: RigidTransform
    slip: RigidTransform
    fingers: NDArray[np.float64]


class SimulatedRobot:
    """Arm, hand, skin and object. Speeds in m/s and rad/s, `period` in s between readings.

    Without a `joint_arm` the wrist follows poses; with one it goes where the arm's joints take it. Whether the object
    is fixed, held by something that can let go, or free is what the `cell` says.
    """

    def __init__(
        self,
        hand: Hand,
        linear_speed: float,
        angular_speed: float,
        hand_speed: float,
        period: float = 0.01,
        joint_arm: JointArm | None = None,
        cell: Cell = FIXED_CELL,
    ) -> None:
        self.hand, self.joint_arm, self.cell = hand, joint_arm, cell
        self._arm_speeds, self._hand_speed, self._period = (linear_speed, angular_speed), hand_speed, period
        self._start = 0.0
        self._sequence = 0
        self._placed, self._coordinates = b"", np.zeros(6)
        self._settled = False
        """whether nothing has moved since arm and drives were placed last, so that no step changes anything"""
        self._world: ElasticWorld | None = None
        self._centre = hand.wrist_from_centre.as_matrix()
        self._zero = np.zeros(hand.taxel_count, np.float32)

    @property
    def time(self) -> float:
        """Simulated seconds since construction; goes on through resets."""
        return self._start + (self._world.time if self._world else 0.0)

    @property
    def friction(self) -> float:
        """Coulomb coefficient of skin on object of the present robot."""
        return self._sample.friction

    def reset(
        self, obj: GraspObject, plant: Plant, coordinates: ArrayLike, close: bool = False, seed: int = 0
    ) -> None:
        """Place the open hand at pose `coordinates` (6,) and, with `close`, close it slowly before returning.

        Raises SimulationError for a plant without elastic touch or coordinates that are no finite six numbers, and
        KinematicsError for a pose that the arm's joints cannot reach.
        """
        x = np.asarray(coordinates, float)
        if x.shape != (6,) or not np.isfinite(x).all():
            raise SimulationError(
                f"pose must be six finite numbers (x, y, z in m, rotation vector in rad), not {x.tolist()}"
            )
        if plant.tactile_model != "elastic":
            raise SimulationError(
                f"plant '{plant.name}' is {plant.tactile_model}; the bridge needs an elastic one"
            )
        check_fits(self.cell, obj, self.hand)
        wrist = BASE_FROM_OBJECT * from_coordinates(x) * self.hand.centre_from_wrist
        if self.joint_arm is not None:
            self.joint_arm.place(wrist)
        self._start = self.time
        self._rng = np.random.default_rng(seed)
        self._sample = plant.sample(self.hand, self._rng)
        self._world = ElasticWorld(self.hand, obj, self._sample, self.cell)
        check_clear(self.cell, obj, self._world.model, self._world.data)
        self._sensor, self._touched = Sensor(self.hand, self._sample, self._rng, self._period), False
        self.object, self.plant = obj, plant
        ramp = 0.0 if self.cell.body is None else RAMP_S
        self._free = PoseFollower(wrist, *self._arm_speeds, self.hand.wrist_from_centre, ramp)
        self._arm = self.joint_arm or self._free
        self._fingers = JointTrajectoryFollower(self.hand.open_positions, self._hand_speed)
        self._slip = from_coordinates(np.zeros(6))
        self._moving = False
        self._released: Moment | None = None
        self._place()
        if close:
            began = self._world.time
            self.command_hand(
                self.hand.actuated_joints, [(self.hand.closed_positions, self.hand.closing_time)]
            )
            while self._world.time - began < self.hand.closing_time + REST_S:
                self.advance()
            self._start -= self._world.time - began

    def command_wrist(self, pose: RigidTransform) -> None:
        """New target of the wrist in the base frame; it is followed with limited speed."""
        self._free.target = pose

    def command_hand(self, names: Sequence[str], points: Sequence[tuple[ArrayLike, float]]) -> None:
        """Start a trajectory of these actuated joints: points (positions in rad, seconds from now)."""
        assert self._world is not None
        unknown = [name for name in names if name not in self.hand.actuated_joints]
        if unknown:
            known = ", ".join(self.hand.actuated_joints)
            raise SimulationError(
                f"hand/joint_trajectory: joint '{unknown[0]}' is unknown or not actuated; allowed are {known}"
            )
        path = []
        for positions, seconds in points:
            full = np.array(self._fingers.positions)
            for name, position in zip(names, np.asarray(positions, float), strict=True):
                full[self.hand.actuated_joints.index(name)] = position
            path.append((full, float(seconds)))
        self._fingers.follow(path, self._world.time)

    def advance(self) -> None:
        """Simulate one reading period."""
        assert self._world is not None
        left = max(1, round(self._period / self._world.timestep))
        while left > 0:
            steps = min(left, CONTROL_STEPS)
            seconds = steps * self._world.timestep
            moved = self._arm.advance(seconds)
            if moved and not self._moving:
                self._slip = self._draw_slip()
            self._moving = moved
            if self._fingers.advance(self._world.time + seconds, seconds) or moved:
                self._place()
            if self._settled:
                self._world.wait(steps)
            else:
                self._world.step(steps)
                self._settled = self._world.is_at_rest()
            left -= steps

    def read(self) -> Reading:
        """Read the sensors, and the true poses."""
        assert self._world is not None
        self._sequence += 1
        force = self._world.taxel_force()
        if self._sensor.zeros_change:
            touched, before = bool(self.hand.fingers_in_contact(force).any()), self._touched
            self._touched = touched
            if before and not touched:
                self._sensor.renew_zeros()
        tactile = np.maximum(self._sensor.read(force) - self._zero, np.float32(0))
        joints = self._sensor.read_joints(self._world.joint_positions())
        truth, object_pose = self._truth()
        return Reading(
            self.time,
            self._sequence,
            tactile,
            joints,
            self._arm.pose,
            truth,
            None if self.joint_arm is None else self.joint_arm.joints,
            object_pose,
        )

    def _truth(self) -> tuple[NDArray[np.float64], RigidTransform]:
        """Coordinates of the grasp centre and pose of the object; worked out anew only where something has moved."""
        assert self._world is not None
        piece = self._world.workpiece
        if piece is None:
            placed = self._world.wrist_placement()
            if placed != self._placed:
                self._placed = placed
                self._coordinates = to_coordinates(self._world.wrist_pose() * self.hand.wrist_from_centre)
            return self._coordinates, BASE_FROM_OBJECT
        at = piece.matrix()  # products of RigidTransform take half the time of a simulated gripper
        centre = np.linalg.inv(at) @ self._world.wrist_matrix() @ self._centre
        return matrix_coordinates(centre[None])[0], from_matrix(BASE_MATRIX @ at)

    def release(self) -> None:
        """The fixture lets go of the object; `recall` restores this moment.

        Raises SimulationError if nothing can be released, or if the hand does not hold it.
        """
        assert self._world is not None
        piece = self._world.workpiece
        if piece is None or not piece.has_fixture:
            what = "fixed for good" if piece is None else "free"
            raise SimulationError(
                f"sim/release: cell '{self.cell.name}' has no fixture that could let go, the object is {what}"
            )
        touching = self.hand.fingers_in_contact(self._world.taxel_force())
        if not (touching[0] and touching[1:].any()):
            raise SimulationError("sim/release: thumb and a finger must touch the object, or it would fall")
        if piece.is_fixed:
            piece.release()
            self._released = self.mark()

    def mark(self) -> Moment:
        """This moment, for `recall`; the arm has to be where it was sent."""
        assert self._world is not None
        return Moment(self._world.snapshot(), self._arm.pose, self._slip, self._fingers.positions)

    def recall(self, moment: Moment | None = None) -> None:
        """Restore hand, arm and object as they were at that moment of this reset, or when the fixture let go.

        Raises SimulationError if nothing has let go of the object yet.
        """
        assert self._world is not None
        moment = moment or self._released
        if moment is None:
            raise SimulationError("sim/recall: nothing was released since the last reset")
        state, wrist, self._slip, fingers = moment
        self._world.restore(state)
        if self.joint_arm is not None:
            self.joint_arm.place(wrist)
        self._free.pose = self._free.target = wrist
        self._fingers = JointTrajectoryFollower(fingers, self._hand_speed)
        self._place()

    def tare(self, frames: int = 20) -> None:
        """Take the mean of `frames` readings as zero; raises SimulationError if the hand touches something."""
        assert self._world is not None
        if self.hand.fingers_in_contact(self._world.taxel_force()).any():
            raise SimulationError("tare: a finger touches something; open the hand first")
        mean = self._sensor.read(self._world.taxel_force(), frames=frames)
        self._zero = np.nan_to_num(mean).astype(np.float32)

    def _place(self) -> None:
        assert self._world is not None
        self._world.set_wrist(BASE_FROM_OBJECT.inv() * self._arm.pose * self._slip)
        self._world.set_joint_targets(self._fingers.positions)
        self._settled = False

    def _draw_slip(self) -> RigidTransform:
        """Repeatability: where a move ends differs a little from where the arm believes it ended."""
        sigma = np.repeat([self._sample.wrist_position_sigma, self._sample.wrist_rotation_sigma], 3)
        return from_coordinates(sigma * self._rng.standard_normal(6))
