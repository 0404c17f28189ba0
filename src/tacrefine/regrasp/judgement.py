"""What the loop asks model and camera: where to begin, what to do next, whether the pads feel something."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tacrefine.gripper import PADS, GripperPose, State
from tacrefine.regrasp.choice import Choice, Predictor, choose, gentler
from tacrefine.regrasp.image_streams import CAMERA, DEPTH, Image
from tacrefine.regrasp.samples import RegraspGoal
from tacrefine.regrasp.settings import RegraspSettings
from tacrefine.sim.gripper.gel import feels, slid
from tacrefine.vision.cylinder import DEPTH_STEP, Cylinder, fit_cylinder, left_behind


class Judge(Protocol):
    """What the machine asks; images are whole ones by stream, as `tacrefine.regrasp.image_streams` has them."""

    def find(self, images: dict[str, Image]) -> Cylinder | None:
        """The object on the table, None where there is none."""

    def state(self, rest: dict[str, Image], now: dict[str, Image], pose: GripperPose, force: float) -> State:
        """Cut to the model's sizes."""

    def choose(self, state: State, goal: RegraspGoal, pose: GripperPose) -> Choice:
        """The best action from here."""

    def staying(self, state: State, force: float) -> float:
        """Probability that the grasp holds as it is."""

    def gentler(self, state: State, goal: RegraspGoal, force: float) -> float | None:
        """The force (N) to which a grasp that holds with `force` N may be eased, None where it should be left."""

    def felt(self, state: State) -> tuple[bool, bool]:
        """Whether the pads feel something."""

    def slid(self, before: State, now: State) -> bool:
        """Whether the object has moved down the pads from one state to the other."""

    def left_behind(self, images: dict[str, Image], pose: GripperPose, risen: float) -> bool:
        """Whether the object stands on the table although the gripper has risen by `risen` m."""


class Judgement:
    """Judges by a model, with one encoding of each state."""

    def __init__(self, model: Predictor, settings: RegraspSettings, rng: np.random.Generator) -> None:
        self._model, self._settings, self._rng = model, settings, rng
        self._camera = settings.camera
        self._known: tuple[State, NDArray[np.float32]] | None = None

    def find(self, images: dict[str, Image]) -> Cylinder | None:
        """A cylinder around what rises from the table."""
        return fit_cylinder(images[DEPTH], self._camera)

    def state(self, rest: dict[str, Image], now: dict[str, Image], pose: GripperPose, force: float) -> State:
        """The crops around the gripper; the pads' images already have the model's size."""
        return State(
            camera=self._camera.cut(now[CAMERA], pose),
            camera_rest=self._camera.cut(rest[CAMERA], pose),
            tactile=np.stack([now[pad] for pad in PADS]),
            tactile_rest=np.stack([rest[pad] for pad in PADS]),
            pose=pose.array(),
            force=force,
        )

    def choose(self, state: State, goal: RegraspGoal, pose: GripperPose) -> Choice:
        """Thousands of actions are asked about at once."""
        return choose(
            self._model,
            self._features(state),
            goal.box,
            goal.objective,
            self._rng,
            pose=pose,
            threshold=self._settings.lift_probability,
            margin=self._settings.force_margin,
        )

    def staying(self, state: State, force: float) -> float:
        """The action that stays in place with its force."""
        action = np.array([[0.0, 0.0, 0.0, 0.0, force]], np.float32)
        return float(self._model.success(self._features(state), action)[0])

    def gentler(self, state: State, goal: RegraspGoal, force: float) -> float | None:
        """By what forces between the goal's limits promise."""
        return gentler(
            self._model,
            self._features(state),
            goal.box,
            force,
            threshold=self._settings.lift_probability,
            margin=self._settings.force_margin,
        )

    def felt(self, state: State) -> tuple[bool, bool]:
        """By how the images differ from their background."""
        left, right = (feels(now, rest) for now, rest in zip(state.tactile, state.tactile_rest, strict=True))
        return left, right

    def slid(self, before: State, now: State) -> bool:
        """By where the patches of contact are."""
        return slid(before.tactile, now.tactile, now.tactile_rest)

    def left_behind(self, images: dict[str, Image], pose: GripperPose, risen: float) -> bool:
        """By what stands near the gripper; every second pixel, as many as the threshold was found with."""
        depth, step = images[DEPTH], DEPTH_STEP
        return left_behind(depth[::step, ::step], self._camera, pose, risen, step)

    def _features(self, state: State) -> NDArray[np.float32]:
        if self._known is None or self._known[0] is not state:
            self._known = (state, self._model.encode(state))
        return self._known[1]
