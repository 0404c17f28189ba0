"""The wires to arm controllers, and the adapter that `arm` chooses; what is sent when, `tacrefine.arms` decides."""

from __future__ import annotations

from typing import Any

from geometry_msgs.msg import PoseStamped
from scipy.spatial.transform import RigidTransform
from sensor_msgs.msg import JointState
from std_srvs.srv import SetBool
from trajectory_msgs.msg import JointTrajectory

from tacrefine.arms.cartesian import CartesianArm
from tacrefine.arms.planning import JointPath
from tacrefine.arms.servo import Request, ServoArm
from tacrefine.arms.settings import ArmSettings
from tacrefine.arms.trajectory import TrajectoryArm
from tacrefine.errors import ConfigError, TacrefineError
from tacrefine.nodes.core.controllers import trajectory_failure
from tacrefine.nodes.core.convert import joint_sample, joint_trajectory, to_pose
from tacrefine.nodes.core.protocols import ArmHost
from tacrefine.nodes.core.qos import SENSOR
from tacrefine.supervision.arm import Adapter
from tacrefine.supervision.guard import Guard
from tacrefine.supervision.motion_settings import MotionSettings

POSE = 2
"""ServoCommandType.POSE"""


class PoseLink:
    """Poses in the frame of `wrist_pose`, each stamped with the time of sending."""

    def __init__(self, host: ArmHost, topic: str) -> None:
        self._host, self._topic = host, topic
        self._publisher = host.command_on(PoseStamped, topic)

    def missing(self) -> str:
        """A wrong frame, or a topic that nobody listens to."""
        return self._host.frame_problem() or self._host.without_subscriber(self._publisher, self._topic)

    def send(self, pose: RigidTransform) -> None:
        """Publish a pose or twist."""
        message = PoseStamped(pose=to_pose(pose))
        message.header.stamp = self._host.stamp()
        message.header.frame_id = self._host.base_frame
        self._publisher.publish(message)


class ServoLink(PoseLink):
    """A PoseLink with the two services of MoveIt Servo."""

    def __init__(self, host: ArmHost, controller: str) -> None:
        try:
            from moveit_msgs.srv import ServoCommandType
        except ModuleNotFoundError as error:
            raise ConfigError(
                "arm servo needs the ROS package moveit_msgs, which is not here; install it with MoveIt "
                "(apt install ros-$ROS_DISTRO-moveit-msgs) or choose another arm"
            ) from error
        super().__init__(host, f"{controller}/pose_target_cmds")
        self._request = ServoCommandType.Request
        self._switch = host.client_of(ServoCommandType, f"{controller}/switch_command_type")
        self._pause = host.client_of(SetBool, f"{controller}/pause_servo")

    def missing(self) -> str:
        """What a PoseLink says, or a service that is not there."""
        for client in (self._switch, self._pause):
            if not client.service_is_ready():
                return f"{client.srv_name}: no such service; is MoveIt Servo running, and is arm_controller its name?"
        return super().missing()

    def expect_poses(self) -> Request:
        """Ask for command type POSE."""
        return self._ask(self._switch, self._request(command_type=POSE))

    def pause(self, paused: bool) -> Request:
        """Ask to pause or to go on."""
        return self._ask(self._pause, SetBool.Request(data=paused))

    def _ask(self, client: Any, request: Any) -> Request:
        sent = Request(client.srv_name)

        def done(future: Any) -> None:
            response = future.result()
            sent.is_done = True
            if response is None or not response.success:
                said = getattr(response, "message", "") or "no reason given"
                sent.failure = f"{sent.name}: MoveIt Servo refused ({said})"

        client.call_async(request).add_done_callback(done)
        return sent


class TopicLink:
    """Joint trajectories on a topic; the controller answers nothing."""

    def __init__(self, host: ArmHost, controller: str) -> None:
        self._host, self._topic = host, f"{controller}/joint_trajectory"
        self._publisher = host.command_on(JointTrajectory, self._topic)
        self.failure = ""

    def missing(self) -> str:
        """A wrong frame, or a topic that nobody listens to."""
        return self._host.frame_problem() or self._host.without_subscriber(self._publisher, self._topic)

    def send(self, path: JointPath) -> None:
        """Publish a path that starts at once."""
        self._publisher.publish(joint_trajectory(path))

    def stop(self, path: JointPath) -> None:
        """A new trajectory takes the place of the one that runs."""
        self.send(path)


