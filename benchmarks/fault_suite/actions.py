"""Goals that are cancelled or preempted at random moments: each must end once, and the next must work."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from rich.console import Console

from fault_suite.running import NAMES
from fault_suite.stand import START, Stand
from tacrefine.cli.progress import progress_bar

TERMINAL = (4, 5, 6)
LONGEST_S = 4.0
"""by the wall clock: goals that are left alone end sooner"""
NEXT_EVERY = 25


def run(stand: Stand, goals: int, seed: int, console: Console) -> dict[str, Any]:
    """Cancel or preempt `goals` goals; every 25th time a plain one must succeed."""
    rng = np.random.default_rng(seed)
    ends: Counter[str] = Counter()
    wrong: list[str] = []
    stand.place(START)
    ends_seen = 0
    work = 0
    previous = None
    for number in _told(goals):
        goal, _ = stand.begin("before")
        if previous is not None:  # this one took over
            ends_seen += _count(previous, ends, wrong, number - 1)
            previous = None
        moment = time.monotonic() + float(rng.uniform(0.0, LONGEST_S) ** 2 / LONGEST_S)
        stand.planner.wait_for(
            lambda moment=moment, goal=goal: time.monotonic() >= moment or goal.is_done, 60.0, "the moment"
        )
        if rng.random() < 0.5:
            previous = goal
        else:
            goal.cancel(30.0)
            ends_seen += _count(goal, ends, wrong, number)
        if (number + 1) % NEXT_EVERY == 0:
            if previous is not None:
                previous.cancel(30.0)
                ends_seen += _count(previous, ends, wrong, number)
                previous = None
            work += stand.works()
            stand.place(START)
    if previous is not None:
        previous.cancel(30.0)
        ends_seen += _count(previous, ends, wrong, goals - 1)
    checks = goals // NEXT_EVERY
    figures = {"goals": goals, "ended_once": ends_seen, "ends": dict(ends), "wrong": wrong, "seed": seed}
    figures |= {"next_goals": checks, "next_goals_worked": work}
    figures["as_expected"] = ends_seen == goals and not wrong and work == checks
    console.print(figures)
    return figures


def _told(goals: int) -> Iterator[int]:
    with progress_bar("goals", goals) as advance:
        for number in range(goals):
            yield number
            advance(number + 1)


def _count(goal: Any, ends: Counter[str], wrong: list[str], number: int) -> int:
    status, result = goal.result(60.0)
    ends[NAMES[int(result.error_code)]] += 1
    allowed = {"CANCELED": 5, "SUCCESS": 4}
    name = NAMES[int(result.error_code)]
    if status not in TERMINAL or (name in allowed and allowed[name] != status):
        wrong.append(f"goal {number}: status {status} with {name}")
    if name not in ("CANCELED", "PREEMPTED", "SUCCESS", "NOT_CONVERGED"):
        wrong.append(f"goal {number}: {name}: {result.message}")
    return 1
