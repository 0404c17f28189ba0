"""A bag behind the `driver` node: what was recorded is published again, byte for byte but for its stamps.

With stamps 'original' nothing old passes for new: /clock tells the time of the recording, and nodes that do not follow
it find the messages stale. With 'now' the messages are stamped as if they were read now; never do that with a robot
that can move listening.
"""

from __future__ import annotations

import threading
import time
from itertools import count
from pathlib import Path

from rosgraph_msgs.msg import Clock

from tacrefine.bags.files import find_bags
from tacrefine.bags.replay import Due, check_playable, play
from tacrefine.bags.schemas import JOINTS, TACTILE, WRIST
from tacrefine.bags.stamps import NS, restamped
from tacrefine.errors import ConfigError, TacrefineError
from tacrefine.hands import load_hand
from tacrefine.nodes.core.message_types import message_class
from tacrefine.nodes.core.qos import SENSOR
from tacrefine.nodes.drivers.device_driver import Driver, Host


class ReplayDriver(Driver):
    """Plays a bag in a thread of its own."""

    def __init__(self, node: Host) -> None:
        super().__init__(node)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._passes, self._sent, self._played = 0, 0, 0.0
        self._over = False

    def setup(self) -> None:
        """Look into the bag and make the publishers."""
        p, node = self.parameters, self.node
        if not p.device:
            raise ConfigError("parameter 'device' is empty; driver replay needs the path of a bag there")
        bags = find_bags([Path(p.device).expanduser()])
        if len(bags) > 1:
            raise ConfigError(f"parameter 'device': {p.device} holds {len(bags)} bags; name one of them")
        self._bag = bags[0]
        self._topics = (TACTILE, JOINTS, WRIST) if p.replay_wrist else (TACTILE, JOINTS)
        self._hand = load_hand(p.hand)
        check_playable(self._bag, self._topics, self._hand, p.adapter)
        self._publishers = {
            topic: node.publish_on(message_class(topic.type), topic.name, SENSOR) for topic in self._topics
        }
        self._clock = node.publish_on(Clock, "/clock", SENSOR)

    def start(self) -> None:
        """Play from the beginning."""
        self._stopping.clear()
        self._over = False
        self._thread = threading.Thread(target=self._run, name="replay", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop replaying."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=5.0)
            self._thread = None

    def report(self) -> dict[str, str]:
        """How far it is."""
        return {
            "bag": str(self._bag),
            "messages played": str(self._sent),
            "bag time [s]": f"{self._played:.1f}",
            "passes": str(self._passes),
            "replay": "over" if self._over else "playing",
        }

    def _run(self) -> None:
        try:
            for number in count(1):
                self._pass()
                if self._stopping.is_set():
                    return
                self._passes = number
                if not self.parameters.replay_loop:
                    break
        except TacrefineError as error:
            self.node.fail(error, "replay")
        finally:
            self._over = True

    def _pass(self) -> None:
        """The bag once, from its first message to its last."""
        speed = self.parameters.replay_speed
        begun, newest = time.monotonic(), 0
        first: tuple[int, int] | None = None
        for due in play(self._bag, self._topics, self._hand, self.parameters.adapter):
            if speed > 0.0:
                self._stopping.wait(begun + due.after / NS / speed - time.monotonic())
            if self._stopping.is_set():
                return
            stamp = due.stamp
            if self.parameters.replay_stamps == "now":
                now_stamp = self.node.stamp()
                now = now_stamp.sec * NS + now_stamp.nanosec
                first = first or (due.stamp, now)
                stamp = first[1] + int((due.stamp - first[0]) / speed) if speed > 0.0 else now
            newest = max(newest, stamp)
            self._send(due, stamp, newest)

    def _send(self, due: Due, stamp: int, newest: int) -> None:
        clock = Clock()
        clock.clock.sec, clock.clock.nanosec = divmod(newest, NS)
        self._clock.publish(clock)
        data = due.data if stamp == due.stamp else restamped(due.data, stamp)
        self._publishers[due.topic].publish(data)
        self._sent += 1
        self._played = due.after / NS
        self.node.health.tick(due.topic.name)
