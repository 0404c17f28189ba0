"""The robot over ROS: a client of the running stack that also commands arm and hand, as any planner would."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from geometry_msgs.msg import PoseStamped
from scipy.spatial.transform import RigidTransform
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger
from tacrefine.action import RefineGrasp
from tacrefine.srv import ResetSim
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from tacrefine.nodes.core.convert import from_pose, joints_of, to_duration, to_pose, to_seconds
from tacrefine.nodes.core.qos import RELIABLE, SENSOR
from tacrefine.nodes.tools.client import StackClient

HOLDS = (RefineGrasp.Result.SUCCESS, RefineGrasp.Result.NOT_CONVERGED)
"""codes of `refine_grasp` after which the hand holds the object"""
FRESH_S = 0.2
"""simulated time after which no reading from before an answer can still be on its way"""

Answer = Callable[[], tuple[bool, str] | None]


class PlannerRobot(StackClient):
    """See `insertion_tree.Robot`. `object_pose` is the truth, which only the judge of a try looks at."""

    def __init__(self, namespace: str = "", use_sim_time: bool = False) -> None:
        self._wrist: PoseStamped | None = None
        self._joint_state: JointState | None = None
        self._object: PoseStamped | None = None
        self.code = 0
        super().__init__(namespace, use_sim_time, name="insert_planner")
        node = self.node
        self._triggers = {
            "release": node.create_client(Trigger, "sim/release"),
            "recall": node.create_client(Trigger, "sim/recall"),
        }
        self._arm = node.create_publisher(PoseStamped, "arm/target_frame", RELIABLE)
        self._hand = node.create_publisher(JointTrajectory, "hand/joint_trajectory", RELIABLE)
        node.create_subscription(PoseStamped, "wrist_pose", self._on_wrist, SENSOR)
        node.create_subscription(JointState, "joint_states", self._on_joints, SENSOR)
        node.create_subscription(PoseStamped, "sim/object_pose", self._on_object, SENSOR)

    def wait_ready(self, timeout: float = 30.0, simulation: bool = True) -> None:
        """Wait until everything that a tree needs is there."""
        super().wait_ready(timeout, simulation)
        for name, client in self._triggers.items():
            self.wait_for(client.service_is_ready, timeout, f"the service sim/{name}")
        for publisher in (self._arm, self._hand):
            self.wait_for(lambda p=publisher: p.get_subscription_count() > 0, timeout, "the bridge")
        self.wait_for(
            lambda: None not in (self._wrist, self._joint_state, self._object),
            timeout,
            "readings of the robot",
        )

    # ---- insertion_tree.Robot
    @property
    def now(self) -> float:
        """Stamp of the newest wrist pose, s."""
        return to_seconds(self._newest(self._wrist).header.stamp)

    @property
    def wrist(self) -> RigidTransform:
        """Newest measured wrist pose in the base frame."""
        return from_pose(self._newest(self._wrist).pose)

    @property
    def joints(self) -> Mapping[str, float]:
        """Newest measured joint positions, rad."""
        return joints_of(self._newest(self._joint_state))

    @property
    def object_pose(self) -> RigidTransform:
        """True pose of the object in the base frame."""
        return from_pose(self._newest(self._object).pose)

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
        self._hand.publish(JointTrajectory(joint_names=list(positions), points=[point]))

    def ask(self, what: str, **request: Any) -> Answer:
        """`place`: sim/reset, `release` and `recall`: sim/..., `refine`: the action."""
        if what == "refine":
            return self._refine(**request)
        if what == "place":
            return self._call(self._reset.call_async(ResetSim.Request(**request)))
        return self._call(self._triggers[what].call_async(Trigger.Request()))

    def _call(self, future: Any) -> Answer:
        fresh: list[float] = []

        def answer() -> tuple[bool, str] | None:
            if not future.done():
                return None
            fresh.append(self.now)
            if self.now < fresh[0] + FRESH_S:
                return None
            return future.result().success, future.result().message

        return answer

    def _refine(self, **request: Any) -> Answer:
        accepted = self._action.send_goal_async(RefineGrasp.Goal(**request))
        ended: list[Any] = []

        def answer() -> tuple[bool, str] | None:
            if not accepted.done():
                return None
            if not accepted.result().accepted:
                return False, "refine_grasp rejected the goal"
            if not ended:
                ended.append(accepted.result().get_result_async())
            if not ended[0].done():
                return None
            result = ended[0].result().result
            self.code = int(result.error_code)
            return self.code in HOLDS, result.message

        return answer

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
