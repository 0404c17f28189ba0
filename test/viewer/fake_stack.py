"""A stack in little: sensors ten times a second, captures, and goals that last until they are cancelled."""

from __future__ import annotations

import os
import threading
import time

import numpy as np

from tacrefine.supervision.domains import free_domain

os.environ["ROS_PYTHON_CHECK_FIELDS"] = "1"
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"

import rclpy
from geometry_msgs.msg import PoseStamped
from rclpy.action import ActionServer, CancelResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.context import Context
from rclpy.executors import MultiThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool
from std_srvs.srv import Trigger
from tacrefine.action import RefineGrasp
from tacrefine.msg import GraspTarget, PoseCorrection, TactileArray
from tacrefine.srv import CaptureTarget

from tacrefine.geometry import transform
from tacrefine.hands import load_hand
from tacrefine.nodes.core.convert import pads_to_message, to_pose, to_transform
from tacrefine.nodes.core.qos import LATCHED, RELIABLE, SENSOR

PERIOD_S = 0.1


class FakeStack:
    """A context manager; `touch` is what every taxel reads once it `flows`, `asked` and `stops` what has come."""

    def __init__(self) -> None:
        self.hand = load_hand()
        self.touch, self.flows = 0.0, False
        self.asked: list = []
        self.captured: list = []
        self.stops: list[bool] = []
        self._sequence = 0
        self._alive = True
        # Every stack has a domain of its own, which processes that are started later share with it.
        os.environ["ROS_DOMAIN_ID"] = str(free_domain())
        self._context = Context()
        rclpy.init(context=self._context)
        self.node = node = Node("fake_stack", context=self._context)
        self._executor = MultiThreadedExecutor(3, context=self._context)
        self._executor.add_node(node)
        self._tactile = node.create_publisher(TactileArray, "tactile", SENSOR)
        self._joints = node.create_publisher(JointState, "joint_states", SENSOR)
        self._wrist = node.create_publisher(PoseStamped, "wrist_pose", SENSOR)
        self._correction = node.create_publisher(PoseCorrection, "correction", RELIABLE)
        self._target = node.create_publisher(GraspTarget, "grasp_target", LATCHED)
        together = ReentrantCallbackGroup()
        node.create_service(CaptureTarget, "capture_target", self._on_capture, callback_group=together)
        node.create_service(Trigger, "tare", self._on_tare, callback_group=together)
        node.create_service(Trigger, "estop_reset", self._on_reset, callback_group=together)
        node.create_subscription(Bool, "estop", lambda message: self.stops.append(message.data), RELIABLE)
        ActionServer(
            node, RefineGrasp, "refine_grasp", self._refine, callback_group=together,
            cancel_callback=lambda _: CancelResponse.ACCEPT,
        )  # fmt: skip
        node.create_timer(PERIOD_S, self._publish, callback_group=together)
        self._thread = threading.Thread(target=self._executor.spin, daemon=True)

    def __enter__(self) -> FakeStack:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._alive = False
        self._executor.shutdown(timeout_sec=2.0)
        self._thread.join(5.0)
        self.node.destroy_node()
        rclpy.try_shutdown(context=self._context)

    @property
    def is_stopped(self) -> bool:
        """Whether the emergency stop is pressed."""
        return bool(self.stops) and self.stops[-1]

    def _array(self) -> TactileArray:
        self._sequence += 1
        values = np.full(self.hand.taxel_count, self.touch, np.float32)
        message = TactileArray(sequence=self._sequence, pads=pads_to_message(self.hand, values))
        message.header.stamp = self.node.get_clock().now().to_msg()
        return message

    def _state(self) -> JointState:
        positions = self.hand.joint_positions_at(self.hand.open_positions).tolist()
        message = JointState(name=list(self.hand.joint_names), position=positions)
        message.header.stamp = self.node.get_clock().now().to_msg()
        return message

    def _publish(self) -> None:
        if not self.flows:
            return
        tactile = self._array()
        self._tactile.publish(tactile)
        self._joints.publish(self._state())
        self._wrist.publish(PoseStamped(header=tactile.header, pose=to_pose(transform((0.4, 0.0, 0.3)))))
        if self.captured:
            answer = PoseCorrection(header=tactile.header, target_id="shown-1", contact_state=2)
            answer.increment = to_transform(transform((0.002, 0.0, -0.003)))
            answer.standard_deviation = np.repeat([5e-4, 5e-3], 3)
            self._correction.publish(answer)

    def _on_capture(self, request: CaptureTarget.Request, response: CaptureTarget.Response):
        self.captured.append((request.name, request.object, request.overwrite))
        target = GraspTarget(id="shown-1", name=request.name, object=request.object, hand=self.hand.name)
        target.tactile, target.joint_state = self._array(), self._state()
        self._target.publish(target)
        response.success, response.message = True, f"target '{request.name}' captured"
        return response

    def _on_tare(self, _request: Trigger.Request, response: Trigger.Response):
        response.success, response.message = False, "tare: the hand moves"
        return response

    def _on_reset(self, _request: Trigger.Request, response: Trigger.Response):
        response.success = not self.is_stopped
        response.message = "the emergency stop is reset" if response.success else "still pressed"
        return response

    def _refine(self, handle) -> RefineGrasp.Result:
        self.asked.append(handle.request)
        states = RefineGrasp.Feedback
        for state in (states.STATE_SENSING, states.STATE_DECIDING, states.STATE_MOVING):
            message = RefineGrasp.Feedback(state=state, state_name="", step=0)
            message.remaining_position_error, message.remaining_rotation_error = 0.0036, 0.02
            message.standard_deviation = np.repeat([5e-4, 5e-3], 3)
            time.sleep(0.3)
            handle.publish_feedback(message)
        while self._alive and not handle.is_cancel_requested and not self.is_stopped:
            time.sleep(0.02)
        if handle.is_cancel_requested:
            handle.canceled()
            return RefineGrasp.Result(error_code=110, message="canceled by the client", safe_state="open")
        handle.abort()
        return RefineGrasp.Result(error_code=306, message="the stop was pressed", safe_state="open")
