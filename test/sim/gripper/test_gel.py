"""Gels: how deep they are pressed in, and what their cameras see."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from tacrefine.gripper import PAD_SIZE, TACTILE_SIZE
from tacrefine.regrasp.defaults import SLIDE_LIMIT
from tacrefine.sim.gripper.gel import Gel, Pad, Press, indentation, pixel_centres
from tacrefine.vision.contact_patch import feels, slide

STIFFNESS = 8e7
PIXEL_AREA = (PAD_SIZE[0] / TACTILE_SIZE[0]) ** 2
DOWN, RIGHT = pixel_centres(TACTILE_SIZE, PAD_SIZE)


def ball(radius: float, x: float = 0.0, y: float = 0.0) -> NDArray[np.float64]:
    """Gap before a ball whose nearest point is at (x right, y down), m."""
    squared = (RIGHT - x) ** 2 + (DOWN - y) ** 2
    return np.where(squared < radius**2, radius - np.sqrt(np.maximum(radius**2 - squared, 0.0)), np.inf)


def gel(**changes: object) -> Gel:
    plain = {"dome": 0.0, "softness": 1.0, "noise": 0.0, "marker_depth": 0.0, **changes}
    return replace(Gel.sample(np.random.default_rng(0)), **plain)


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.mark.parametrize("force", [0.5, 5.0, 20.0])
def test_pressures_sum_up_to_the_force(force: float) -> None:
    depth = indentation(ball(0.03), force, STIFFNESS, PIXEL_AREA)
    assert depth.sum() * STIFFNESS * PIXEL_AREA == pytest.approx(force)


def test_a_ball_sinks_in_as_deep_as_springs_say() -> None:
    radius, force = 0.03, 5.0
    depth = indentation(ball(radius), force, STIFFNESS, PIXEL_AREA)
    assert depth.max() == pytest.approx(np.sqrt(force / (STIFFNESS * np.pi * radius)), rel=0.03)


def test_nothing_before_the_pad_presses_nothing_in() -> None:
    assert not indentation(np.full(TACTILE_SIZE, np.inf), 10.0, STIFFNESS, PIXEL_AREA).any()


def test_a_soft_object_touches_a_larger_area_less_deeply() -> None:
    pad, press = Pad(gel(), STIFFNESS), Press(ball(0.02), 8.0)
    hard, soft = pad.depth(press), pad.depth(press, object_stiffness=3e7)
    assert (soft > 0).sum() > 1.3 * (hard > 0).sum()
    assert soft.max() < hard.max()


def test_the_image_changes_where_the_ball_is() -> None:
    pad = Pad(gel(), STIFFNESS)
    rest = pad.image(Press(np.full(TACTILE_SIZE, np.inf), 0.0), rng()).astype(int)
    change = np.abs(pad.image(Press(ball(0.01, x=0.004, y=-0.006), 3.0), rng()) - rest).sum(-1)
    rows, columns = np.indices(TACTILE_SIZE)
    assert (change * rows).sum() / change.sum() == pytest.approx(23.5 - 12.0, abs=1.5)
    assert (change * columns).sum() / change.sum() == pytest.approx(17.5 + 8.0, abs=1.5)


@pytest.mark.parametrize(
    ("shear", "axis", "sign"), [((3.0, 0.0), 1, 1), ((0.0, 3.0), 0, 1), ((0.0, -3.0), 0, -1)]
)
def test_markers_move_with_shear(shear: tuple[float, float], axis: int, sign: int) -> None:
    pad = Pad(gel(marker_depth=0.7, marker_turn=0.0), STIFFNESS)
    still = pad.image(Press(ball(0.05), 8.0), rng()).mean(-1)
    moved = pad.image(Press(ball(0.05), 8.0, shear), rng()).mean(-1)
    middle = (slice(16, 32), slice(10, 26))

    def likeness(by: int) -> float:
        return float(np.corrcoef(np.roll(still, by, axis)[middle].ravel(), moved[middle].ravel())[0, 1])

    assert likeness(sign) > likeness(-sign)
    assert likeness(sign) > likeness(0) or likeness(0) < 0.99


def test_every_gel_is_another_and_the_background_takes_it_off() -> None:
    draws = [Gel.sample(np.random.default_rng(seed)) for seed in (1, 2)]
    nothing = Press(np.full(TACTILE_SIZE, np.inf), 0.0)
    first, second = (Pad(draw, STIFFNESS).image(nothing, rng()).astype(int) for draw in draws)
    again = Pad(draws[0], STIFFNESS).image(nothing, np.random.default_rng(9)).astype(int)
    assert np.abs(first - second).mean() > 8.0
    assert np.abs(first - again).mean() < 2.5


def test_touch_is_felt_and_noise_is_not() -> None:
    for seed in range(20):
        generator = np.random.default_rng(seed)
        pad = Pad(Gel.sample(generator), STIFFNESS)
        nothing = Press(np.full(TACTILE_SIZE, np.inf), 0.0)
        rest = pad.image(nothing, generator)
        assert not feels(pad.image(nothing, generator), rest)
        assert feels(pad.image(Press(ball(0.01), 0.5), generator), rest)
        assert feels(pad.image(Press(ball(0.03), 3.0), generator), rest)


@pytest.mark.parametrize(
    ("down", "slides"), [((0.003, 0.003), True), ((0.003, 0.0), False), ((-0.003, -0.003), False)]
)
def test_what_moves_down_both_pads_slides(down: tuple[float, float], slides: bool) -> None:
    for seed in range(10):
        generator = np.random.default_rng(seed)
        pads = [Pad(Gel.sample(generator), STIFFNESS) for _ in down]

        def felt(*places: float, pads: list[Pad] = pads, load: float = 0.0) -> NDArray[np.uint8]:
            # The object's weight draws the skin along, which is not sliding.
            draw = np.array([0.0, load])
            return np.stack(
                [
                    pad.image(Press(ball(0.015, y=y), 5.0, shear=draw), np.random.default_rng(1))
                    for pad, y in zip(pads, places, strict=True)
                ]
            )

        nothing = Press(np.full(TACTILE_SIZE, np.inf), 0.0)
        rest = np.stack([pad.image(nothing, generator) for pad in pads])
        assert (slide(felt(0.0, 0.0), felt(*down, load=1.0), rest) > SLIDE_LIMIT) is slides
        assert slide(felt(0.0, 0.0), felt(0.0, 0.0, load=1.5), rest) < SLIDE_LIMIT