class ActionLink:
    """Joint trajectories as goals of `follow_joint_trajectory`; canceled ones leave the joints where they are."""

    def __init__(self, host: ArmHost, controller: str) -> None:
        try:
            from control_msgs.action import FollowJointTrajectory
        except ModuleNotFoundError as error:
            raise ConfigError(
                "arm_interface action needs the ROS package control_msgs, which is not here; install it "
                "(apt install ros-$ROS_DISTRO-control-msgs) or choose arm_interface topic"
            ) from error
        self._goal_type = FollowJointTrajectory.Goal
        self._host, self._name = host, f"{controller}/follow_joint_trajectory"
        self._client = host.action_client_of(FollowJointTrajectory, self._name)
        self.failure = ""
        self._number = 0
        self._handle: Any = None

    def missing(self) -> str:
        """A wrong frame, or an action that nobody serves."""
        if not self._client.server_is_ready():
            return f"{self._name}: no such action; is the controller active, and is arm_controller its name?"
        return self._host.frame_problem()

    def send(self, path: JointPath) -> None:
        """Send a goal; what becomes of it shows in `failure`."""
        self._number, self.failure, self._handle = self._number + 1, "", None
        number = self._number
        future = self._client.send_goal_async(self._goal_type(trajectory=joint_trajectory(path)))
        future.add_done_callback(lambda done: self._accepted(number, done.result()))

    def stop(self, path: JointPath) -> None:
        """Cancel the goal that runs, also one that is not accepted yet."""
        self._number += 1
        if self._handle is not None:
            self._handle.cancel_goal_async()
            self._handle = None

    def _accepted(self, number: int, handle: Any) -> None:
        if number != self._number:  # stopped while it was on its way
            if handle is not None and handle.accepted:
                handle.cancel_goal_async()
            return
        if handle is None or not handle.accepted:
            self.failure = f"{self._name}: the controller rejected the trajectory"
            return
        self._handle = handle
        handle.get_result_async().add_done_callback(lambda done: self._ended(number, done.result()))

    def _ended(self, number: int, answer: Any) -> None:
        if number == self._number:
            self._handle = None
            self.failure = trajectory_failure(self._name, answer)


def make_adapter(host: ArmHost, settings: ArmSettings, motion: MotionSettings, guard: Guard) -> Adapter:
    """The adapter that the settings ask for; raises ConfigError if something that it needs is not here."""
    controller = settings.arm_controller
    if settings.arm == "trajectory":
        # With MuJoCo, which no other adapter needs and everybody would wait for.
        from tacrefine.sim.arm_kinematics import Kinematics
        from tacrefine.sim.arm_model import load_arm

        model = load_arm(settings.arm_model, settings.arm_tip, settings.arm_root, settings.arm_joints)
        kinematics = Kinematics(model, settings.arm_joint_margin)
        action = settings.arm_interface == "action" and not motion.dry_run
        link = (ActionLink if action else TopicLink)(host, controller)
        arm = TrajectoryArm(link, kinematics, guard.admit_path, guard.limits, settings, motion)
        _watch_joints(host, arm, settings.arm_joint_states)
        return arm
    if settings.arm == "servo" and not motion.dry_run:
        return ServoArm(ServoLink(host, controller), guard.gate, guard.limits, settings)
    topic = f"{controller}/{'target_frame' if settings.arm == 'cartesian' else 'pose_target_cmds'}"
    return CartesianArm(PoseLink(host, topic), guard.gate, guard.limits, settings.arm_backend)


def _watch_joints(host: ArmHost, arm: TrajectoryArm, topic: str) -> None:
    def take(message: JointState) -> None:
        try:
            sample = joint_sample(message)
        except TacrefineError as error:
            host.report_error(error, "arm joint states")
            return
        if arm.observe(sample.positions, sample.stamp):
            host.health.tick("arm joint states")

    host.listen_to_sensor(JointState, topic, take, SENSOR)
