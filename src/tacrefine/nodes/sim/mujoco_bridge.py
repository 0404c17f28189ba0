"""`mujoco_bridge`: sensors and controllers of a simulated robot.

How its time goes stands in `tacrefine.nodes.sim.simulation`.
"""

from __future__ import annotations

import math
import sys
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Pose, PoseStamped
from numpy.typing import NDArray
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory

from tacrefine.drivers.tare import REST_S, check_standstill
from tacrefine.errors import ConfigError, TacrefineError
from tacrefine.geometry import from_coordinates
from tacrefine.hands import load_hand
from tacrefine.msg import TactileArray
from tacrefine.nodes.core.convert import from_pose, pads_to_message, to_pose, trajectory_points
from tacrefine.nodes.core.qos import LATCHED, RELIABLE, SENSOR
from tacrefine.nodes.core.running import run
from tacrefine.nodes.sim.parameters import BridgeParameters
from tacrefine.nodes.sim.remembered import Remembered
from tacrefine.nodes.sim.simulation import SimulationNode
from tacrefine.objects import load_objects
from tacrefine.plants import load_plant
from tacrefine.sim.joint_arm import JointArm
from tacrefine.sim.robot import Reading, SimulatedRobot
from tacrefine.sim.world import load_cell
from tacrefine.srv import ResetSim

TARE_TIMEOUT_S = 10.0
"""until enough readings have come"""
TrajectoryPoints = Sequence[tuple[NDArray[np.float64], float]]
"""positions in rad, seconds from now"""


