"""Whole grasps by a policy: what the gripper is told, and how an evaluation keeps its attempts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_examples import make_state
from numpy.typing import NDArray

from tacrefine.cli import EXIT_BAD_INPUT, main
from tacrefine.evaluation.regrasp import attempts, evaluation
from tacrefine.evaluation.regrasp.attempts import Rules, grasp_by_model
from tacrefine.evaluation.regrasp.handling import ease
from tacrefine.gripper import TACTILE_SIZE, GripperPose, State
from tacrefine.regrasp.actions import ActionBox
from tacrefine.regrasp.defaults import Objective
from tacrefine.vision.cylinder import Cylinder

ONE_BOX = """
name: one
objects:
  - {name: one_box, mass: 0.1, friction: 0.6, parts: [{kind: box, size: [0.03, 0.02, 0.04]}]}
"""


class Scene:
    """Writes down what it is told; the state's force tells the model how hard the gripper holds."""

    def __init__(self) -> None:
        self.pose = GripperPose(0.0, 0.0, 0.05, 0.0)
        self.told: list[str] = []
        self.force = 0.0
        self.width = 0.04
        self.time = 0.0
        self.stillness = 0.0
        self.heavy = self.slippery = 0.0
        self.tactile_rest = np.full((2, *TACTILE_SIZE, 3), 120, np.uint8)

    def state(self) -> State:
        state = make_state(60 if self.force else 0)
        return State(
            state.camera, state.camera_rest, state.tactile, state.tactile_rest, self.pose.array(), self.force
        )

    def open(self) -> None:
        self.told.append("open")
        self.force = 0.0

    def move_to(self, pose: GripperPose) -> None:
        straight = pose == self.pose._replace(z=pose.z)
        self.told.append(("raise" if pose.z > self.pose.z else "lower") if straight else "move")
        self.pose = pose

    def find_object(self) -> Cylinder | None:
        return None

    def approach(self, pose: GripperPose) -> None:
        self.told.append("approach")
        self.pose = pose

    def close(self, force: float) -> None:
        self.told.append("close")
        self.force = force

    def lift(self) -> None:
        self.told.append("lift")

    def hold(self, seconds: float) -> None:
        self.time += seconds

    def holds(self) -> bool:
        return self.force > 10.0

    def left_behind(self, height: float) -> bool:
        return self.force < self.heavy

    def tactile(self) -> NDArray[np.uint8]:
        """A spot on both pads, further down where the object slides."""
        lifted = self.told[-1] == "raise"
        images = self.tactile_rest.copy()
        row = 30 if lifted and self.force < self.slippery else 20
        images[:, row : row + 6, 10:20] += 60
        return images


