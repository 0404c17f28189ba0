"""What running nodes use of the wire is what their policies allow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import rclpy
from rclpy.action import graph
from rclpy.context import Context
from rclpy.parameter import Parameter

from living import wait_for
from tacrefine.bringup.registry import NODES
from tacrefine.nodes.drivers.driver import DriverNode
from tacrefine.nodes.hand.collector import CollectorNode
from tacrefine.nodes.hand.policy import PolicyNode
from tacrefine.nodes.hand.refine_server import RefineServer
from tacrefine.nodes.sim.mujoco_bridge import MujocoBridge
from tacrefine.nodes.tools.recorder import RecorderNode

pytestmark = pytest.mark.ros
CASES = [
    (MujocoBridge, "mujoco_bridge", {}),
    (MujocoBridge, "mujoco_bridge", {"real_time_factor": 0.0, "arm": "seven_joint"}),
    (PolicyNode, "policy", {}),
    (RefineServer, "refine_server", {}),
    (
        RefineServer,
        "refine_server",
        {"arm": "trajectory", "arm_model": "seven_joint", "arm_controller": "joints"},
    ),
    (RefineServer, "refine_server", {"dry_run": True}),
    (MujocoBridge, "mujoco_bridge", {"cell": "slots"}),
    (CollectorNode, "collector", {}),
    (DriverNode, "driver", {"driver": "paxini", "paxini_pads": "1:tip"}),
    (DriverNode, "driver", {"driver": "inspire_rh56dftp", "hand": "inspire_rh56dftp"}),
    (DriverNode, "driver", {"driver": "optical"}),
    (RecorderNode, "recorder", {}),
]
DIRECTIONS = ("publish", "subscribe", "reply", "request", "execute", "call")
ACTION_PARTS = ("feedback", "status", "send_goal", "cancel_goal", "get_result")


@pytest.fixture
def context() -> Iterator[Context]:
    own = Context()
    rclpy.init(context=own)
    yield own
    rclpy.try_shutdown(context=own)


@pytest.mark.parametrize("number", range(len(CASES)))
def test_a_node_uses_what_its_policy_allows_and_nothing_is_allowed_that_it_does_not_use(
    number, context, tmp_path
) -> None:
    kind, executable, parameters = CASES[number]
    entry = NODES[executable]
    name = entry.name
    namespace = f"/case_{number}"  # one of the same name may still be leaving the graph
    values = parameters | ({"bag": str(tmp_path / "bag")} if executable == "recorder" else {})
    overrides = [Parameter(key, value=value) for key, value in values.items()]
    node = kind(name, context=context, namespace=namespace, parameter_overrides=overrides)
    allowed = entry.interfaces(parameters)
    wanted = {
        direction: {absolute(entry, namespace, name) for entry in getattr(allowed, direction)}
        for direction in DIRECTIONS
    }
    wanted["subscribe"] -= {"/clock"}  # which only use_sim_time makes it ask for
    try:
        node.trigger_configure()
        assert node.state_label == "inactive", node.health.last_error
        wait_for(lambda: all(wanted[d] <= wire_of(node, namespace, name)[d] for d in DIRECTIONS))
        used = wire_of(node, namespace, name)
        node.before_report()
        assert {"limits hit", "last error"} <= set(node.health.report())
    finally:
        node.trigger_shutdown()
        node.destroy_node()
    assert used == wanted


def absolute(entry: str, namespace: str, node: str) -> str:
    if entry.startswith("/"):
        return entry
    return f"{namespace}/{node}{entry[1:]}" if entry.startswith("~") else f"{namespace}/{entry}"


def wire_of(node, namespace: str, name: str) -> dict[str, set[str]]:
    """The node's ends in the graph by direction; what an action is made of is left to the action."""

    def names(found) -> set[str]:
        return {entry for entry, _ in found}

    asked = names(node.get_client_names_and_types_by_node(name, namespace))
    execute = names(graph.get_action_server_names_and_types_by_node(node, name, namespace))
    call = names(graph.get_action_client_names_and_types_by_node(node, name, namespace))
    call = {action for action in call if f"{action}/_action/send_goal" in asked}  # others only look on
    parts = {f"{action}/_action/{part}" for action in (*execute, *call) for part in ACTION_PARTS}
    return {
        "publish": names(node.get_publisher_names_and_types_by_node(name, namespace)) - parts,
        "subscribe": names(node.get_subscriber_names_and_types_by_node(name, namespace)) - parts - {"/clock"},
        "reply": names(node.get_service_names_and_types_by_node(name, namespace)) - parts,
        "request": asked - parts,
        "execute": execute,
        "call": call,
    }
