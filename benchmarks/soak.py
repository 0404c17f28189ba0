"""Refinements in a row, faster than real time: does memory grow, does anything leak, is any goal missed?

    python benchmarks/soak.py --refinements 2000 --json results/soak.json

The stack runs in three processes as `tacrefine up` starts it. Looked at are the resident memory of each process, its
open files and threads, the segments in /dev/shm, how each goal ended, and the wall-clock seconds of each refinement.
Memory may grow by 2 % after the first tenth, the 99th percentile of the last tenth may be 20 % above that of the first.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from tacrefine.bringup.arguments import Arguments
from tacrefine.bringup.registry import NODES as REGISTRY
from tacrefine.cli.progress import progress_bar
from tacrefine.demo.program import running_stack
from tacrefine.demo.scenario import LooseGrasp, refine
from tacrefine.errors import TacrefineError
from tacrefine.hands import load_hand
from tacrefine.nodes.hand.policy import LATENCY_P99
from tacrefine.objects import load_objects
from tacrefine.provenance import write_figures

GROWTH, SLOWER = 0.02, 0.20
NODES = ("mujoco_bridge", "policy", "refine_server")
SHM = "/dev/shm"  # noqa: S108 - where DDS keeps its segments
PAGE = os.sysconf("SC_PAGE_SIZE")
KEPT = 20
"""refinements after which the file is written again"""
TARGETS = 8
"""shown once and used again and again"""


def processes() -> dict[str, int]:
    """Process ids of the nodes that this program has started."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        for node in NODES:
            if parent == os.getpid() and f"__node:={REGISTRY[node].name}" in command:
                found[node] = int(entry.name)
    if lacking := [node for node in NODES if node not in found]:
        raise RuntimeError(f"no process of {', '.join(lacking)} was found")
    return found


def look(pids: dict[str, int]) -> dict[str, dict[str, int]]:
    """Resident bytes, open files and threads of each process, and segments of shared memory."""
    seen = {}
    for name, pid in pids.items():
        folder = Path(f"/proc/{pid}")
        seen[name] = {
            "bytes": int((folder / "statm").read_text().split()[1]) * PAGE,
            "files": len(os.listdir(folder / "fd")),
            "threads": len(os.listdir(folder / "task")),
        }
    seen[SHM] = {"segments": len(os.listdir(SHM))}
    return seen


def main() -> int:
    """Run; exit code 1 where a limit was exceeded."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--refinements", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=0.0, help="end after so long; 0: never")
    parser.add_argument("--plant", default="nominal_elastic")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    args = parser.parse_args()
    console, hand, objects = Console(), load_hand(), list(load_objects().values())
    rng = np.random.default_rng(args.seed)
    looks: list[dict[str, Any]] = []
    seconds: list[float] = []
    latency: list[float] = []
    ends: Counter[str] = Counter()
    began = time.monotonic()
    arguments = Arguments(plant=args.plant, real_time_factor=0.0, log_level="warn")

    def told() -> dict[str, Any]:
        figures = summary(looks, seconds, latency, ends)
        figures |= {"minutes": (time.monotonic() - began) / 60.0, "seed": args.seed, "plant": args.plant}
        if args.json:
            write_figures(args.json, figures)
        return figures

    with running_stack(arguments) as client, progress_bar("refinements", args.refinements) as advance:
        pids = processes()
        while len(seconds) < args.refinements:
            obj = objects[len(seconds) % len(objects)]
            target, start = obj.sample_poses(rng, 2)
            try:
                run = refine(
                    client,
                    hand,
                    obj,
                    args.plant,
                    target,
                    start,
                    int(rng.integers(2**31)),
                    name=f"soak{len(seconds) % TARGETS}",
                )
            except LooseGrasp:
                continue
            except TacrefineError as error:
                ends[f"missed: {error}"] += 1
                client.check()
                continue
            ends[str(run.code)] += 1
            seconds.append(run.seconds)
            latency.append(float(client.diagnostics.get("/tacrefine_policy", {}).get(LATENCY_P99, "nan")))
            looks.append(look(pids))
            advance(len(seconds))
            if len(seconds) % KEPT == 0:
                told()  # what was found so far, should the run be broken off
            if args.minutes and time.monotonic() - began > 60.0 * args.minutes:
                break
    figures = told()
    console.print(figures)
    return 0 if figures["passed"] else 1


def summary(
    looks: list[dict[str, Any]], seconds: list[float], latency: list[float], ends: Counter[str]
) -> dict[str, Any]:
    """Growth of each process from the end of the first tenth to the last tenth, and what else is asked for."""
    tenth = max(1, len(looks) // 10)

    def median(part: list[dict[str, Any]], name: str, key: str) -> float:
        return float(np.median([entry[name][key] for entry in part]))

    early, late = looks[tenth : 2 * tenth] or looks, looks[-tenth:]
    growth = {name: median(late, name, "bytes") / median(early, name, "bytes") - 1.0 for name in NODES}
    leaks = {
        f"{name} {key}": median(late, name, key) - median(early, name, key)
        for name in (*NODES, SHM)
        for key in ("files", "threads", "segments")
        if key in early[0][name]
    }
    first, last = (float(np.percentile(part, 99)) for part in (seconds[:tenth], seconds[-tenth:]))
    missed = sum(count for end, count in ends.items() if end.startswith("missed"))
    passed = (
        max(growth.values()) < GROWTH
        and max(leaks.values()) <= 0
        and not missed
        and last <= (1 + SLOWER) * first
    )
    return {
        "refinements": len(seconds),
        "passed": bool(passed),
        "memory_growth": growth,
        "leaks": leaks,
        "missed": missed,
        "ends": dict(ends),
        "seconds_p99_first_tenth": first,
        "seconds_p99_last_tenth": last,
        "correction_latency_p99_ms_last": latency[-1] if latency else None,
        "resident_mb": [
            {name: round(entry[name]["bytes"] / 2**20, 1) for name in NODES}
            for entry in looks[:: max(1, tenth // 2)]
        ],
    }


if __name__ == "__main__":
    sys.exit(main())
