"""What the live console costs, and whether it makes corrections later.

    python benchmarks/console.py --seconds 30 --json FILE

The simulated stack runs in real time with 100 readings a second, holds an object and answers every reading. It is
measured in turns, without a console and with one that a reader has open at 20 pictures a second. A correction's latency
goes from the stamp of its reading to a third process; processor time is what the system accounts to the console. The
first picture is there when the reader has everything that a browser draws it from; where a browser is installed it is
measured in a headless one too, that runs already: from the start of the command until touch, goal and scene are on the
page.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
import typer
import viser
import viser._messages
from rich.console import Console
from rich.table import Table
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tacrefine.bringup.arguments import Arguments
from tacrefine.bringup.description import describe
from tacrefine.bringup.processes import NodeProcesses
from tacrefine.bringup.respawn import die_with_parent
from tacrefine.errors import TacrefineError
from tacrefine.nodes.core.convert import to_seconds
from tacrefine.nodes.core.qos import RELIABLE
from tacrefine.nodes.tools.client import StackClient
from tacrefine.provenance import write_figures
from tacrefine.supervision.domains import free_domain

sys.path.insert(0, str(Path(__file__).parents[1] / "test" / "viewer"))
from browser import Browser, find_browser  # the tests' own

OBJECT = "rod_8"
GOAL_PERCENT, GOAL_FIRST_S = 5.0, 3.0
SETTLE_S = 4.0
"""after the console has started, before it is measured"""
PARTS = (".tacrefine-board", ".tacrefine-phase", "canvas")
"""of the page: touch, goal and scene"""


def main(
    seconds: Annotated[float, typer.Option(min=1.0, help="How long each turn is measured.")] = 30.0,
    rounds: Annotated[int, typer.Option(min=1, help="Turns without and with the console.")] = 3,
    json: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """Measure and print; exit code 0 only if processor time and first picture stay within their goals."""
    os.environ["ROS_DOMAIN_ID"] = str(free_domain())
    os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    arguments = Arguments(object=OBJECT, targets_folder=tempfile.mkdtemp(), log_level="warn")
    without: list[float] = []
    beside: list[float] = []
    turns: list[dict[str, float]] = []
    with NodeProcesses(describe(arguments)) as processes, StackClient() as client:
        client.check = processes.check
        client.wait_ready()
        hold(client)
        received: list[float] = []
        clock = client.node.get_clock()
        client.node.create_subscription(
            type(client.correction),
            "correction",
            lambda m: received.append(clock.now().nanoseconds * 1e-9 - to_seconds(m.header.stamp)),
            RELIABLE,
        )
        for _ in range(rounds):
            without += collected(client, received, seconds)
            with console() as (pid, first):
                time.sleep(SETTLE_S)
                before, began = cpu_seconds(pid), time.monotonic()
                beside += collected(client, received, seconds)
                percent = 100.0 * (cpu_seconds(pid) - before) / (time.monotonic() - began)
                turns.append({"percent": round(percent, 2), "first_picture_s": round(first, 2)})
        pages = first_pages(rounds) if find_browser() else []
    result: dict[str, Any] = {
        "seconds": seconds,
        "turns": turns,
        "percent": round(float(np.median([turn["percent"] for turn in turns])), 2),
        "first_picture_s": round(min(turn["first_picture_s"] for turn in turns), 2),
        "first_page_s": round(float(np.median(pages)), 2) if pages else None,
        "first_pages_s": pages,
        **{f"without_{key}": value for key, value in percentiles(without).items()},
        **{f"beside_{key}": value for key, value in percentiles(beside).items()},
        "goal_percent": GOAL_PERCENT,
        "goal_first_picture_s": GOAL_FIRST_S,
        "load_average": os.getloadavg()[0],
    }
    first = result["first_page_s"] or result["first_picture_s"]
    result["reached"] = result["percent"] <= GOAL_PERCENT and first <= GOAL_FIRST_S
    show(result)
    if json is not None:
        write_figures(json, result)
    raise typer.Exit(0 if result["reached"] else 1)


def first_pages(rounds: int) -> list[float]:
    """Seconds from the start of the console to its page in a browser, which has shown one before."""
    found = []
    with tempfile.TemporaryDirectory() as folder, Browser(Path(folder)) as browser:
        for _ in range(rounds + 1):
            began = time.monotonic()
            with started() as (process, address):
                browser.open(f"http://{address}")
                for part in PARTS:
                    browser.wait(f"!!document.querySelector('{part}')")
                found.append(round(time.monotonic() - began, 2))
                process.terminate()
    return found[1:]


def hold(client: StackClient) -> None:
    """Refine one grasp, so that the hand holds the object and the policy answers."""
    client.reset([0.0] * 6, OBJECT, close=True)
    answer = client.capture("shown", OBJECT)
    if not answer.success:
        raise TacrefineError(answer.message)
    client.reset([0.0, 0.0, 0.002, 0.0, 0.0, 0.0], OBJECT)
    client.send("shown").result()
    client.wait_for(lambda: client.correction is not None, 20.0, "a correction")


def collected(client: StackClient, received: list[float], seconds: float) -> list[float]:
    """Latencies that arrive in so many seconds."""
    received.clear()
    end = time.monotonic() + seconds
    client.wait_for(lambda: time.monotonic() >= end, seconds + 10.0, "the end")
    return list(received)


@contextlib.contextmanager
def console() -> Iterator[tuple[int, float]]:
    """A console with one reader: its process, and s from its start to the first picture."""
    began = time.monotonic()
    with started() as (process, address):
        drawn = threading.Event()
        with reader(address) as page:
            thread = threading.Thread(target=read, args=(page, drawn), daemon=True)
            thread.start()
            if not drawn.wait(60.0):
                raise TacrefineError("tacrefine view: no picture within 60 s")
            yield process.pid, time.monotonic() - began
        process.terminate()


@contextlib.contextmanager
def started() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command as a process, and where its page is."""
    with subprocess.Popen(
        [sys.executable, "-m", "tacrefine", "view", "--no-open", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=die_with_parent,
    ) as process:
        assert process.stdout is not None
        found = re.search(r"http://(127\.0\.0\.1:\d+)", process.stdout.readline())
        if found is None:
            raise TacrefineError("tacrefine view does not say where its page is")
        yield process, found[1]


def reader(address: str) -> ClientConnection:
    """A connection as a browser's, which has told where it looks from."""
    opened = connect(
        f"ws://{address}/",
        origin=f"http://{address}",  # type: ignore[arg-type]
        subprotocols=[f"viser-v{viser.__version__}"],  # type: ignore[list-item]
        max_size=None,
        proxy=None,
    )
    message = viser._messages.ViewerCameraMessage(
        (1.0, 0.0, 0.0, 0.0), (0.2, -0.2, 0.0), 0.8, 0.01, 100.0, 900, 700, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0)
    )
    opened.send(msgspec.msgpack.encode(message.as_serializable_dict([])))
    return opened


