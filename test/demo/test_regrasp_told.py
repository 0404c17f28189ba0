"""What the demo of regrasping tells: grasps named as the action counts them, in table and picture."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
from rich.console import Console

from tacrefine.demo.regrasp import Teller, figures, table
from tacrefine.demo.regrasp_picture import draw
from tacrefine.demo.regrasp_run import RegraspRun

PIXELS = np.zeros((8, 8, 3), np.uint8)


def feedback(state: str, tries: int, motion: tuple[float, ...] = (0.0,) * 4) -> SimpleNamespace:
    return SimpleNamespace(state_name=state, tries=tries, motion=motion, force=8.0, probability=0.5)


def follow(*messages: SimpleNamespace) -> RegraspRun:
    client = SimpleNamespace(images={"camera": PIXELS, "left": PIXELS, "right": PIXELS})
    run = RegraspRun("box", "regrasp_wsg50")
    teller = Teller(client, run, Console(quiet=True))
    for message in messages:
        teller(message)
    return run


def test_a_grasp_after_a_lift_that_failed_is_a_probe_and_no_try(tmp_path: Path) -> None:
    run = follow(
        feedback("sensing", 0),
        feedback("deciding", 1, (0.01, 0.0, 0.0, 0.0)),
        feedback("sensing", 1),
        feedback("deciding", 1),
        feedback("lifting", 1),
        # The trial lift failed: put back, looked for, closed gently, another action chosen, which held.
        feedback("sensing", 1),
        feedback("deciding", 2, (0.0, 0.0, -0.01, 0.0)),
        feedback("sensing", 2),
        feedback("deciding", 2),
        feedback("lifting", 2),
    )
    run.tries = 2
    names = ["probe", "try 1", "probe", "try 2"]
    assert [grasp.name for grasp in run.grasps] == names
    assert [decision["grasp"] for decision in figures(run)["decisions"]] == names
    assert list(table(run).columns[0].cells)[:4] == names
    draw(run, tmp_path / "regrasp.png")
    assert (tmp_path / "regrasp.png").stat().st_size > 10_000


def test_a_grasp_after_another_look_is_a_probe_and_the_look_is_told_in_words() -> None:
    run = follow(
        feedback("sensing", 0),
        feedback("deciding", 1, (0.01, 0.0, 0.0, 0.0)),
        feedback("sensing", 1),
        feedback("deciding", 1, (np.nan,) * 4),
        feedback("sensing", 1),
        feedback("deciding", 2, (0.0, 0.0, -0.01, 0.0)),
    )
    assert [grasp.name for grasp in run.grasps] == ["probe", "try 1", "probe"]
    assert "look for the object again" in list(table(run).columns[2].cells)
