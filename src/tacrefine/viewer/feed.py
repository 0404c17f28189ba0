"""Messages into state: the same code for a running stack and for a bag."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.bags.grasps import pad_readings
from tacrefine.bags.schemas import (
    CORRECTION,
    DIAGNOSTICS,
    FEEDBACK,
    JOINTS,
    STATUS,
    TACTILE,
    TARGET,
    TF,
    TF_STATIC,
    WRIST,
    Topic,
    typestore,
)
from tacrefine.bags.session import goal_text
from tacrefine.errors import TacrefineError, TouchError
from tacrefine.frame_tree import FrameTree
from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.touch.adapters import Adapter, JointReading, Stamp, TouchReading
from tacrefine.touch.adapters.wrist import is_pose, numbers_in, numbers_of, pose_of_numbers
from tacrefine.touch.frame import readings_of
from tacrefine.touch.joints import JointStates
from tacrefine.touch.settings import JOINT_STATE_AGE, SourceSettings, TouchSettings
from tacrefine.viewer.inputs import Input, node_reports
from tacrefine.viewer.poses import pose_matrix
from tacrefine.viewer.sensors import Sensors
from tacrefine.viewer.state import Estimate, State, Target
from tacrefine.viewer.topics import ESTOP, LIVE, LOG, OBJECT

WARNING = 30
"""least level of a log line that is shown"""


def settings_of(source: SourceSettings) -> TouchSettings:
    """Settings of a recording as those of a live stream: an age that was left open gets its default."""
    values = {name: getattr(source, name) for name in TouchSettings.__dataclass_fields__}
    values["joint_state_age"] = source.joint_state_age or JOINT_STATE_AGE
    return TouchSettings(**values)


class Feed:
    """Takes messages as they come and keeps `state` up to date. What cannot be used becomes its topic's problem."""

    def __init__(
        self,
        hand: Hand,
        objects: dict[str, GraspObject],
        source: SourceSettings | None = None,
        topics: tuple[Topic, ...] = LIVE,
        adapter: Adapter | None = None,
    ) -> None:
        self._hand, self._source = hand, source or SourceSettings()
        self._centre_from_wrist = hand.centre_from_wrist.as_matrix()
        self.sensors = Sensors(topics, adapter)
        self._objects = objects
        self._takers: dict[Topic, Callable[[Any, float], None]] = {
            TACTILE: self._tactile,
            JOINTS: self._joints,
            WRIST: self._wrist,
            CORRECTION: self._correction,
            TARGET: self._target,
            FEEDBACK: self._feedback,
            STATUS: self._status,
            DIAGNOSTICS: self._diagnostics,
            OBJECT: self._object,
            ESTOP: self._estop,
            LOG: self._log,
            TF: self._transforms,
            TF_STATIC: self._transforms,
        }
        self.state = State(hand, objects, {})
        self.clear()

    def clear(self) -> None:
        """Forget everything, for a bag that begins anew."""
        continuous = self.sensors.continuous
        inputs = {topic: Input(topic, topic in continuous) for topic in self.sensors.topics}
        fresh = State(self._hand, self._objects, inputs)
        self.state.__dict__.update(fresh.__dict__)
        self._joint_states = JointStates(self._hand, settings_of(self._source))
        self._tree = FrameTree()
        self.sensors.restart()

    def count(self, topic: Topic, now: float, messages: int) -> None:
        """Count messages that are not looked at."""
        self.state.inputs[topic].tick(now, messages)

    def take_bytes(self, topic: Topic, data: bytes, now: float, received: Stamp | None = None) -> None:
        """Take a serialised message of today's form; see `take`."""
        try:
            message = typestore().deserialize_cdr(data, topic.type)
        except Exception as error:  # whatever the bytes make of the reader
            self.state.inputs[topic].problem = f"a message cannot be decoded ({type(error).__name__})"
            return
        self.take(topic, message, now, received)

    def take(self, topic: Topic, message: Any, now: float, received: Stamp | None = None) -> None:
        """Take a decoded message that came at `now`, s; `received` is the time for messages without a stamp."""
        entry = self.state.inputs[topic]
        try:
            if topic in self.sensors.adapted:
                self._adapted(topic, message, received or Stamp.of_nanoseconds(round(now * 1e9)))
                entry.problem = self.sensors.problem(topic)
                return
            self._takers[topic](message, now)
        except (TacrefineError, ValueError) as error:
            entry.problem = str(error)
        else:
            entry.problem = ""

    # ---- what was measured
    def _adapted(self, topic: Topic, message: Any, received: Stamp) -> None:
        for reading in self.sensors.readings(topic, message, received):
            if isinstance(reading, TouchReading):
                self.state.tactile = readings_of(self._hand, reading.pads)
            elif isinstance(reading, JointReading):
                self._positions(reading.stamp.seconds, reading.names, reading.positions)
            else:
                self.state.wrist = pose_matrix(reading.pose)

    def _tactile(self, message: Any, _now: float) -> None:
        self.state.tactile = readings_of(self._hand, pad_readings(message))

    def _joints(self, message: Any, _now: float) -> None:
        stamp = message.header.stamp
        self._positions(float(stamp.sec) + stamp.nanosec * 1e-9, message.name, message.position)

    def _positions(self, seconds: float, names: Sequence[str], positions: Sequence[float]) -> None:
        if self._joint_states.observe(seconds, list(names), list(positions)):
            self.state.joints = self._ordered(self._joint_states.latest()[1])
        else:
            self._joint_states.check()

    def _ordered(self, joints: dict[str, float]) -> NDArray[np.float64]:
        missing = [name for name in self._hand.joint_names if name not in joints]
        if missing:
            raise TouchError(f"joint '{missing[0]}' of hand '{self._hand.name}' is not in joint_states")
        values = np.array([joints[name] for name in self._hand.joint_names], float)
        if not np.isfinite(values).all():
            raise TouchError("joint_states holds numbers that are not finite")
        return values

    def _wrist(self, message: Any, _now: float) -> None:
        self.state.wrist = pose_matrix(numbers_in(message))

    def _transforms(self, message: Any, _now: float) -> None:
        tip = self._source.tip_frame or self._hand.wrist_frame
        for entry in message.transforms:
            numbers = numbers_of(entry.transform.translation, entry.transform.rotation)
            if is_pose(numbers):
                self._tree.observe(entry.header.frame_id, entry.child_frame_id, pose_of_numbers(numbers))
        if self._source.tip_frame or self._source.base_frame or not self.state.inputs[WRIST].count:
            chain = self._tree.chain(tip)
            found = self._tree.pose(self._source.base_frame or chain[-1], tip) if len(chain) > 1 else None
            self.state.wrist = self.state.wrist if found is None else found.as_matrix()

    # ---- what follows from it
    def _target(self, message: Any, _now: float) -> None:
        state, hand = self.state, self._hand
        tactile = readings_of(hand, pad_readings(message.tactile))
        pairs = zip(message.joint_state.name, message.joint_state.position, strict=True)
        joints = self._ordered({str(name): float(value) for name, value in pairs})
        if state.target is None or state.target.id != message.id:
            state.estimate = None
        state.target = Target(str(message.id), str(message.name), str(message.object), tactile, joints)

    def _correction(self, message: Any, now: float) -> None:
        state = self.state
        if state.target is not None and message.target_id != state.target.id:
            return
        deviation = np.array(message.standard_deviation, float)
        if message.contact_state == 0 or not np.isfinite(deviation).all():
            return
        increment = pose_matrix(numbers_of(message.increment.translation, message.increment.rotation))
        state.goals.correction((self._centre_from_wrist @ increment @ state.wrist_from_centre)[:3, 3])
        wrist = increment if state.wrist is None else state.wrist @ increment
        state.estimate = Estimate(wrist, deviation, int(message.contact_state), now)

    def _feedback(self, message: Any, _now: float) -> None:
        self.state.goals.feedback(goal_text(message.goal_id), message.feedback)

    def _status(self, message: Any, _now: float) -> None:
        states = {goal_text(entry.goal_info.goal_id): int(entry.status) for entry in message.status_list}
        self.state.goals.status(states)

    def _diagnostics(self, message: Any, now: float) -> None:
        for report in node_reports(message, now):
            self.state.nodes[report.name] = report

    def _object(self, message: Any, _now: float) -> None:
        self.state.simulated_object = str(message.data)

    def _estop(self, message: Any, _now: float) -> None:
        self.state.stopped = bool(message.data)

    def _log(self, message: Any, _now: float) -> None:
        text = str(message.msg)
        self.state.goals.log(text)
        if int(message.level) >= WARNING:
            self.state.log.append(f"{message.name}: {text}")
