"""The stack with the relay in it, and a planner who watches."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from tacrefine.bringup.description import NodeSpec
from tacrefine.bringup.processes import NodeProcesses
from tacrefine.nodes.tools.client import ClientError, StackClient
from tacrefine.supervision.domains import free_domain

FACTOR = 2.0
OBJECT = "plate_6"
WORKS_S = 120.0
"""in which a node that was started anew must have joined the others"""
QUICK = {"close_duration": 1.0, "move_timeout": 6.0, "linear_speed": 0.02}
TARGET = (0.0, 0.0, 0.001, 0.0, 0.02, 0.0)
START = (0.0, 0.0, -0.004, 0.06, 0.1, 0.0)


def specs(targets: str, obj: str) -> dict[str, NodeSpec]:
    """The three nodes: the robot in the namespace `raw`, the policy's answers on `raw/correction`."""
    bridge = {"real_time_factor": FACTOR, "object": obj, "seed": 1}
    timed = {"use_sim_time": True}
    return {
        "mujoco_bridge": NodeSpec("mujoco_bridge", "raw", bridge, "info", (("/clock", "/raw/clock"),)),
        "policy": NodeSpec("policy", "", timed, "info", (("correction", "raw/correction"),)),
        "refine_server": NodeSpec("refine_server", "", {**timed, **QUICK, "targets_folder": targets}),
    }


@dataclass
class Stand:
    """Everything that a case needs. `planner` sends goals, `robot` resets the simulation."""

    nodes: NodeProcesses
    specs: dict[str, NodeSpec]
    relay: Any
    planner: Any
    robot: Any
    obj: str

    def place(self, pose: Any = START) -> None:
        """Open hand at a pose, no faults, no commands in the log."""
        self.relay.faults.clear()
        self.robot.reset(np.array(pose), self.obj, seed=1, timeout=120.0)
        self.relay.restart_log()

    def begin(self, until: str) -> tuple[Any, list[Any]]:
        """Send a goal and wait for its feedback to name a state; 'before': not at all."""
        received: list[Any] = []
        run = self.planner.send("shown", received.append)
        if until != "before":
            self.planner.wait_for(
                lambda: run.is_done or any(f.state_name == until for f in received),
                60.0,
                f"the phase {until}",
            )
        return run, received

    def works(self) -> bool:
        """Whether a plain goal still ends as it should."""
        deadline = time.monotonic() + WORKS_S
        while time.monotonic() < deadline:
            self.place(TARGET)
            try:  # a request to a dead server is never answered
                _, result = self.planner.send("shown", timeout=10.0).result(60.0)
            except ClientError:
                continue
            if result.error_code in (0, 401):
                return True
        return False

    def restart(self, name: str) -> None:
        """Start a node that was killed."""
        self.nodes.start(self.specs[name])


@contextmanager
def standing(obj: str) -> Iterator[Stand]:
    """The stand on a ROS domain of its own, with a target captured."""
    os.environ["ROS_DOMAIN_ID"] = str(free_domain())
    os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    from fault_suite.relay import Relay

    with ExitStack() as stack:
        targets = stack.enter_context(tempfile.TemporaryDirectory(prefix="tacrefine-faults-"))
        nodes = specs(targets, obj)
        processes = stack.enter_context(NodeProcesses(list(nodes.values())))
        relay = stack.enter_context(Relay())
        planner = stack.enter_context(StackClient(name="planner"))
        robot = stack.enter_context(StackClient("raw", name="operator"))
        planner.check = processes.check
        planner.wait_ready(120.0, simulation=False)
        robot.wait_for(lambda: robot.truth is not None, 120.0, "the simulated robot")
        stand = Stand(processes, nodes, relay, planner, robot, obj)
        robot.reset(np.array(TARGET), obj, close=True, seed=1, timeout=120.0)
        deadline = time.monotonic() + 60.0
        while not (answer := planner.capture("shown", obj, overwrite=True)).success:
            if time.monotonic() > deadline:
                raise RuntimeError(answer.message)
        yield stand
