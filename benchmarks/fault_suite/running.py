"""One case after the other: inject, wait for the end, see what was commanded, and whether everything still works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from fault_suite.cases import CODES, FAMILIES, Case
from fault_suite.stand import Stand
from tacrefine.bringup.processes import NodeProcesses
from tacrefine.nodes.core.qos import RELIABLE
from tacrefine.nodes.tools.client import ClientError
from tacrefine.supervision.errors import all_errors

NAMES = {0: "SUCCESS"} | {error.code: name for name, error in all_errors().items()}
PHASES = ("closing", "sensing", "opening", "moving")
LONGEST_S = 90.0
ONLY = ""
"""cases whose name contains this"""
DONE: set[tuple[str, str]] = set()
"""fault and phase of cases that went well before"""


@dataclass
class Row:
    """One line of the table. Times in s by the wall clock, from the fault on."""

    family: str
    fault: str
    where: str
    phase: str
    happened: str
    code: int | None
    safe_state: str
    seconds_to_end: float | None
    seconds_to_safe: float | None
    farthest_mm: float
    nothing_lost: bool
    as_expected: bool
    message: str

    def figures(self) -> dict[str, Any]:
        """For the JSON file."""
        return asdict(self)


def wanted(fault: str, phase: str) -> bool:
    """Whether this case is to be run."""
    return ONLY in fault and (fault, phase) not in DONE


def streams_and_motion(stand: Stand, families: list[str]) -> Iterator[Row]:
    """Every case of the two tables."""
    for family in families:
        for case in (case for case in FAMILIES[family]() if wanted(case.name, case.phase)):
            yield _case(stand, family, case)


def _case(stand: Stand, family: str, case: Case) -> Row:
    stand.place()
    fault = case.make(stand.relay)
    if case.phase == "before":
        stand.relay.faults[case.topic] = fault
        began = time.monotonic()
        run, received = stand.begin("before")
    else:
        run, received = stand.begin(case.phase)
        stand.relay.faults[case.topic] = fault
        began = time.monotonic()
    row = _ended(stand, family, case.name, case.topic, case.phase, run, began)
    row.as_expected = row.code in case.codes
    if case.degraded:
        row.as_expected &= any(feedback.degraded for feedback in received)
        row.happened += ", degraded" if any(feedback.degraded for feedback in received) else ", not said"
    stand.relay.faults.clear()
    row.nothing_lost = stand.works()
    return row


def _ended(stand: Stand, family: str, fault: str, where: str, phase: str, run: Any, began: float) -> Row:
    try:
        _, result = run.result(LONGEST_S)
    except ClientError as error:
        return Row(family, fault, where, phase, "no end", None, "", None, None, 0.0, False, False, str(error))
    ended = time.monotonic()
    log = stand.relay.log
    times = [moment for moment, _ in log.arm + log.hand if began <= moment <= ended + 0.5]
    code, name = int(result.error_code), NAMES[int(result.error_code)]
    safe = None if code in (0, 401) else (max(times) - began if times else 0.0)
    farthest = _farthest([message for _, message in log.arm])
    return Row(
        family, fault, where, phase, name, code, result.safe_state, ended - began, safe, farthest, False, False,
        result.message,
    )  # fmt: skip


def _farthest(poses: list[Any]) -> float:
    points = np.array([[p.pose.position.x, p.pose.position.y, p.pose.position.z] for p in poses])
    return float(np.linalg.norm(points - points[0], axis=1).max() * 1e3) if len(points) else 0.0


def emergency_stops(stand: Stand) -> Iterator[Row]:
    """The button in each phase."""
    publisher = stand.relay.node.create_publisher(Bool, "estop", RELIABLE)
    reset = stand.planner.node.create_client(Trigger, "estop_reset")
    stand.planner.wait_for(lambda: publisher.get_subscription_count() >= 1, 30.0, "the server on estop")
    for phase in PHASES:
        if not wanted("emergency stop", phase):
            continue
        stand.place()
        run, _ = stand.begin(phase)
        began = time.monotonic()
        publisher.publish(Bool(data=True))
        row = _ended(stand, "motion", "emergency stop", "estop", phase, run, began)
        row.as_expected = row.code == CODES["EMERGENCY_STOP"]
        for _ in range(50):
            publisher.publish(Bool(data=False))
            answer = stand.planner.answer(reset.call_async(Trigger.Request()), 30.0, "estop_reset")
            if answer.success:
                break
        row.nothing_lost = stand.works()
        yield row


def killed_nodes(stand: Stand) -> Iterator[Row]:
    """Kill -9 of each node in each phase; started again, everything works without restarting the others."""
    for name in ("policy", "mujoco_bridge", "refine_server"):
        for phase in PHASES:
            if not wanted(f"kill -9 of {name}", phase):
                continue
            stand.place()
            run, _ = stand.begin(phase)
            stand.planner.check = lambda: None
            began = time.monotonic()
            stand.nodes.signal(name, signal.SIGKILL)
            stand.nodes.wait(name, 10.0)
            if name == "refine_server":
                row = _orphaned(stand, phase, began)
            else:
                row = _ended(stand, "processes", f"kill -9 of {name}", name, phase, run, began)
                row.as_expected = row.code in _expected(name)
            commands = len(stand.relay.log.arm) + len(stand.relay.log.hand)
            stand.restart(name)
            stand.robot.fresh_truth(60.0)
            moved = len(stand.relay.log.arm) + len(stand.relay.log.hand) > commands
            row.as_expected &= not moved
            stand.planner.wait_ready(60.0, simulation=False)
            row.nothing_lost = stand.works()
            stand.planner.check = stand.nodes.check
            yield row


def _expected(name: str) -> set[int]:
    names = {
        "policy": ("NO_CORRECTION",),
        "mujoco_bridge": ("NO_WRIST_POSE", "NO_JOINT_STATES", "NO_TACTILE", "CLOCK_JUMP"),
    }
    # a policy that dies after its corrections of a grasp were taken is missed by the next one
    return {CODES[code] for code in names[name]}


def _orphaned(stand: Stand, phase: str, began: float) -> Row:
    """The server is gone: what it sent last is all that the robot follows."""
    last = max((t for t, _ in stand.relay.log.arm + stand.relay.log.hand), default=began)
    farthest = _farthest([message for _, message in stand.relay.log.arm])
    return Row(
        "processes", "kill -9 of refine_server", "refine_server", phase, "no further command", None, "", None,
        max(0.0, last - began), farthest, False, True, "",
    )  # fmt: skip


def dead_planner(stand: Stand) -> Iterator[Row]:
    """A planner in a process of its own is killed in each phase of its goal."""
    program = (
        "import sys\n"
        "from tacrefine.nodes.tools.client import StackClient\n"
        "with StackClient(name='doomed') as client:\n"
        "    client.wait_ready(60.0, simulation=False)\n"
        "    run = client.send('shown', lambda f: print(f.state_name, flush=True))\n"
        "    run.result(60.0)\n"
    )
    for phase in PHASES:
        if not wanted("kill -9 of the planner", phase):
            continue
        stand.place()
        said_before = stand.nodes.log("refine_server").count(f"code {CODES['CLIENT_LOST']}")
        process = subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == phase:
                break
        os.killpg(process.pid, signal.SIGKILL)
        began = time.monotonic()
        process.wait()
        process.stdout.close()
        said = CODES["CLIENT_LOST"]
        _wait_said(stand, f"code {said}", said_before)
        log = stand.relay.log
        opened = [t for t, m in log.hand if t > began]
        safe = (min(opened) - began) if opened else None
        ended = time.monotonic() - began
        row = Row(
            "processes", "kill -9 of the planner", "planner", phase, "CLIENT_LOST", said, "open", ended, safe,
            _farthest([m for _, m in log.arm]), False, safe is not None and safe <= 1.0, "",
        )  # fmt: skip
        row.nothing_lost = stand.works()
        yield row


def _wait_said(stand: Stand, words: str, before: int) -> None:
    stand.planner.wait_for(
        lambda: stand.nodes.log("refine_server").count(words) > before, 60.0, "the end of the goal"
    )


def doubled_nodes(stand: Stand) -> Iterator[Row]:
    """A second node of each kind beside the first."""
    for name in ("refine_server", "policy", "mujoco_bridge"):
        if not wanted(f"two nodes {name}", "any"):
            continue
        stand.place()
        began = time.monotonic()
        with NodeProcesses([stand.specs[name]]):
            row, said = None, False
            while time.monotonic() - began < 40.0 and not said:
                run, _ = stand.begin("before")
                row = _ended(stand, "processes", f"two nodes {name}", name, "any", run, began)
                said = row.code == CODES["AMBIGUOUS"]
        assert row is not None
        row.as_expected = said
        row.nothing_lost = stand.works()
        yield row
