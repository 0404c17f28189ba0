"""`tacrefine doctor`: what is wrong with the machine or the graph, and how to fix it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tacrefine.doctor.findings import Finding

EXIT_NOT_WELL = 1


def doctor(
    hand: Annotated[str, typer.Option(help="Hand: a name or a YAML file.")] = "five_finger",
    model: Annotated[str, typer.Option(help="Model; default: the one named like the hand.")] = "",
    namespace: Annotated[str, typer.Option(help="Namespace of the stack.")] = "",
    graph: Annotated[bool, typer.Option("--graph/--no-graph", help="Look at running nodes too.")] = True,
    seconds: Annotated[float, typer.Option(min=0.5, max=60.0, help="How long to listen to them.")] = 4.0,
    listen: Annotated[
        bool,
        typer.Option(
            "--listen",
            help="Look for touch, joints and wrist on any topic instead, and write a first adapter.",
        ),
    ] = False,
    write: Annotated[
        Path, typer.Option(help="Where --listen writes the adapter; a file that is there stays as it is.")
    ] = Path("my_robot.yaml"),
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the findings to this file.")] = None,
) -> None:
    """Look at this machine and at the nodes that run, say what is wrong and how to fix it; 0 only if all is well.

    Nothing is commanded. A note tells something that is no fault. With --listen it says for each input of the hand
    what it needs and what is there that looks like it (type, rate, size), and writes a first adapter.
    """
    from tacrefine.config import model_of
    from tacrefine.doctor.findings import summary
    from tacrefine.doctor.machine import check_machine
    from tacrefine.provenance import write_figures

    if listen:
        _listen(hand, namespace, seconds, write, json_file)
        return
    findings: list[Finding] = []
    for finding in check_machine(hand, model_of(hand, model)):
        findings.append(finding)
        print(finding, flush=True)
    broken = any(f.check in ("ROS 2", "interfaces") and f.level == "problem" for f in findings)
    if graph and not broken:
        for finding in _graph(namespace, seconds):
            findings.append(finding)
            print(finding, flush=True)
    result = summary(findings)
    count = result["problem"]
    print(f"{count} problem{'s' if count > 1 else ''} to fix" if count else "all is well")
    if json_file is not None:
        write_figures(json_file, result)
    if not result["well"]:
        raise typer.Exit(EXIT_NOT_WELL)


def _listen(hand: str, namespace: str, seconds: float, write: Path, json_file: Path | None) -> None:
    import os

    from tacrefine.bringup.description import environment
    from tacrefine.bringup.ros import client, require_ros
    from tacrefine.doctor.findings import summary
    from tacrefine.doctor.listening.report import judge
    from tacrefine.documents import write_atomically
    from tacrefine.hands import load_hand
    from tacrefine.provenance import write_figures

    described = load_hand(hand)
    require_ros()
    os.environ.update(environment())
    with client("graph_listener")(namespace) as listener:
        findings, adapter = judge(listener.listen(seconds), described)
    for finding in findings:
        print(finding)
    if adapter and write.exists():
        print(
            f"{write}: exists already and stays as it is; name another file with --write. It would say:\n{adapter}"
        )
    elif adapter:
        write_atomically(write, adapter)
        print(f"{write}: written; check it, then 'tacrefine up --mode real --adapter {write}'")
    result = summary(findings)
    if json_file is not None:
        write_figures(json_file, result | {"adapter": adapter})
    if not result["well"]:
        raise typer.Exit(EXIT_NOT_WELL)


def _graph(namespace: str, seconds: float) -> list[Finding]:
    import os

    from tacrefine.bringup.description import environment
    from tacrefine.bringup.ros import client
    from tacrefine.doctor.findings import problem
    from tacrefine.doctor.graph import check_graph
    from tacrefine.documents import quoted

    os.environ.update(environment())
    try:
        with client("graph_probe")(namespace) as probe:
            return list(check_graph(probe.look(seconds)))
    except (ImportError, RuntimeError) as error:  # libraries that do not load, and what rcl says
        remedy = "check RMW_IMPLEMENTATION, ROS_DOMAIN_ID and ROS_SECURITY_*; build again: make build"
        return [problem("ROS 2", f"no node can be made here ({quoted(error)})", remedy)]