def read(page: ClientConnection, drawn: threading.Event) -> None:
    """Take everything that comes; `drawn` is set with the first message that holds taxels and panels."""
    taken = 0
    with contextlib.suppress(ConnectionClosed):
        for message in page:
            taken += len(message)
            if taken > 30_000:  # scene and panels of an empty hand are so large; what follows is small
                drawn.set()


def cpu_seconds(pid: int) -> float:
    """Processor time of a process so far, its own and the system's for it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / float(os.sysconf("SC_CLK_TCK"))


def percentiles(times: list[float]) -> dict[str, float]:
    """Median and 99th percentile in ms, and how many there are."""
    p50, p99 = np.percentile(times, [50, 99]) * 1e3
    return {"p50_ms": round(float(p50), 3), "p99_ms": round(float(p99), 3), "samples": len(times)}


def show(result: dict[str, Any]) -> None:
    """Print the table."""
    table = Table(title="The console beside a stack at 100 Hz", title_justify="left")
    for heading in ("", "samples", "median ms", "p99 ms"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, prefix in (("correction, no console", "without"), ("correction, beside a console", "beside")):
        table.add_row(name, *(f"{result[f'{prefix}_{key}']}" for key in ("samples", "p50_ms", "p99_ms")))
    Console().print(table)
    Console().print(
        f"the console takes {result['percent']} % of a core at 20 Hz (goal {GOAL_PERCENT:g}), its first picture "
        f"{result['first_picture_s']} s, in a browser {result['first_page_s']} s (goal {GOAL_FIRST_S:g}); "
        f"load average {result['load_average']:.1f}; "
        f"goals reached: {result['reached']}"
    )


if __name__ == "__main__":
    typer.run(main)
