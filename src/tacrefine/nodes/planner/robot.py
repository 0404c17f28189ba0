"""The robot of a planner over ROS: a client of the running stack that also commands arm and hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from geometry_msgs.msg import PoseStamped
from numpy.typing import NDArray
from py_trees.behaviour import Behaviour
from py_trees.common import Status
from scipy.spatial.transform import RigidTransform
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from tacrefine.action import RefineGrasp
from tacrefine.errors import TacrefineError
from tacrefine.geometry import from_coordinates, transform
from tacrefine.hands import Hand
from tacrefine.nodes.core.convert import (
    from_pads,
    from_pose,
    from_transform,
    joints_of,
    to_duration,
    to_pose,
    to_seconds,
)
from tacrefine.nodes.core.qos import RELIABLE, SENSOR
from tacrefine.nodes.planner.leaves import RefineGraspLeaf
from tacrefine.nodes.tools.client import ClientError, StackClient
from tacrefine.planner.grip import LIFT_M, LIFT_S, SETTLE_S, TIGHTEN_S, tightened
from tacrefine.planner.robot import Answer, Refined
from tacrefine.sim.robot import BASE_FROM_OBJECT
from tacrefine.touch import ContactState, TouchFrame, contact_state, frame_from_arrays

FRESH_S = 0.2
"""simulated time after which no reading from before an answer can still be on its way"""
REST_S, PATIENCE = 0.5, 5
"""simulated time that the closed hand is given before it is shown, and how often"""
TREE_S = 900.0
"""by the wall clock, after which a tree is taken for stuck"""


class PlannerRobot(StackClient):
    """See `tacrefine.planner.robot.Robot`. `looks` are where the camera will see the part, one pose each ``(6,)``.

    `object_pose` is the truth, which only the judge of a try looks at. `hand` has to be set before the first tick.
    """

    hand: Hand
    tolerances: Mapping[str, Any] = MappingProxyType({})
    """fields of the goals of `refine_grasp`; empty: the server's own"""

    def __init__(self, namespace: str = "", use_sim_time: bool = False) -> None:
        self._wrist: PoseStamped | None = None
        self._joint_state: JointState | None = None
        self._object: PoseStamped | None = None
        self.looks: list[NDArray[np.float64]] = []
        super().__init__(namespace, use_sim_time, name="pick_refine_insert")

    def connect(self) -> None:
        """What a planner listens to and commands."""
        super().connect()
        node = self.node
        self._triggers = {
            "release": node.create_client(Trigger, "sim/release"),
            "recall": node.create_client(Trigger, "sim/recall"),
        }
        self._arm = node.create_publisher(PoseStamped, "arm/target_frame", RELIABLE)
        self._fingers = node.create_publisher(JointTrajectory, "hand/joint_trajectory", RELIABLE)
        node.create_subscription(PoseStamped, "wrist_pose", self._on_wrist, SENSOR)
        node.create_subscription(JointState, "joint_states", self._on_joints, SENSOR)
        node.create_subscription(PoseStamped, "sim/object_pose", self._on_object, SENSOR)

    def wait_ready(self, timeout: float = 90.0, simulation: bool = True) -> None:
        """Wait until everything that a tree needs is there."""
        super().wait_ready(timeout, simulation)
        for name, client in self._triggers.items():
            self.wait_for(client.service_is_ready, timeout, f"the service sim/{name}")
        self.wait_for(
            lambda: all(topic.get_subscription_count() > 0 for topic in (self._arm, self._fingers)),
            timeout,
            "the bridge",
        )
        self.wait_for(
            lambda: None not in (self._wrist, self._joint_state, self._object),
            timeout,
            "readings of the robot",
        )

    # ---- tacrefine.planner.robot.Robot
    @property
    def now(self) -> float:
        """Stamp of the newest wrist pose, s."""
        return to_seconds(self._newest(self._wrist).header.stamp)

    @property
    def wrist(self) -> RigidTransform:
        """Newest measured wrist pose in the base frame."""
        return from_pose(self._newest(self._wrist).pose)

    @property
    def joints(self) -> dict[str, float]:
        """Newest measured joint positions, rad."""
        return joints_of(self._newest(self._joint_state))

    @property
    def object_pose(self) -> RigidTransform:
        """True pose of the part in the base frame."""
        return from_pose(self._newest(self._object).pose)

    @property
    def frame(self) -> TouchFrame:
        """Newest touch; raises TouchError where it does not fit the hand."""
        return frame_from_arrays(self.hand, from_pads(self._newest(self.tactile).pads), self.joints)

    @property
    def feels(self) -> bool:
        """Whether thumb and two fingers touch."""
        try:
            return contact_state(self.hand, self.frame) is ContactState.GOOD
        except TacrefineError:
            return False

    def send_wrist(self, pose: RigidTransform) -> None:
        """Publish a target of the wrist."""
        message = PoseStamped(pose=to_pose(pose))
        message.header.stamp = self.node.get_clock().now().to_msg()
        message.header.frame_id = self._newest(self._wrist).header.frame_id
        self._arm.publish(message)

    def lead_hand(self, positions: Mapping[str, float], seconds: float) -> None:
        """Publish a trajectory of one point."""
        point = JointTrajectoryPoint(positions=[float(value) for value in positions.values()])
        point.time_from_start = to_duration(seconds)
        self._fingers.publish(JointTrajectory(joint_names=list(positions), points=[point]))

    def look(self) -> RigidTransform | None:
        """The next of `looks`: the stand-in of a camera, which the simulated cell with a hand does not have."""
        if not self.looks:
            return None
        return BASE_FROM_OBJECT * from_coordinates(self.looks.pop(0)) * self.hand.centre_from_wrist

    def ask(self, what: str, **_: Any) -> Answer:
        """`release` or `recall`: sim/..."""
        future = self._triggers[what].call_async(Trigger.Request())
        answered: list[float] = []

        def answer() -> tuple[bool, str] | None:
            if not future.done():
                return None
            if not answered:
                answered.append(self.now)
            if self.now < answered[0] + FRESH_S:
                return None
            return bool(future.result().success), str(future.result().message)

        return answer

    def refine_leaf(self, name: str, target: str, strategy: str) -> Behaviour:
        """The leaf of the action `refine_grasp`."""
        return RefineGraspLeaf(name, self.node, target, strategy, convert=_refined, **self.tolerances)

    # ---- for the program around a tree
    def wait(self, seconds: float) -> None:
        """Let time of the stamps pass."""
        until = self.now + seconds
        self.wait_for(lambda: self.now >= until, TREE_S, "simulated time to pass")

    def run(self, root: Behaviour, after_tick: Callable[[], None] = lambda: None) -> Status:
        """Tick a tree at every reading until it has ended."""
        last = [-1.0]

        def ended() -> bool:
            if self.now == last[0]:
                return False
            last[0] = self.now
            root.tick_once()
            after_tick()
            return root.status is not Status.RUNNING

        self.wait_for(ended, TREE_S, f"the tree '{root.name}'")
        return root.status

    def show(
        self, obj: str, coordinates: NDArray[np.float64], in_nest: str, held: str, fixture: bool = True
    ) -> RigidTransform:
        """Close the hand at a pose, capture the grasp, open the nest or lift what stands free, capture it again.

        Returns the wrist's pose in the part's frame.
        """
        self.reset(coordinates, obj, close=True, timeout=TREE_S)
        self._captured(in_nest, obj)
        firmly = tightened(self.hand)
        if firmly:
            self.lead_hand(firmly, TIGHTEN_S)
        if fixture:
            release = self.ask("release")
            self.wait_for(lambda: release() is not None, TREE_S, "sim/release")
            answer = release()
            if answer is None or not answer[0]:
                raise ClientError(answer[1] if answer else "sim/release did not answer")
        self.wait(SETTLE_S)
        if not fixture:
            self.send_wrist(transform((0.0, 0.0, LIFT_M)) * self.wrist)
            self.wait(LIFT_S)
        self._captured(held, obj)
        return self.object_pose.inv() * self.wrist

    def _captured(self, name: str, obj: str) -> None:
        for _ in range(PATIENCE):
            self.wait(REST_S)
            answer = self.capture(name, obj, overwrite=True, timeout=TREE_S)
            if answer.success:
                return
        raise ClientError(answer.message)

    @staticmethod
    def _newest(message: Any) -> Any:
        assert message is not None, "wait_ready comes first"
        return message

    def _on_wrist(self, message: PoseStamped) -> None:
        self._wrist = message

    def _on_joints(self, message: JointState) -> None:
        self._joint_state = message

    def _on_object(self, message: PoseStamped) -> None:
        self._object = message


def _refined(result: RefineGrasp.Result) -> Refined:
    return Refined(
        int(result.error_code),
        str(result.message),
        int(result.steps),
        from_transform(result.compensation),
        result.remaining_position_error,
        result.remaining_rotation_error,
    )
