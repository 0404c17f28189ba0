"""The demo from start to end: nodes up, one refinement, table, picture, figures."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
from rich.console import Console

from tacrefine.bringup import ros
from tacrefine.bringup.arguments import Arguments
from tacrefine.bringup.description import describe
from tacrefine.bringup.processes import NodeProcesses
from tacrefine.demo.report import Teller, figures, latency_figures, table
from tacrefine.demo.scenario import LooseGrasp, draw_poses, refine
from tacrefine.errors import ConfigError
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.plants import load_plant
from tacrefine.provenance import write_figures
from tacrefine.supervision.domains import free_domain


def check_choices(obj: str, objects: str, plant: str, model: str, hand_name: str) -> None:
    """Raise before any node starts if a name is wrong, a model is missing or was made for another hand."""
    from tacrefine.policy import load_policy

    known = load_objects(objects)
    if obj not in known:
        raise ConfigError(f"object '{obj}' is unknown; allowed are {', '.join(known)}")
    if load_plant(plant).tactile_model != "elastic":
        raise ConfigError(f"plant '{plant}' is not elastic; the simulated robot needs an elastic one")
    load_policy(model, load_hand(hand_name))


def run_demo(
    arguments: Arguments, out: Path, json_file: Path | None, max_steps: int, console: Console
) -> dict[str, Any]:
    """Run it and return the figures; leaves no process behind, however it ends."""
    from tacrefine.demo.picture import draw

    check_choices(arguments.object, arguments.objects, arguments.plant, arguments.model, arguments.hand)
    hand, obj = load_hand(arguments.hand), load_objects(arguments.objects)[arguments.object]
    rng = np.random.default_rng(arguments.seed)
    with running_stack(arguments) as client:
        console.print("nodes are up: mujoco_bridge, policy, refine_server, each a process of its own")
        tell = Teller(console)
        while True:
            target, start = draw_poses(obj, rng)
            try:
                run = refine(
                    client, hand, obj, arguments.plant, target, start, arguments.seed, max_steps, tell=tell
                )
                break
            except LooseGrasp:
                console.print("the drawn pose is no grasp (too few fingers touch); drawing another")
        latencies = latency_figures(client.diagnostics) if arguments.real_time_factor == 1.0 else {}
    result = figures(run, latencies)
    console.print(table(run, result))
    draw(run, hand, out / "refinement.png")
    console.print(f"picture: {out / 'refinement.png'}")
    write_figures(out / "result.json", result)
    if json_file is not None:
        write_figures(json_file, result)
    console.print(f"figures: {out / 'result.json'}")
    return result


@contextmanager
def running_stack(
    arguments: Arguments, timeout: float = 40.0, client: Callable[[str, bool], Any] | None = None
) -> Iterator[Any]:
    """The stack as processes on a ROS domain of its own, with a client that is ready; ends it on every way out.

    `client` makes the client from namespace and use_sim_time; the client of refine_grasp unless another is given.
    """
    import os

    make_client = client or ros.client("refine")
    domain = str(free_domain())
    previous = os.environ.get("ROS_DOMAIN_ID")
    os.environ["ROS_DOMAIN_ID"] = domain
    os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    simulated_time = arguments.real_time_factor != 1.0
    try:
        with (
            _Interruption() as interruption,
            tempfile.TemporaryDirectory(prefix="tacrefine-targets-") as targets,
        ):
            nodes = describe(Arguments(**{**vars(arguments), "targets_folder": targets}))
            with (
                NodeProcesses(nodes) as processes,
                make_client(arguments.namespace, simulated_time) as connected,
            ):

                def check() -> None:
                    interruption.check()
                    processes.check()

                connected.check = check
                connected.wait_ready(timeout)
                yield connected
    finally:
        if previous is None:
            del os.environ["ROS_DOMAIN_ID"]
        else:
            os.environ["ROS_DOMAIN_ID"] = previous


class _Interruption:
    """Makes SIGTERM and SIGHUP unwind the stack like Ctrl-C, so that children are ended.

    Python drops an exception that a signal raises inside a destructor or a callback of a C library. The signal is
    therefore remembered too, and :meth:`check`, called wherever the demo waits, raises it again.
    """

    def __init__(self) -> None:
        self._received = 0
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> _Interruption:
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        self._previous = {number: signal.signal(number, self._stop) for number in numbers}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self._received = number
        self.check()

    def check(self) -> None:
        """Raise KeyboardInterrupt or SystemExit if a signal has come."""
        if self._received == signal.SIGINT:
            raise KeyboardInterrupt
        if self._received:
            raise SystemExit(128 + self._received)
