"""How long the weights for any hand take on one core, for hands of some hundred to a thousand taxels.

    python benchmarks/any_hand_latency.py --json results/any_hand_latency.json

*Network* is one run of `policy.onnx` for a pair of frames; *correction* is all that happens between a reading and its
correction: dead taxels, places of the pads by forward kinematics, network, move of the wrist. Work elsewhere on the
machine makes runs longer, never shorter: the 5th percentile stands beside the median, and the load average with both.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from tacrefine.hands import Hand, load_hand
from tacrefine.policy import load_policy
from tacrefine.policy.backends import AnyHandBackend
from tacrefine.policy.card import read_card
from tacrefine.policy.runtime import model_folder
from tacrefine.provenance import write_figures
from tacrefine.touch import TouchFrame

GOAL_MS, GOAL_TAXELS = 1.0, 1000
WARM_UP = 50
HANDS = ("robotiq_2f85_tsf85", "leap_grid", "five_finger", "allegro_gen3", "inspire_rh56dftp")


def main(
    model: Annotated[str, typer.Option(help="Name or folder of the model.")] = "any_hand",
    hands: Annotated[str, typer.Option(help="Hands by name or path, parted by commas.")] = ",".join(HANDS),
    runs: Annotated[int, typer.Option(min=10, help="Runs for each hand.")] = 2000,
    json: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """Measure and print; exit code 0 only if the median of the network stays within 1 ms for up to 1,100 taxels."""
    rows = {hand.name: figures(model, hand, runs) for hand in map(load_hand, hands.split(","))}
    result: dict[str, Any] = {
        "model": read_card(model_folder(model)).model_id,
        "load_average": os.getloadavg()[0],
        "goal_ms": GOAL_MS,
        "hands": rows,
    }
    within = [row["network_p50_ms"] <= GOAL_MS for row in rows.values() if row["taxels"] <= 1.1 * GOAL_TAXELS]
    result["reached"] = all(within)
    show(result)
    if json is not None:
        write_figures(json, result)
    raise typer.Exit(0 if result["reached"] else 1)


def figures(model: str, hand: Hand, runs: int) -> dict[str, Any]:
    """Times for one hand, ms."""
    backend = AnyHandBackend(model_folder(model), read_card(model_folder(model)), hand)
    policy, rng = load_policy(model, hand), np.random.default_rng(0)
    joints = np.zeros(len(hand.joint_names), np.float32)
    frame, target = (
        TouchFrame(rng.random(hand.taxel_count, dtype=np.float32) ** 4, joints) for _ in range(2)
    )
    pair = (
        frame.tactile[None],
        joints[None],
        target.tactile[None],
        joints[None],
        np.ones((1, 6), np.float32),
    )
    inputs = backend.inputs(pair)
    network = milliseconds(lambda: backend.ask(inputs), runs)
    correction = milliseconds(lambda: policy.predict(frame, target, np.ones(6, bool)), runs)
    return {
        "taxels": hand.taxel_count,
        "pads": len(hand.pads),
        **{f"network_{key}": value for key, value in network.items()},
        **{f"correction_{key}": value for key, value in correction.items()},
    }


def milliseconds(ask: Callable[[], Any], runs: int) -> dict[str, float]:
    """5th, 50th and 99th percentile of the time that a call takes."""
    times = []
    for _ in range(WARM_UP + runs):
        began = time.perf_counter()
        ask()
        times.append(time.perf_counter() - began)
    parts = np.percentile(times[WARM_UP:], [5, 50, 99]) * 1e3
    return {
        name: round(float(part), 3) for name, part in zip(("p5_ms", "p50_ms", "p99_ms"), parts, strict=True)
    }


def show(result: dict[str, Any]) -> None:
    """Print a row for each hand."""
    table = Table(title=f"{result['model']} on one core, load average {result['load_average']:.1f}")
    heads = ("network p5", "p50", "p99 ms", "correction p5", "p50", "p99 ms")
    for name in ("hand", "pads", "taxels", *heads):
        table.add_column(name, justify="left" if name == "hand" else "right")
    for name, row in result["hands"].items():
        times = [
            f"{row[f'{part}_{key}']:.2f}"
            for part in ("network", "correction")
            for key in ("p5_ms", "p50_ms", "p99_ms")
        ]
        table.add_row(name, str(row["pads"]), str(row["taxels"]), *times)
    Console(width=110).print(table)


if __name__ == "__main__":
    typer.run(main)
