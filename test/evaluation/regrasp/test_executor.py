"""What the simulated gripper is told in whole grasps by a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from made_examples import make_state
from tacrefine.evaluation.regrasp.attempts import Attempt, grasp_by_model
from tacrefine.gripper import TACTILE_SIZE, GripperPose, State
from tacrefine.regrasp.actions import ActionBox
from tacrefine.regrasp.defaults import Objective
from tacrefine.regrasp.strategy import Rules
from tacrefine.sim.gripper.scene import CLEAR_HEIGHT
from tacrefine.supervision.errors import ArmTimeout, Slipped
from tacrefine.vision.cylinder import Cylinder

pytestmark = pytest.mark.processes


class Scene:
    """Writes down what it is told, and goes where it is told unless `floor` (m) or `ceiling` holds it up."""

    def __init__(self) -> None:
        self.pose = GripperPose(0.0, 0.0, CLEAR_HEIGHT, 0.0)
        self.told: list[str] = []
        self.force = 0.0
        self.width = 0.04
        self.time = 0.0
        self.stillness = 0.0
        self.floor, self.ceiling = -1.0, 1.0
        self.heavy = self.slippery = 0.0
        self.cylinder: Cylinder | None = Cylinder(x=0.03, y=0.0, radius=0.02, height=0.08, yaw=0.0)
        self.tactile_rest = np.full((2, *TACTILE_SIZE, 3), 120, np.uint8)

    def state(self) -> State:
        state = make_state()
        return State(
            state.camera, state.camera_rest, self.tactile(), self.tactile_rest, self.pose.array(), self.force
        )

    def tactile(self) -> NDArray[np.uint8]:
        """A spot on both pads of a closed gripper, further down where the object slides."""
        images = self.tactile_rest.copy()
        row = 30 if self.told[-1:] == ["up"] and self.force < self.slippery else 20
        images[:, row : row + 6, 10:20] += np.uint8(60 if self.force else 0)
        return images

    def open(self) -> None:
        self.told.append("open")
        self.force = 0.0

    def move_to(self, pose: GripperPose) -> None:
        straight = pose == self.pose._replace(z=pose.z)
        self.told.append(("up" if pose.z > self.pose.z else "down") if straight else "move")
        self.pose = pose._replace(z=min(max(pose.z, self.floor), self.ceiling))

    def command(self, pose: GripperPose) -> None:
        self.told.append("stay")

    def close(self, force: float) -> None:
        self.told.append("close")
        self.force = force

    def hold(self, seconds: float) -> None:
        self.time += seconds

    def holds(self) -> bool:
        return self.force > 0.0

    def find_object(self) -> Cylinder | None:
        self.told.append("look")
        return self.cylinder

    def left_behind(self, height: float) -> bool:
        return self.force < self.heavy

    def take_rest_images(self) -> None:
        """The pads feel nothing while the gripper is open."""


class Model:
    """Promises 0.99 from `least` N on, and what stands in `felt` of grasps that are felt, one after the other."""

    def __init__(self, least: float = 0.0, felt: Sequence[float] = (0.95,)) -> None:
        self.least, self.felt = least, list(felt)

    def encode(self, state: State) -> NDArray[np.float32]:
        return np.array([[state.force]], np.float32)

    def success(self, features: NDArray[np.float32], actions: NDArray[np.float32]) -> NDArray[np.float32]:
        if len(actions) == 1 and not actions[:, :4].any():
            assert features[0, 0] == actions[0, 4], "a grasp that stays is asked about with its own force"
            return np.array([self.felt.pop(0) if len(self.felt) > 1 else self.felt[0]], np.float32)
        moved = np.abs(actions[:, :4]).max(axis=1) > 0
        return np.where(moved & (actions[:, 4] >= self.least), 0.99, 0.2).astype(np.float32)


LOOK, DOWN, GRASP, TRIAL = ["open", "look"], ["move", "down", "close"], ["open", "move", "close"], ["up"]
PUT_BACK = ["down", "open", "up", "look"]


def grasp(model: Model, scene: Scene, **rules: Any) -> Attempt:
    rng = np.random.default_rng(0)
    return grasp_by_model(scene, model, ActionBox(), Rules(**rules), rng)  # type: ignore[arg-type]


def test_a_grasp_is_made_felt_tried_and_lifted() -> None:
    scene = Scene()
    attempt = grasp(Model(), scene)
    assert scene.told == [*LOOK, *DOWN, *GRASP, *TRIAL, "up"]
    assert attempt.success
    assert (attempt.tries, attempt.approaches, attempt.error_code) == (1, 1, 0)
    assert (attempt.probability, attempt.chosen) == (pytest.approx(0.95), pytest.approx(0.99))
    assert attempt.force == scene.force == attempt.actions[-1][4]


def test_it_may_begin_where_the_gripper_is_choose_by_sight_and_lift_at_once() -> None:
    scene = Scene()
    attempt = grasp(Model(), scene, from_above=False, probe_force=0.0, trial_lift=0.0, look_again=False)
    assert scene.told == [*GRASP, "up"]
    assert attempt.probability == attempt.chosen


@pytest.mark.parametrize("trouble", ["heavy", "slippery"])
def test_what_does_not_come_along_in_a_trial_lift_is_put_back_and_grasped_more_firmly(trouble: str) -> None:
    scene = Scene()
    setattr(scene, trouble, 8.0)
    attempt = grasp(Model(least=6.0), scene, objective=Objective.min_force)
    assert scene.told == [*LOOK, *DOWN, *GRASP, *TRIAL, *PUT_BACK, *DOWN, *GRASP, *TRIAL, "up"]
    assert attempt.success
    assert (attempt.tries, attempt.approaches) == (2, 2)
    assert attempt.force > 8.0


def test_an_object_that_slid_down_is_let_go_where_it_stands() -> None:
    scene = Scene()
    scene.slippery, scene.floor = 25.0, 0.06
    attempt = grasp(Model(), scene, tries=2)
    assert scene.told[: len(LOOK) + 4] == [*LOOK, "move", "down", "stay", "close"]
    assert attempt.error_code == Slipped.code
    assert not attempt.success


def test_an_arm_that_does_not_come_up_ends_it() -> None:
    scene = Scene()
    close = scene.close

    def held_down(force: float) -> None:
        close(force)
        scene.ceiling = 0.1

    scene.close = held_down  # type: ignore[method-assign]
    attempt = grasp(Model(), scene, trial_lift=0.0)
    assert (attempt.success, attempt.error_code) == (False, ArmTimeout.code)


def test_an_attempt_lists_easing_as_a_grasp_that_moves_nothing() -> None:
    class Gentle(Model):
        def success(self, features: NDArray[np.float32], actions: NDArray[np.float32]) -> NDArray[np.float32]:
            if len(actions) > 1 and not actions[:, :4].any():
                return np.where(actions[:, 4] >= 8.0, 0.95, 0.2).astype(np.float32)
            return super().success(features, actions)

    scene = Scene()
    attempt = grasp(Gentle(least=15.0), scene, objective=Objective.min_force)
    assert scene.told == [*LOOK, *DOWN, *GRASP, "close", *TRIAL, "up"]
    assert attempt.tries == 1
    assert attempt.actions[-1] == [0.0, 0.0, 0.0, 0.0, attempt.force]
    assert 8.0 < attempt.force < 15.0