class MujocoBridge(SimulationNode):
    """A hand on an arm, one object and the hand's skin, in one simulated world."""

    group = BridgeParameters

    def setup(self) -> None:
        """Load hand, objects and plant and put the open hand at the nominal grasp."""
        super().setup()
        p = self.parameters
        self._hand = load_hand(p.hand)
        self._objects = load_objects(p.objects)
        self._plant = load_plant(p.plant)
        arm = None if p.arm == "free" else JointArm(p.arm, p.arm_joint_speed, p.arm_tip)
        cell = load_cell(p.cell)
        self._robot = SimulatedRobot(
            self._hand, p.arm_linear_speed, p.arm_angular_speed, p.hand_speed, 1.0 / p.rate, arm, cell
        )
        self._robot.reset(
            self._find_object(p.object or next(iter(self._objects))), self._plant, np.zeros(6), seed=p.seed
        )
        self._tactile = self.publish_on(TactileArray, "tactile", SENSOR)
        self._joints = self.publish_on(JointState, "joint_states", SENSOR)
        self._wrist = self.publish_on(PoseStamped, "wrist_pose", SENSOR)
        self._truth = self.publish_on(PoseStamped, "sim/ground_truth", SENSOR)
        self._object_name = self.publish_on(String, "sim/object", LATCHED)
        self._wrist_message = Remembered(to_pose)
        self._truth_message = Remembered(_pose_at)
        self._shared_joints = p.arm_joint_states == "joint_states"
        if arm is None:
            self.listen_to(PoseStamped, "arm/target_frame", self._on_target, RELIABLE)
        else:
            self.listen_to(JointTrajectory, "arm/joint_trajectory", self._on_arm_trajectory, RELIABLE)
            if not self._shared_joints:
                self._arm_joints = self.publish_on(JointState, p.arm_joint_states, SENSOR)
        self.listen_to(JointTrajectory, "hand/joint_trajectory", self._on_trajectory, RELIABLE)
        self._recent_joints: deque[NDArray[np.float64]] = deque(maxlen=max(2, math.ceil(REST_S * p.rate)))
        self.serve_waiting(ResetSim, "sim/reset", self._on_reset)
        self.serve_waiting(Trigger, "tare", self._on_tare)
        self._object: Any = None
        if cell.body is not None:
            self._object = self.publish_on(PoseStamped, "sim/object_pose", SENSOR)
            self.serve_waiting(Trigger, "sim/release", partial(self._on_trigger, self._robot.release))
            self.serve_waiting(Trigger, "sim/recall", partial(self._on_trigger, self._robot.recall))

    def start(self) -> None:
        """Say which object stands there, and let time run."""
        self._object_name.publish(String(data=self._robot.object.name))
        super().start()

    def _find_object(self, name: str) -> Any:
        if name not in self._objects:
            raise ConfigError(f"object '{name}' is unknown; allowed are {', '.join(self._objects)}")
        return self._objects[name]

    # ---- simulation thread
    def advance(self) -> Reading:
        """One period of the robot."""
        self._robot.advance()
        reading = self._robot.read()
        self._recent_joints.append(reading.joints.astype(float))
        return reading

    def publish(self, reading: Reading, stamp: Time) -> None:
        """Touch, joints, wrist and truth."""
        tactile = TactileArray(sequence=reading.sequence, pads=pads_to_message(self._hand, reading.tactile))
        tactile.header.stamp, tactile.header.frame_id = stamp, self._hand.wrist_frame
        self._tactile.publish(tactile)  # first: it is what the policy answers
        joints = JointState(name=list(self._hand.joint_names), position=reading.joints.astype(float).tolist())
        joints.header.stamp = stamp
        self._add_arm(joints, reading)
        self._joints.publish(joints)
        wrist = PoseStamped(pose=self._wrist_message(reading.wrist))
        wrist.header.stamp, wrist.header.frame_id = stamp, self.parameters.base_frame
        self._wrist.publish(wrist)
        truth = PoseStamped(pose=self._truth_message(reading.coordinates))
        truth.header.stamp, truth.header.frame_id = stamp, "object"
        self._truth.publish(truth)
        if self._object is not None:
            piece = PoseStamped(pose=to_pose(reading.object_pose))
            piece.header = wrist.header
            self._object.publish(piece)
        self.health.tick("tactile")

    def _add_arm(self, joints: JointState, reading: Reading) -> None:
        """The arm's joints: in the same message where the topic is shared, else on their own topic."""
        if self._robot.joint_arm is None or reading.arm_joints is None:
            return
        names, positions = list(self._robot.joint_arm.joint_names), reading.arm_joints.tolist()
        if self._shared_joints:
            joints.name, joints.position = [*joints.name, *names], [*joints.position, *positions]
            return
        message = JointState(header=joints.header, name=names, position=positions)
        self._arm_joints.publish(message)

    # ---- executor thread
    def _on_target(self, message: PoseStamped) -> None:
        frame, topic = self.parameters.base_frame, "arm/target_frame"
        if message.header.frame_id != frame:
            self.report_error(f"{topic}: frame_id must be '{frame}', not '{message.header.frame_id}'", topic)
            return
        try:
            pose = from_pose(message.pose)
        except ValueError as error:
            self.report_error(f"{topic}: {error}", topic)
            return
        self.command(topic, message.header.stamp, lambda: self._robot.command_wrist(pose))

    def _on_arm_trajectory(self, message: JointTrajectory) -> None:
        topic, arm = "arm/joint_trajectory", self._robot.joint_arm
        assert arm is not None
        self._follow(topic, message, lambda points: arm.follow(message.joint_names, points))

    def _on_trajectory(self, message: JointTrajectory) -> None:
        topic = "hand/joint_trajectory"
        self._follow(topic, message, lambda points: self._robot.command_hand(message.joint_names, points))

    def _follow(
        self, topic: str, message: JointTrajectory, follow: Callable[[TrajectoryPoints], None]
    ) -> None:
        try:
            points = trajectory_points(message, topic)
        except TacrefineError as error:
            self.report_error(error, topic)
            return
        self.command(topic, message.header.stamp, lambda: follow(points))

    async def _on_reset(self, request: ResetSim.Request, response: ResetSim.Response) -> ResetSim.Response:
        def reset() -> str:
            obj = self._find_object(request.object or self._robot.object.name)
            plant = load_plant(request.plant) if request.plant else self._robot.plant
            self._robot.reset(obj, plant, request.pose, close=request.close_hand, seed=request.seed)
            self._recent_joints.clear()
            self.begin_anew()
            return f"{obj.name} on plant {plant.name}, seed {request.seed}"

        try:
            response.message = await self.ask(reset)
            self._object_name.publish(String(data=self._robot.object.name))
            response.success = True
        except (TacrefineError, ValueError) as error:
            response.success, response.message = False, f"sim/reset: {error}"
            self.report_error(response.message, "sim/reset")
        return response

    async def _on_trigger(
        self, act: Callable[[], None], _request: Trigger.Request, response: Trigger.Response
    ) -> Trigger.Response:
        try:
            await self.ask(act)
            response.success, response.message = True, "done"
        except TacrefineError as error:
            response.success, response.message = False, str(error)
            self.report_error(error, "simulation")
        return response

    async def _on_tare(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        recent = self._recent_joints
        if not await self.wait_until(lambda: len(recent) == recent.maxlen, TARE_TIMEOUT_S):
            response.message = (
                f"tare: {len(recent)} of {recent.maxlen} readings came within {TARE_TIMEOUT_S:g} s"
            )
            self.report_error(response.message, "tare")
            return response
        response = await self._on_trigger(self._tare, request, response)
        if response.success:
            response.message = "every pad was tared"
        return response

    def _tare(self) -> None:
        check_standstill(list(self._recent_joints))
        self._robot.tare()


def _pose_at(coordinates: NDArray[np.float64]) -> Pose:
    return to_pose(from_coordinates(coordinates))


def main() -> int:
    """Entry point of the executable."""
    return run(MujocoBridge, "mujoco_bridge")


if __name__ == "__main__":
    sys.exit(main())