class Model:
    """Promises `promise` for every motion; what a closed grasp then feels like is in `felt`, one a try."""

    def __init__(self, promise: float, *felt: float) -> None:
        self.promise, self.felt = promise, list(felt)
        self.encoded = 0

    def encode(self, state: State) -> NDArray[np.float32]:
        self.encoded += 1
        return np.array([[state.force]], np.float32)

    @staticmethod
    def stays(actions: NDArray[np.float32]) -> bool:
        return len(actions) == 1 and not actions[:, :4].any()

    def success(self, features: NDArray[np.float32], actions: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.stays(actions):
            assert features[0, 0] == actions[0, 4], "a grasp that stays is asked about with its own force"
            return np.array([self.felt.pop(0)], np.float32)
        moved = np.abs(actions[:, :4]).max(axis=1) > 0
        return (self.promise * (0.5 + 0.5 * moved) * (0.9 + 0.1 * actions[:, 4] / 25.0)).astype(np.float32)


def grasp(model: Model, scene: Scene, **rules: Any) -> attempts.Attempt:
    told = Rules(**{"from_above": False, **rules})
    return grasp_by_model(scene, model, ActionBox(), told, np.random.default_rng(0))  # type: ignore[arg-type]


def test_a_likely_grasp_is_made_felt_and_lifted() -> None:
    scene = Scene()
    attempt = grasp(Model(0.99, 0.95), scene)
    assert scene.told == ["close", "open", "move", "close", "raise", "lift"]
    assert attempt.success
    assert (attempt.tries, attempt.probability) == (1, pytest.approx(0.95))
    assert attempt.force == scene.force


def test_a_grasp_that_feels_bad_is_not_lifted_but_made_again() -> None:
    scene = Scene()
    attempt = grasp(Model(0.99, 0.3, 0.96), scene)
    assert scene.told == ["close", *["open", "move", "close"] * 2, "raise", "lift"]
    assert attempt.tries == len(attempt.actions) == 2


def test_without_a_second_look_the_promise_alone_decides() -> None:
    scene = Scene()
    attempt = grasp(Model(0.99), scene, look_again=False)
    assert scene.told[-1] == "lift"
    assert attempt.tries == 1
    assert attempt.probability == attempt.chosen > 0.9


def test_the_last_try_is_lifted_whatever_it_promises() -> None:
    scene = Scene()
    attempt = grasp(Model(0.5, 0.5, 0.5, 0.5), scene, tries=3)
    assert scene.told.count("close") == 1 + 3
    assert scene.told.count("lift") == 1
    assert attempt.tries == 3


def test_a_lost_object_is_looked_for_from_above(monkeypatch: pytest.MonkeyPatch) -> None:
    scene, model = Scene(), Model(0.05, 0.95)

    def found() -> Cylinder:
        scene.told.append("look")
        model.promise = 0.99
        return Cylinder(x=0.03, y=0.0, radius=0.02, height=0.08, yaw=0.4)

    monkeypatch.setattr(scene, "find_object", found)
    attempt = grasp(model, scene)
    assert scene.told[:6] == ["close", "open", "raise", "look", "approach", "close"]
    assert scene.told[6:] == ["open", "move", "close", "raise", "lift"]
    assert (attempt.tries, attempt.approaches) == (1, 2)


@pytest.mark.parametrize("trouble", ["heavy", "slippery"])
def test_what_stays_or_slides_in_a_trial_lift_is_put_down_and_grasped_again_more_firmly(
    monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    scene, model = Scene(), Holder(0.0, *[0.99] * 8)
    setattr(scene, trouble, 14.0)
    there = Cylinder(x=0.0, y=0.0, radius=0.02, height=0.08, yaw=0.0)
    monkeypatch.setattr(scene, "find_object", lambda: there)
    attempt = grasp(model, scene, objective=Objective.min_force, margin=1.0)
    assert scene.told.count("lower") >= 1
    assert attempt.success
    assert attempt.tries > 1
    assert attempt.force >= 14.0


def test_it_begins_with_a_look_from_above_wherever_the_gripper_is(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene()
    monkeypatch.setattr(
        scene, "find_object", lambda: Cylinder(x=0.03, y=0.0, radius=0.02, height=0.08, yaw=0.4)
    )
    attempt = grasp(Model(0.99, 0.95), scene, from_above=True)
    assert scene.told[:4] == ["open", "raise", "approach", "close"]
    assert (attempt.tries, attempt.approaches) == (1, 1)


def test_the_gripper_neither_probes_nor_tries_where_the_rules_say_so() -> None:
    scene = Scene()
    grasp(Model(0.99, 0.95), scene, probe_force=0.0, trial_lift=0.0)
    assert scene.told == ["open", "move", "close", "lift"]


class Holder(Model):
    """Promises that a grasp in place holds from 8 N on."""

    def success(self, features: NDArray[np.float32], actions: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.stays(actions) and features[0, 0] == actions[0, 4]:
            return super().success(features, actions)
        return np.where(actions[:, 4] >= 8.0, 0.95, 0.2).astype(np.float32)


@pytest.mark.parametrize(("felt", "forces"), [(0.96, [8.0]), (0.5, [8.0, 20.0])])
def test_a_firm_grasp_is_eased_and_firmed_again_where_it_feels_worse(
    felt: float, forces: list[float]
) -> None:
    scene, model = Scene(), Holder(0.0, felt)
    scene.force = 20.0
    actions = [[0.01, 0.0, 0.0, 0.0, 20.0]]
    features, limits = model.encode(scene.state()), {"threshold": 0.9, "margin": 1.0}
    left = ease(scene, model, features, ActionBox(), actions, 0.99, **limits)  # type: ignore[arg-type]
    assert [action[4] for action in actions[1:]] == pytest.approx(forces, abs=0.25)
    assert scene.told == ["close"] * len(forces)
    assert scene.force == actions[-1][4]
    assert left == pytest.approx(felt if len(forces) == 1 else 0.99)


@pytest.fixture
def one_box(tmp_path: Path) -> Path:
    path = tmp_path / "one.yaml"
    path.write_text(ONE_BOX)
    return path


def test_an_evaluation_writes_what_every_grasp_did_and_goes_on_where_it_was_stopped(
    one_box: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, figures = tmp_path / "journal.jsonl", tmp_path / "figures.json"
    words = ["regrasp", "evaluate", "--policy", "cylinder", "--objects", str(one_box), "--grasps", "2"]
    words += ["--processes", "1", "--journal", str(journal), "--json", str(figures)]
    picture = tmp_path / "success.png"
    assert main([*words, "--plot", str(picture)]) == 0
    assert picture.stat().st_size > 5000
    assert (tmp_path / "success_actions.png").stat().st_size > 5000
    content = json.loads(figures.read_text())
    (row,) = content["sets"].values()
    assert row["cylinder"]["grasps"] == len(content["attempts"]) == 2
    assert row["cylinder"]["successes"] == sum(attempt["success"] for attempt in content["attempts"])
    assert all(attempt["force"] == 10.0 for attempt in content["attempts"])

    def nothing(*_: object) -> None:
        raise AssertionError("what the journal holds is not done again")

    monkeypatch.setattr(evaluation, "run_object", nothing)
    assert main(words) == 0
    assert json.loads(figures.read_text())["sets"] == content["sets"]


def test_a_journal_of_another_evaluation_is_refused(
    one_box: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = tmp_path / "journal.jsonl"
    journal.write_text('{"policies": {}}\n')
    words = [
        "regrasp",
        "evaluate",
        "--policy",
        "cylinder",
        "--objects",
        str(one_box),
        "--journal",
        str(journal),
    ]
    assert main(words) == EXIT_BAD_INPUT
    assert "is of another evaluation" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["both", "=model", "both="])
def test_a_policy_that_is_none_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["regrasp", "evaluate", "--policy", text]) == EXIT_BAD_INPUT
    assert f"--policy '{text}'" in capsys.readouterr().err
