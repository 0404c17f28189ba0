"""Inspire RH56DFTP behind the `driver` node: touch and joints out, trajectories in."""

from __future__ import annotations

import time
from typing import Any

from builtin_interfaces.msg import Time
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory

from tacrefine.drivers.inspire.description import InspireHandMap, load_inspire
from tacrefine.drivers.inspire.device import InspireDevice, InspireReading
from tacrefine.drivers.inspire.modbus import ModbusRegisters
from tacrefine.drivers.inspire.motion import HandMotion
from tacrefine.errors import TacrefineError
from tacrefine.hands import load_hand
from tacrefine.nodes.core.convert import trajectory_points
from tacrefine.nodes.core.qos import RELIABLE, SENSOR
from tacrefine.nodes.drivers.part import DevicePart
from tacrefine.nodes.drivers.tactile_output import TactileOutput


class InspireDriver(DevicePart):
    """See the module."""

    def make_device(self) -> InspireDevice:
        """The hand over Modbus TCP, with everything that is published and served."""
        p, node = self.parameters, self.node
        description = load_inspire()
        self._hand = InspireHandMap(description, load_hand(p.hand))
        self._motion = HandMotion(self._hand, p.inspire_joint_speed)
        address = p.device or description.address
        registers = ModbusRegisters(address, p.inspire_unit, description.max_registers, p.timeout)
        self._device = InspireDevice(
            self._hand, registers, self._motion, p.inspire_force_limit, p.inspire_speed
        )
        self._output = TactileOutput(
            node, self._hand.layout, description.max_count, self._hand.hand.wrist_frame
        )
        self._joints = node.publish_on(JointState, "joint_states", SENSOR)
        self._newest: InspireReading | None = None
        node.listen_to(JointTrajectory, "hand/joint_trajectory", self._on_trajectory, RELIABLE)
        node.serve(Trigger, "clear_errors", lambda _, answer: self._order(answer, self._device.clear_errors))
        node.serve(Trigger, "calibrate_force", lambda _, answer: self._calibrate(answer))
        return self._device

    def publish(self, reading: InspireReading, stamp: Time) -> None:
        """Touch first: it is what the policy answers."""
        self._newest = reading
        is_open = self._hand.is_open(reading.angles.astype(float))
        reason = "" if is_open else "a finger is not open; open the hand first"
        self._output.publish(reading.counts, stamp, at_rest=is_open, no_tare=reason)
        message = JointState(name=list(self._hand.hand.joint_names))
        message.header.stamp = stamp
        message.position = self._hand.joint_positions(reading.angles.astype(float)).tolist()
        self._joints.publish(message)
        self.node.health.tick("joint_states")

    def report(self) -> dict[str, str]:
        """State of the connection, the drives and the taxels."""
        lines = super().report()
        reading = self._newest
        if reading is not None:
            names = self._hand.joints
            known = self._hand.description
            status = [known.status_names.get(int(code), f"code {code}") for code in reading.status]
            lines["hand status"] = _pairs(names, status)
            errors = zip(names, reading.errors.tolist(), strict=True)
            lines["hand errors"] = "; ".join(
                f"{name}: {known.errors_of(code)}" for name, code in errors if code
            )
            lines["hand force [g]"] = _pairs(names, reading.forces)
        return lines | self._output.report()

    def is_healthy(self) -> bool:
        """Connected and without an error of a drive."""
        return super().is_healthy() and (self._newest is None or not self._newest.errors.any())

    # ---- executor thread
    def _on_trajectory(self, message: JointTrajectory) -> None:
        if not self.node.is_active:
            return
        try:
            self._motion.follow(message.joint_names, trajectory_points(message), time.monotonic())
        except TacrefineError as error:
            self.node.complain(error)

    def _calibrate(self, answer: Trigger.Response) -> Trigger.Response:
        reading = self._newest
        if reading is None or not self._hand.is_open(reading.angles.astype(float)):
            answer.message = "calibrate_force: a finger is not open; open the hand first, it moves by itself"
            return answer
        return self._order(answer, self._device.calibrate_force)

    def _order(self, answer: Trigger.Response, order: Any) -> Trigger.Response:
        if self._link is None or not self._link.connected:
            answer.message = "the hand is not connected"
        elif order().wait(self.parameters.tare_timeout):
            answer.success, answer.message = True, "sent"
        else:
            answer.message = "the hand did not take the order"
        return answer


def _pairs(names: tuple[str, ...], values: Any) -> str:
    return ", ".join(f"{name} {value}" for name, value in zip(names, values, strict=True))
