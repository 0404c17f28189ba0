"""`tacrefine calibrate-optical` from images, and from a camera that a file stands in for."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tacrefine.cli import main
from tacrefine.drivers.optical.device import Frame
from tacrefine.drivers.optical.presses import AT_REST, SETTLING, take
from tacrefine.errors import DataError
from tacrefine.vision.gel.files import load

sys.path.insert(0, str(Path(__file__).parents[1] / "vision" / "gel"))
from gels import grey_gel

RADIUS, DEEP = 0.004, 0.0015


@pytest.fixture
def folder(tmp_path):
    rest, press, _, _ = grey_gel(DEEP, RADIUS, 0.001, 0.0)
    for number, image in enumerate(rest):
        Image.fromarray(image).save(tmp_path / f"rest_{number}.png")
    Image.fromarray(press).save(tmp_path / "press_0.png")
    return tmp_path


def calibrate(folder, *words) -> int:
    return main(["calibrate-optical", str(folder), "--ball-radius", str(RADIUS), *words])


def test_a_folder_of_images_becomes_a_calibration_a_picture_and_figures(folder, capsys):
    out, figures = folder / "gel.npz", folder / "gel.json"
    assert calibrate(folder, "--width", "0.024", "--out", str(out), "--json", str(figures)) == 0
    assert "press_0.png: contact radius 3." in capsys.readouterr().out
    assert np.asarray(Image.open(folder / "gel.png")).std() > 10
    (press,) = json.loads(figures.read_text())["presses"]
    assert press["depth_m"] == pytest.approx(DEEP, abs=1e-4)
    assert (load(out).grid.rows, load(out).grid.cols) == (12, 16)


def test_rows_columns_and_pitch_come_from_a_pad_of_a_hand(folder):
    out = folder / "gel.npz"
    words = ("--width", "0.024", "--hand", "five_finger", "--pad", "thumb_tip", "--out", str(out))
    assert calibrate(folder, *words) == 0
    assert (load(out).grid.rows, load(out).grid.cols) == (11, 9)
    assert calibrate(folder, *words[:4], "--pad", "nose", "--out", str(out)) == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "--width"),
        (["--width", "0.024", "--out", "gel.yaml"], ".npz"),
        (["--width", "0.024", "--hand", "five_finger"], "--hand and --pad"),
    ],
)
def test_what_is_missing_is_told(folder, words, sentence, capsys):
    assert calibrate(folder, *words) == 2
    assert sentence in capsys.readouterr().err


def test_a_folder_without_presses_is_one_sentence(tmp_path, capsys):
    assert calibrate(tmp_path / "nowhere", "--width", "0.02") == 2
    assert "no such folder" in capsys.readouterr().err
    Image.new("RGB", (60, 40)).save(tmp_path / "rest.png")
    assert calibrate(tmp_path, "--width", "0.02") == 2
    assert "no image is named press*.png" in capsys.readouterr().err
    (tmp_path / "press.png").write_text("no image")
    assert calibrate(tmp_path, "--width", "0.02") == 2
    assert "press.png: cannot be read as an image" in capsys.readouterr().err


class CountingCamera:
    """Each frame has its number as brightness."""

    def __init__(self) -> None:
        self.frames, self.closed = 0, False

    def open(self) -> None: ...

    def read(self) -> Frame:
        self.frames += 1
        return Frame(0.0, np.full((4, 6, 3), (self.frames, 0, 0), np.uint8), 0)

    def close(self) -> None:
        self.closed = True


def test_images_are_taken_when_the_user_is_ready_and_never_over_others(tmp_path):
    camera, asked = CountingCamera(), []
    take(camera, tmp_path / "new", 2, asked.append)
    names = sorted(file.name for file in (tmp_path / "new").iterdir())
    assert len(names) == AT_REST + 2
    assert len(asked) == 3
    first = np.asarray(Image.open(tmp_path / "new" / "rest_00.png"))
    assert first[0, 0].tolist() == [0, 0, SETTLING + 1], "blue is the camera's first colour"
    assert camera.closed
    with pytest.raises(DataError, match="has images of a calibration"):
        take(camera, tmp_path / "new", 2, asked.append)
