"""`recorder`: a rosbag2 bag of everything that a refinement leaves on the wire, as it came.

Messages are taken without being decoded and handed to a thread that writes (`tacrefine.bags.recorder`), so a slow disk
loses none of them. The bag is made when the node is configured and closed when it is cleaned up or shut down.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rosbags.interfaces import Qos, QosDurability, QosHistory, QosLiveliness, QosReliability, QosTime

from tacrefine.bags.adapted import adapted_topics
from tacrefine.bags.command import default_name
from tacrefine.bags.installed import is_known
from tacrefine.bags.recorder import Recorder
from tacrefine.bags.recording import BagRecording
from tacrefine.bags.schemas import RECORDED, Topic
from tacrefine.bags.session import Session
from tacrefine.config import resolve
from tacrefine.documents import read_text
from tacrefine.errors import ConfigError, DataError
from tacrefine.hands import load_hand
from tacrefine.nodes.core.base import TacrefineNode
from tacrefine.nodes.core.message_types import message_class
from tacrefine.nodes.core.running import run
from tacrefine.nodes.tools.parameters import RecorderParameters
from tacrefine.touch.adapters import load_adapter

DEPTH = 1000
"""messages that wait for us: a second of a fast topic"""
MEBIBYTE = 2**20
FOREVER = QosTime(9_223_372_036, 854_775_807)


class RecorderNode(TacrefineNode):
    """Takes messages while it is active; `recorder` writes the bag, None while there is none."""

    group = RecorderParameters
    recorder: Recorder | None = None

    def setup(self) -> None:
        """Make the bag and listen; nothing is taken before the node is active."""
        p = self.parameters
        self._missing = [name.strip() for name in p.also.split(",") if name.strip()]
        hand = load_hand(p.hand)
        path = Path(p.bag or default_name()).expanduser()
        session = Session(hand, object=p.object, fixed=p.object_fixed, settled=_settled(p.settled))
        adapted: list[Topic] = []
        if p.adapter:
            session.adapter = read_text(resolve("adapters", p.adapter), ConfigError)
            adapted = adapted_topics(load_adapter(p.adapter, hand))
        self.recorder = Recorder(BagRecording(path, p.compress), session)
        self.add_cleanup(self.finish)
        usual = {self.resolve_topic_name(topic.name) for topic in RECORDED}
        more = [topic for topic in adapted if self.resolve_topic_name(topic.name) not in usual]
        for topic in (*RECORDED, *more):
            self._record(topic)

    def finish(self) -> None:
        """Close the bag; safe to call more than once."""
        recorder, self.recorder = self.recorder, None
        if recorder is None:
            return
        try:
            recorder.stop()
        except DataError as error:
            self.fail(error, "recording")
        recording = recorder.recording
        self.get_logger().info(f"{recording.path}: {recording.messages} messages")

    def before_report(self) -> None:
        """How the recording goes, and whether a further topic has appeared."""
        self._look_for_more()
        recorder = self.recorder
        if recorder is None:
            return
        if recorder.failure and not self.health.failure:
            self.fail(recorder.failure, "recording")
        self.health.values = {
            "bag": str(recorder.recording.path),
            "messages": str(recorder.recording.messages),
            "size [MiB]": f"{recorder.recording.size / MEBIBYTE:.1f}",
        }

    def _record(self, topic: Topic) -> None:
        assert self.recorder is not None
        name = self.resolve_topic_name(topic.name)
        self.recorder.offer(
            name, lambda: [_offered(info) for info in self.get_publishers_info_by_topic(name)]
        )
        take = partial(self._take, topic, name)
        subscription = self.create_subscription(
            message_class(topic.type), name, take, _wanted(topic), raw=True
        )
        self.add_cleanup(lambda: self.destroy_subscription(subscription))

    def _take(self, topic: Topic, name: str, data: bytes) -> None:
        if self.is_active and self.recorder is not None:
            self.recorder.put(topic, name, data)
            self.health.tick(name)

    def _look_for_more(self) -> None:
        if not self._missing or self.recorder is None:
            return
        there = dict(self.get_topic_names_and_types())
        for name in list(self._missing):
            full = self.resolve_topic_name(name)
            if full not in there:
                continue
            self._missing.remove(name)
            kind = there[full][0]
            if is_known(kind):
                reliable = self.get_publishers_info_by_topic(full)[:1]
                is_reliable = any(i.qos_profile.reliability == ReliabilityPolicy.RELIABLE for i in reliable)
                self._record(Topic(full, kind, "reliable" if is_reliable else "sensor"))
            else:
                self.report_error(
                    f"also: topic {full} is of type {kind}, which is not known here; it is not recorded",
                    "also",
                )


def _settled(text: str) -> dict[str, float]:
    """The settings of the parameter `settled`; ConfigError where it is no JSON object of numbers."""
    try:
        values = json.loads(text or "{}")
    except ValueError:
        values = None
    if not isinstance(values, dict) or not all(type(value) in (int, float) for value in values.values()):
        raise ConfigError(
            "parameter 'settled' must be a JSON object of numbers, like {\"settled_speed\": 0.05}"
        )
    return values


def _wanted(topic: Topic) -> QoSProfile:
    """What a listener must ask for to hear every publisher of a topic."""
    sensor, latched = topic.qos == "sensor", topic.qos == "latched"
    return QoSProfile(
        depth=DEPTH,
        reliability=ReliabilityPolicy.BEST_EFFORT if sensor else ReliabilityPolicy.RELIABLE,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
    )


def _offered(info: Any) -> Qos:
    """A publisher's quality of service in the words of a bag; deadlines and the like are not used here."""
    profile = info.qos_profile
    return Qos(
        history=QosHistory.KEEP_LAST,
        depth=max(profile.depth, 10),
        reliability=QosReliability[profile.reliability.name],
        durability=QosDurability[profile.durability.name],
        deadline=FOREVER,
        lifespan=FOREVER,
        liveliness=QosLiveliness.AUTOMATIC,
        liveliness_lease_duration=FOREVER,
        avoid_ros_namespace_conventions=False,
    )


def main(
    arguments: list[str] | None = None, goes_on: Callable[[RecorderNode], bool] = lambda node: True
) -> int:
    """Entry point of the executable; `tacrefine record` gives it a command line and decides when it ends."""
    return run(RecorderNode, "tacrefine_recorder", arguments, goes_on)


if __name__ == "__main__":
    sys.exit(main())
