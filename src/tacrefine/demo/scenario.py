"""What the demo does on the wire: show a target, disturb the grasp, ask for the refinement, watch the truth."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tacrefine.errors import TacrefineError
from tacrefine.geometry import error_between, from_coordinates
from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.supervision.errors import NoContact
from tacrefine.touch import ContactState, TouchFrame, contact_state

TARGET_SCALE = (
    0.5  # targets are drawn from the inner half of the range, so that every start can lie around them
)
MIN_START_M, MIN_START_RAD = 0.003, 0.06  # a start nearer than that would show little


class Client(Protocol):
    """What the demo asks of the client of refine_grasp, `tacrefine.bringup.ros.client("refine")`."""

    correction: Any
    """the newest PoseCorrection, None before the first"""

    @property
    def truth(self) -> NDArray[np.float64] | None:
        """Newest true pose coordinates (6,) m, rad."""

    def reset(
        self,
        coordinates: NDArray[np.float64],
        obj: str = "",
        plant: str = "",
        close: bool = False,
        seed: int = 0,
    ) -> None:
        """Put the simulated hand at a pose (6,), open or closed on the object."""

    def capture(self, name: str, obj: str, overwrite: bool = False) -> Any:
        """Capture a target; the response of capture_target."""

    def send(self, target: str, on_feedback: Callable[[Any], None], **goal: Any) -> Any:
        """Send a goal; the running goal."""

    def fresh_truth(self) -> NDArray[np.float64]:
        """True pose coordinates (6,) from a message that arrives after this call."""
        ...

    def fresh_tactile(self) -> Any:
        """A TactileArray that arrives after this call."""


class RefusedError(TacrefineError):
    """The stack refused a request of the demo."""


class LooseGrasp(TacrefineError):  # noqa: N818 - a drawn pose, not a fault
    """A drawn pose at which a finger that a grasp needs does not touch: no grasp to show or to refine, draw anew."""


@dataclass
class Refinement:
    """One refinement: poses (6,) m rad, touch (T,) 0..1 with NaN, errors after each grasp in mm and deg."""

    object: str
    plant: str
    target: NDArray[np.float64]
    start: NDArray[np.float64]
    before: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    after: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    shown: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    errors: list[tuple[float, float]] = field(default_factory=list)
    code: int = -1
    message: str = ""
    steps: int = 0
    safe_state: str = ""
    estimate: tuple[float, float] = (float("nan"), float("nan"))
    seconds: float = 0.0
    model: str = ""


def draw_poses(obj: GraspObject, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A target and a start worth refining, pose coordinates (6,) each; both within the object's range."""
    target = obj.sample_poses(rng, 1, scale=TARGET_SCALE)[0]
    while True:
        start = obj.sample_poses(rng, 1)[0]
        metres, radians = error_between(from_coordinates(start), from_coordinates(target))
        if metres >= MIN_START_M and radians >= MIN_START_RAD:
            return target, start


def refine(
    client: Client,
    hand: Hand,
    obj: GraspObject,
    plant: str,
    target: NDArray[np.float64],
    start: NDArray[np.float64],
    seed: int = 0,
    max_steps: int = 0,
    name: str = "shown",
    tell: Callable[[str, Any], None] = lambda event, value: None,
    timeout: float = 120.0,
) -> Refinement:
    """Run one refinement through services and action; `tell(event, value)` is called with everything as it happens.

    Raises a TacrefineError where the stack does not answer or refuses, and LooseGrasp where a pose is no grasp; a goal
    that ends without success is no exception.
    """
    run = Refinement(obj.name, plant, target, start)
    began = time.monotonic()
    client.reset(target, obj.name, plant, close=True, seed=seed)
    tell("shown", target)
    answer = client.capture(name, obj.name, overwrite=True)
    if answer.error_code == NoContact.code:
        raise LooseGrasp(answer.message)
    if not answer.success:
        raise RefusedError(answer.message)
    run.shown = touch_of(hand, answer.target.tactile)
    tell("captured", answer.target)
    client.reset(start, close=True, seed=seed)
    run.before = touch_of(hand, client.fresh_tactile())
    frame = TouchFrame(run.before, np.zeros(len(hand.joint_names), np.float32))
    if contact_state(hand, frame) is not ContactState.GOOD:
        raise LooseGrasp("the disturbed hand does not hold the object")
    run.errors = [error_of(client.fresh_truth(), target)]
    tell("disturbed", run.errors[0])

    def on_feedback(feedback: Any) -> None:
        if (
            feedback.state == feedback.STATE_SENSING
            and feedback.step == len(run.errors)
            and client.truth is not None
        ):
            run.errors.append(error_of(client.truth, target))
        tell("feedback", feedback)

    goal = client.send(name, on_feedback, max_steps=max_steps)
    _, result = goal.result(timeout)
    run.code, run.message, run.steps = int(result.error_code), result.message, int(result.steps)
    run.safe_state = result.safe_state
    run.estimate = (result.remaining_position_error, result.remaining_rotation_error)
    last = error_of(client.fresh_truth(), target)  # feedback near the result may be lost
    run.errors = [*run.errors[: run.steps], last] if run.steps else run.errors
    run.after = touch_of(hand, client.fresh_tactile())
    run.model = client.correction.model_id if client.correction is not None else ""
    run.seconds = time.monotonic() - began
    tell("ended", run)
    return run


def error_of(coordinates: NDArray[np.float64], target: NDArray[np.float64]) -> tuple[float, float]:
    """True distance in mm and angle in deg between two poses given by coordinates (6,)."""
    metres, radians = error_between(from_coordinates(coordinates), from_coordinates(target))
    return float(metres) * 1e3, float(np.degrees(radians))


def touch_of(hand: Hand, message: Any) -> NDArray[np.float32]:
    """Readings (T,) of a TactileArray in the hand's order, 0..1."""
    by_name = {pad.name: np.frombuffer(pad.data, np.float32) for pad in message.pads}
    return np.concatenate([by_name[pad.name] for pad in hand.pads])
