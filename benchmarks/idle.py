"""How much of a processor core each node takes while nobody asks it for anything.

    python benchmarks/idle.py --seconds 30 --json FILE

The simulated stack runs in real time with 100 readings a second. It is measured twice: as it comes up, and after a goal
has ended, when the policy knows a target and answers every reading. Times are those that the system accounts to a
process, all its threads together, so other work on the machine changes them little.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from tacrefine.bringup.arguments import Arguments
from tacrefine.bringup.description import describe
from tacrefine.bringup.processes import NodeProcesses
from tacrefine.errors import TacrefineError
from tacrefine.nodes.tools.client import StackClient
from tacrefine.provenance import write_figures
from tacrefine.supervision.domains import free_domain

OBJECT = "rod_8"
GOALS = {"refine_server": 3.0, "mujoco_bridge": 20.0}
"""most that a node may take, percent of a core"""


def main(
    seconds: Annotated[float, typer.Option(min=1.0, help="How long to measure, each time.")] = 30.0,
    json: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """Measure and print; exit code 0 only if server and bridge stay within their goals as the stack comes up."""
    os.environ["ROS_DOMAIN_ID"] = str(free_domain())
    os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    arguments = Arguments(object=OBJECT, targets_folder=tempfile.mkdtemp(), log_level="warn")
    with NodeProcesses(describe(arguments)) as processes:
        with StackClient() as client:
            client.check = processes.check
            client.wait_ready()
        fresh = measure(processes.pids(), seconds)
        with StackClient() as client:
            client.check = processes.check
            client.wait_ready()
            refine_once(client)
        after = measure(processes.pids(), seconds)
    result: dict[str, Any] = {
        "seconds": seconds,
        "fresh_percent": fresh,
        "after_goal_percent": after,
        "goal_percent": GOALS,
        "load_average": os.getloadavg()[0],
        "reached": all(fresh[name] <= limit for name, limit in GOALS.items()),
    }
    show(result)
    if json is not None:
        write_figures(json, result)
    raise typer.Exit(0 if result["reached"] else 1)


def refine_once(client: StackClient) -> None:
    """Show a grasp, refine it once, and open the hand again; raises TacrefineError where that fails."""
    client.reset([0.0] * 6, OBJECT, close=True)
    answer = client.capture("shown", OBJECT)
    if not answer.success:
        raise TacrefineError(answer.message)
    client.reset([0.002, 0.0, 0.0, 0.0, 0.0, 0.0], OBJECT)
    client.send("shown").result()
    client.reset([0.0] * 6, OBJECT)


def measure(pids: Mapping[str, int], seconds: float) -> dict[str, float]:
    """Percent of a core that each process took."""
    time.sleep(2.0)  # clients that have just left are still being noticed
    before, began = {name: cpu_seconds(pid) for name, pid in pids.items()}, time.monotonic()
    time.sleep(seconds)
    passed = time.monotonic() - began
    return {name: round(100.0 * (cpu_seconds(pid) - before[name]) / passed, 1) for name, pid in pids.items()}


def cpu_seconds(pid: int) -> float:
    """Processor time of a process so far, its own and the system's for it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / float(os.sysconf("SC_CLK_TCK"))


def show(result: Mapping[str, Any]) -> None:
    """Print the table."""
    table = Table(title="Idle nodes, percent of a core", title_justify="left")
    for heading in ("node", "as it comes up", "after a goal", "goal"):
        table.add_column(heading, justify="left" if heading == "node" else "right")
    for name, share in result["fresh_percent"].items():
        goal = result["goal_percent"].get(name)
        table.add_row(name, f"{share}", f"{result['after_goal_percent'][name]}", f"{goal}" if goal else "")
    Console().print(table)
    Console().print(
        f"load average of the last minute {result['load_average']:.1f}; goals reached: {result['reached']}"
    )


if __name__ == "__main__":
    typer.run(main)
