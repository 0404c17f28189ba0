"""Whatever a lifecycle transition raises is one sentence in log and diagnostics, and the node stays up."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest
import rclpy
from fake_robot import FAST  # noqa: F401  (sets this run's ROS domain before rclpy is imported)
from lifecycle_msgs.msg import Transition
from rclpy.lifecycle import TransitionCallbackReturn
from test_lifecycle import change, server_spec, wait_state

from tacrefine.bringup.processes import NodeProcesses
from tacrefine.doctor.graph import check_graph
from tacrefine.nodes.core.base import TacrefineNode
from tacrefine.nodes.tools.client import StackClient
from tacrefine.nodes.tools.graph_probe import GraphProbe
from tacrefine.parameters import parameter

pytestmark = pytest.mark.ros
DEFECTS = [
    KeyError("wrist"),
    ValueError("could not convert string to float: 'fast'"),
    RuntimeError("two\nlines"),
]


@dataclass(frozen=True)
class Table:
    realtime_priority: int = parameter(0, "", "none")
    autostart: bool = parameter(False, "", "none")


class Fragile(TacrefineNode):
    """Raises what it is told to, where it is told to."""

    group = Table
    faults: dict[str, Exception]

    def __init__(self, name: str) -> None:
        self.faults, self.lines, self.cleaned = {}, [], 0
        super().__init__(name)

    def setup(self) -> None:
        self.add_cleanup(self._count)
        self._raise("configure")

    def start(self) -> None:
        self._raise("activate")

    def stop(self) -> None:
        self._raise("deactivate")

    def _count(self) -> None:
        self.cleaned += 1
        self._raise("cleanup")

    def report_error(self, error, kind) -> None:
        self.lines.append(str(error))
        super().report_error(error, kind)

    def _raise(self, where: str) -> None:
        if where in self.faults:
            raise self.faults.pop(where)


@pytest.fixture
def node():
    rclpy.init()
    node = Fragile("fragile")
    yield node
    node.destroy_node()
    rclpy.try_shutdown()


@pytest.mark.parametrize("defect", DEFECTS)
@pytest.mark.parametrize(
    ("where", "state"),
    [
        ("configure", "unconfigured"),
        ("activate", "inactive"),
        ("deactivate", "unconfigured"),
        ("cleanup", "unconfigured"),
    ],
)
def test_an_exception_in_a_transition_is_told_and_the_node_can_be_configured_again(
    node, where, state, defect
):
    node.faults = {where: defect}
    node.trigger_configure()
    if where != "configure":
        node.trigger_activate()
    if where in ("deactivate", "cleanup"):
        node.trigger_deactivate()
    if where == "cleanup":
        node.trigger_cleanup()
    assert node.state_label == state
    (line,) = node.lines
    assert line.startswith(f"{where} failed: ")
    assert type(defect).__name__ in line
    assert "\n" not in line
    assert node.health.failure == line
    if state == "inactive":
        assert node.trigger_cleanup() == TransitionCallbackReturn.SUCCESS
    assert node.trigger_configure() == TransitionCallbackReturn.SUCCESS
    assert node.trigger_activate() == TransitionCallbackReturn.SUCCESS
    assert node.state_label == "active"
    assert node.health.failure == ""
    assert node.cleaned == 1, "what setup made went exactly once"


def test_log_diagnostics_and_doctor_say_why_a_node_stays_unconfigured_and_it_can_be_fixed(tmp_path):
    """Field report: a URDF whose velocity is not a number left the server unconfigured without a word."""
    arm = tmp_path / "arm.urdf"
    urdf = """<robot name="arm"><link name="base"/><link name="wrist"/>
      <joint name="turn" type="revolute"><parent link="base"/><child link="wrist"/><axis xyz="0 0 1"/>
      <limit lower="-1" upper="1" velocity="SPEED" effort="1"/></joint></robot>"""
    arm.write_text(urdf.replace("SPEED", "fast"))
    spec = server_spec(tmp_path, arm="trajectory", arm_model=str(arm))
    with NodeProcesses([spec]) as processes, StackClient() as client:
        client.check = processes.check
        wait_state(client, "refine_server", "unconfigured")
        client.wait_for(
            lambda: "'turn'" in client.diagnostics.get("/refine_server", {}).get("last error", ""),
            30.0,
            "the reason on /diagnostics",
        )
        assert "'turn' has the velocity 'fast'" in processes.log("refine_server")
        assert "Traceback" not in processes.log("refine_server")
        with GraphProbe() as probe:
            deadline = time.monotonic() + 30.0
            while not any("'turn'" in str(finding) for finding in check_graph(probe.look(1.0))):
                assert time.monotonic() < deadline, "the doctor does not say why"
        arm.write_text(urdf.replace("SPEED", "1.0"))
        assert change(client, "refine_server", Transition.TRANSITION_CONFIGURE)
        assert change(client, "refine_server", Transition.TRANSITION_ACTIVATE)
