"""Inspire RH56DFTP behind the `driver` node: touch and joints out, trajectories in."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from threading import Event

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
from tacrefine.nodes.drivers.device_driver import DeviceDriver
from tacrefine.nodes.drivers.tactile_output import TactileOutput


class InspireDriver(DeviceDriver):
    """Touch and joints of the hand, published with one stamp; trajectories are followed at limited speed."""

    def make_device(self) -> InspireDevice:
        """The hand over Modbus TCP, with everything that is published and served."""
        p, node = self.parameters, self.node
        description = load_inspire(p.inspire_map)
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
        node.serve_waiting(Trigger, "clear_errors", self._on_clear_errors)
        node.serve_waiting(Trigger, "calibrate_force", self._on_calibrate_force)
        return self._device

    def publish(self, reading: InspireReading, stamp: Time) -> None:
        """Touch first: it is what the policy answers."""
        self._newest = reading
        is_open = self._hand.is_open(reading.angles.astype(float))
        reason = "" if is_open else "a finger is not open; open the hand first"
        if self._motion.is_moving:
            reason = "the hand follows a trajectory; wait until it stands still"
        joints = self._hand.joint_positions(reading.angles.astype(float))
        self._output.publish(reading.counts, stamp, at_rest=is_open, joints=joints, no_tare=reason)
        message = JointState(name=list(self._hand.hand.joint_names), position=joints.tolist())
        message.header.stamp = stamp
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
            self.node.report_error(error, "hand/joint_trajectory")

    async def _on_clear_errors(self, _: Trigger.Request, answer: Trigger.Response) -> Trigger.Response:
        return await self._order(answer, self._device.clear_errors)

    async def _on_calibrate_force(self, _: Trigger.Request, answer: Trigger.Response) -> Trigger.Response:
        reading = self._newest
        if reading is None or not self._hand.is_open(reading.angles.astype(float)):
            answer.message = "calibrate_force: a finger is not open; open the hand first, it moves by itself"
            return answer
        return await self._order(answer, self._device.calibrate_force)

    async def _order(self, answer: Trigger.Response, order: Callable[[], Event]) -> Trigger.Response:
        if self._link is None or not self._link.connected:
            answer.message = "the hand is not connected"
        elif await self.node.wait_until(order().is_set, self.parameters.tare_timeout):
            answer.success, answer.message = True, "sent"
        else:
            answer.message = "the hand did not take the order"
        return answer


def _pairs(names: Sequence[str], values: Iterable[object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in zip(names, values, strict=True))
