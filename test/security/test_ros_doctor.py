"""The doctor on running nodes: it sees what a made-up driver does wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from tacrefine.msg import TactileArray

from living import wait_for
from tacrefine.doctor.graph import check_graph
from tacrefine.nodes.core.qos import RELIABLE, SENSOR
from tacrefine.nodes.tools.graph_probe import GraphProbe
from tacrefine.supervision.graph_snapshot import GraphSnapshot

pytestmark = pytest.mark.ros
PLACE = "/clinic"


@pytest.fixture
def patient() -> Iterator[Node]:
    """A driver whose stamps lie an hour back, and a listener that asks for more than it offers."""
    context = Context()
    rclpy.init(context=context)
    node = Node("tacrefine_driver", namespace=PLACE, context=context)
    publisher = node.create_publisher(TactileArray, "tactile", SENSOR)
    node.create_subscription(TactileArray, "tactile", lambda message: None, RELIABLE)

    def publish() -> None:
        message = TactileArray()
        message.header.stamp.sec = int(node.get_clock().now().nanoseconds // 10**9) - 3600
        publisher.publish(message)

    node.create_timer(0.05, publish)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    thread = threading.Thread(target=executor.spin, daemon=True)
    thread.start()
    yield node
    executor.shutdown()
    thread.join(timeout=30)
    node.destroy_node()
    rclpy.try_shutdown(context=context)


def test_the_doctor_sees_stamps_quality_and_who_is_missing(patient: Node) -> None:
    with GraphProbe(PLACE) as probe:
        seen: list[GraphSnapshot] = []

        def received() -> bool:
            seen.append(probe.look(0.5))
            return bool(seen[-1].ages)

        wait_for(received)
    found = {finding.check: finding for finding in check_graph(seen[-1]) if finding.level == "problem"}
    assert f"{PLACE}/tacrefine_driver" in seen[-1].nodes
    assert "tacrefine_policy is not running" in found["graph"].what
    assert "360" in found["clocks"].what
    assert "reliable" in found["QoS"].what
    assert not any("tacrefine_doctor" in name for name in seen[-1].nodes)
