"""What the demo draws, prints and writes."""

from __future__ import annotations

import io
import json

import matplotlib.image
import numpy as np
import pytest
from rich.console import Console

from tacrefine.demo.picture import draw
from tacrefine.demo.report import figures, is_success, latency_figures, table
from tacrefine.demo.scenario import Refinement, draw_poses, error_of
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.provenance import write_figures

KEYS = "start_mm start_deg final_mm final_deg steps success object plant model"


@pytest.fixture
def run() -> Refinement:
    rng = np.random.default_rng(0)
    touch = [rng.uniform(0, 0.5, 495).astype(np.float32) for _ in range(3)]
    touch[0][3] = np.nan
    run = Refinement("plate_6", "nominal_elastic", np.zeros(6), np.zeros(6), *touch)
    run.errors = [(6.0, 9.0), (1.0, 2.0), (0.4, 0.3)]
    run.code, run.message, run.steps, run.model = 0, "the grasp matches the target", 2, "five_finger-1"
    run.estimate = (0.0003, 0.01)
    return run


def test_figures_hold_what_was_promised(run, tmp_path):
    result = figures(run, {"latency_p99_ms": 4.0})
    write_figures(tmp_path / "new" / "result.json", result)
    again = json.loads((tmp_path / "new" / "result.json").read_text())
    assert all(key in again for key in KEYS.split())
    assert (again["start_mm"], again["final_deg"], again["steps"], again["success"]) == (6.0, 0.3, 2, True)


@pytest.mark.parametrize(("last", "good"), [((5.0, 5.0), True), ((5.1, 0.1), False), ((0.1, 5.1), False)])
def test_success_means_both_errors_within_five(run, last, good):
    run.errors[-1] = last
    assert is_success(run) is good


def test_the_picture_is_drawn_with_dead_taxels_and_without_any_move(run, tmp_path):
    draw(run, load_hand(), tmp_path / "a.png")
    run.errors, run.steps = run.errors[:1], 0
    draw(run, load_hand(), tmp_path / "b.png")
    for name in ("a.png", "b.png"):
        assert matplotlib.image.imread(tmp_path / name).shape[1] > 1000


def test_the_table_names_every_step(run):
    console = Console(file=io.StringIO(), width=100)
    console.print(table(run, figures(run, {"latency_p50_ms": 2.0, "latency_p99_ms": 4.0})))
    text = console.file.getvalue()
    assert all(
        word in text
        for word in ("disturbance", "move 1", "move 2", "6.00 mm", "0.30 deg", "99 % within 4.0 ms")
    )


def test_latency_comes_from_the_node_that_measured_it():
    values = {
        "stamp to correction p50 [ms]": "2.5",
        "stamp to correction p99 [ms]": "6.5",
        "stamp to correction samples": "9",
    }
    assert latency_figures({"/other": {}, "/tacrefine_policy": values})["latency_p99_ms"] == 6.5
    assert latency_figures({"/other": {}}) == {}


@pytest.mark.parametrize("name", ["rod_10", "plate_6", "disk_90x8"])
def test_drawn_poses_lie_in_range_and_are_worth_refining(name):
    obj = load_objects()[name]
    for seed in range(20):
        target, start = draw_poses(obj, np.random.default_rng(seed))
        millimetres, degrees = error_of(start, target)
        assert millimetres >= 3.0
        assert degrees >= 3.4
        assert (np.abs(start) <= obj.half_range).all()
        assert (np.abs(target) <= obj.half_range).all()
