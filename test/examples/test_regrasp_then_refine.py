"""The planner that chains both actions: what it does with their codes, and the whole chain over ROS."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from chain import Done, hold_then_refine

EXAMPLE = Path(__file__).parents[2] / "examples" / "regrasp_then_refine" / "chain.py"


class Robot:
    def __init__(self, *codes: int, refined: int = 0) -> None:
        self.codes, self.refined = list(codes), refined

    def regrasp(self) -> Done:
        return Done("regrasp", self.codes.pop(0), "", "")

    def refine(self) -> Done:
        return Done("refine_grasp", self.refined, "", "")


@pytest.mark.parametrize(
    ("codes", "did"),
    [
        ((0,), ["regrasp", "refine_grasp"]),
        ((403, 404, 0), ["regrasp", "regrasp", "regrasp", "refine_grasp"]),
        ((404, 404, 404), ["regrasp", "regrasp", "regrasp"]),
        ((212,), ["regrasp"]),
        ((306,), ["regrasp"]),
    ],
)
def test_only_what_holds_is_refined_and_only_what_may_help_is_tried_again(codes, did):
    assert [done.action for done in hold_then_refine(Robot(*codes), 3)] == did


def test_everything_is_told_as_it_happens():
    told = []
    did = hold_then_refine(Robot(404, 0, refined=401), 3, told.append)
    assert told == did
    assert [done.code for done in told] == [404, 0, 401]


@pytest.mark.ros
@pytest.mark.slow
def test_the_chain_lifts_an_object_and_refines_a_grasp_over_ros():
    done = subprocess.run([sys.executable, EXAMPLE], capture_output=True, text=True, timeout=290)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "regrasp: the object is lifted and held" in done.stdout
    assert "refine_grasp: the grasp feels like the target" in done.stdout


@pytest.mark.ros
def test_an_unknown_object_is_told_before_anything_starts():
    done = subprocess.run(
        [sys.executable, EXAMPLE, "--regrasp-object", "teapot"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert "object 'teapot' is unknown" in done.stderr
    assert "Traceback" not in done.stderr
