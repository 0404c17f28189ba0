"""Depth maps of gels with known depth, from presses of a ball of known radius alone."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from gels import METRES, ColouredGel, coloured_presses, grey_gel
from PIL import Image

from tacrefine.errors import ConfigError, DataError, TouchError
from tacrefine.vision.gel.calibration import TaxelGrid, calibrate, pooled
from tacrefine.vision.gel.files import load, save
from tacrefine.vision.gel.picture import draw

BALL = 0.004
GRID = TaxelGrid(11, 8, 0.002)
REAL = Path(os.environ.get("TACREFINE_REAL_TOUCH", "/nonexistent")) / "optical_ninedtact"


def named(images):
    return [(f"press_{number}.png", image) for number, image in enumerate(images)]


@pytest.fixture(scope="module")
def gel():
    return ColouredGel(3)


@pytest.fixture(scope="module")
def presses(gel):
    return coloured_presses(gel, BALL)


@pytest.fixture(scope="module")
def found(gel, presses):
    rest = [gel.rest() for _ in range(8)]
    return calibrate(rest, named(image for image, _ in presses), BALL, METRES[1], GRID)


def relative_error(measured, truth) -> float:
    """Root mean square of the difference over the largest depth."""
    return float(np.sqrt(((measured - truth) ** 2).mean()) / truth.max())


def test_depth_of_other_shapes_than_the_calibration_s_is_right_within_five_percent(gel, found):
    for image, truth in (
        gel.ball(0.006, 0.001, -0.002, 3.0),
        gel.ball(0.003, -0.002, 0.003, 1.0),
        gel.cylinder(0.004, 0.001, 4.0),
    ):
        depth = found.depth(image)
        assert relative_error(depth, truth) < 0.05
        assert depth.max() == pytest.approx(truth.max(), rel=0.1)
        assert depth.sum() == pytest.approx(truth.sum(), rel=0.1)


def test_every_press_is_found_where_it_was_made_and_as_deep_within_a_tenth(presses, found):
    for press, (_, truth) in zip(found.presses, presses, strict=True):
        y, x = np.unravel_index(np.argmax(truth), truth.shape)
        assert press.right == pytest.approx((x - 26.5) * found.pixel, abs=4e-4)
        assert press.down == pytest.approx((y - 35.5) * found.pixel, abs=4e-4)
        assert press.depth(BALL) == pytest.approx(truth.max(), abs=1.5e-4)


def test_a_gel_at_rest_is_flat(gel, found):
    assert found.depth(gel.rest()).max() < 3e-5
    assert found.taxels(gel.rest()).max() < 0.02


@pytest.mark.parametrize("seed", [5])
def test_other_gels_are_calibrated_as_well(seed):
    gel = ColouredGel(seed, (48, 36))
    images = [image for image, _ in coloured_presses(gel, BALL)[::2]]
    found = calibrate([gel.rest() for _ in range(8)], named(images), BALL, METRES[1], GRID)
    image, truth = gel.ball(0.005, 0.0, 0.002, 2.0)
    assert relative_error(found.depth(image), truth) < 0.05


@pytest.mark.parametrize(("deep", "right", "down"), [(0.0019, 0.0008, -0.001), (0.0013, -0.002, 0.001)])
def test_one_press_into_a_grey_gel_gives_contact_radius_and_depth(deep, right, down):
    rest, image, truth, contact = grey_gel(deep, BALL, right, down)
    found = calibrate(rest, named([image]), BALL, 0.024, GRID)
    (press,) = found.presses
    assert press.radius == pytest.approx(contact, rel=0.1)
    assert press.depth(BALL) == pytest.approx(deep, abs=1e-4)
    assert found.depth(image).max() == pytest.approx(deep, abs=1e-4)
    assert relative_error(found.depth(image), truth) < 0.05
    _, other, truth, _ = grey_gel(0.001, BALL, -right, -down, seed=7)
    assert found.depth(other).max() == pytest.approx(truth.max(), abs=1e-4)


@pytest.mark.skipif(not REAL.is_dir(), reason="TACREFINE_REAL_TOUCH names no folder with real presses")
@pytest.mark.parametrize(("sensor", "pixel_mm"), [("sensor_1", 0.0510), ("sensor_2", 0.0500)])
def test_real_presses_give_the_radius_and_the_depth_of_the_sensor_s_own_table(sensor, pixel_mm):
    rest, image = (
        np.asarray(Image.open(REAL / sensor / f"rectify_crop_{name}.png").convert("RGB"))
        for name in ("ref", "sample")
    )
    deep = float(np.load(REAL / sensor / "Pixel_to_Depth.npy").max()) * 1e-3
    found = calibrate([rest], named([image]), BALL, pixel_mm * 1e-3 * rest.shape[1], GRID)
    assert found.presses[0].radius == pytest.approx(np.sqrt(2 * BALL * deep - deep**2), rel=0.1)
    assert found.depth(image).max() == pytest.approx(deep, abs=1e-4)


def test_taxels_are_means_of_depth_and_keep_their_place_when_turned_and_mirrored():
    depth = np.zeros((40, 60))
    depth[:10, 50:] = 1.0  # right end of the top
    grid = TaxelGrid(4, 6, 0.010)
    assert np.argwhere(pooled(depth, 0.001, grid)).tolist() == [[0, 5]]
    assert pooled(depth, 0.001, grid).max() == pytest.approx(1.0)
    assert np.argwhere(pooled(depth, 0.001, TaxelGrid(4, 6, 0.010, mirror=True))).tolist() == [[0, 0]]
    assert np.argwhere(pooled(depth, 0.001, TaxelGrid(6, 4, 0.010, turn=1))).tolist() == [[0, 0]]
    assert np.argwhere(pooled(depth, 0.001, TaxelGrid(2, 3, 0.005))).size == 0, "in the middle of the image"


def test_images_of_another_resolution_give_the_same_depth(gel, found):
    image, _ = gel.ball(0.005, 0.0, 0.0, 2.0)
    twice = image.repeat(2, 0).repeat(2, 1)
    assert np.allclose(found.depth(twice), found.depth(image), atol=1e-6)
    with pytest.raises(TouchError, match="72 x 54"):
        found.depth(image[:, :40])


def test_a_calibration_survives_its_file(gel, found, tmp_path):
    path = tmp_path / "gel.npz"
    save(found, path)
    again = load(path)
    image, _ = gel.ball(0.005, 0.0, 0.0, 2.0)
    assert np.array_equal(again.taxels(image), found.taxels(image))
    assert again.grid == found.grid
    assert again.presses == found.presses


def test_a_file_that_is_none_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(ConfigError, match=r"missing\.npz: no such file"):
        load(tmp_path / "missing.npz")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(ConfigError, match=r"text\.npz: is no gel calibration"):
        load(tmp_path / "text.npz")
    np.savez(tmp_path / "other.npz", weights=np.zeros(3))
    with pytest.raises(ConfigError, match=r"other\.npz: is no gel calibration"):
        load(tmp_path / "other.npz")


def test_an_image_without_a_press_or_of_another_size_is_named(gel):
    rest = [gel.rest() for _ in range(3)]
    with pytest.raises(DataError, match=r"press_0\.png: nothing is pressed in"):
        calibrate(rest, named([gel.rest()]), BALL, METRES[1], GRID)
    with pytest.raises(DataError, match=r"press_0\.png: is \(48, 54, 3\)"):
        calibrate(rest, named([gel.rest()[:48]]), BALL, METRES[1], GRID)


def test_the_picture_is_drawn(presses, found, tmp_path):
    path = tmp_path / "gel.png"
    draw(found, named(image for image, _ in presses), path)
    assert np.asarray(Image.open(path)).std() > 10
