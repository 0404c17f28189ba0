"""`tacrefine.load_bag`: recorded grasps as touch and wrist poses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made import WRIST_AT_CENTRE, Story, record

import tacrefine
from tacrefine.errors import DataError
from tacrefine.geometry import error_between, from_coordinates

HAND = tacrefine.Hand.load("five_finger")
COORDINATES = np.array([[0.0, 0.0, 0.003, 0.02, 0.0, 0.0], [0.0, 0.0, -0.002, 0.0, 0.03, 0.0]])


def test_every_grasp_of_a_bag_comes_with_its_touch_and_wrist(tmp_path: Path) -> None:
    story = Story()
    for coordinates in COORDINATES:
        story.grasp(coordinates)
    grasps = tacrefine.load_bag(record(tmp_path / "bag", story), HAND)
    assert len(grasps) == len(COORDINATES)
    for grasp, coordinates in zip(grasps, COORDINATES, strict=True):
        assert grasp.touch.contact is tacrefine.ContactState.GOOD
        assert grasp.frame_id == "base"
        expected = WRIST_AT_CENTRE * from_coordinates(coordinates) * HAND.centre_from_wrist
        metres, radians = error_between(grasp.wrist, expected)
        assert metres < 1e-6
        assert radians < 1e-6
    assert grasps[0].stamp < grasps[1].stamp


def test_a_folder_without_a_bag_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="bag"):
        tacrefine.load_bag(tmp_path, HAND)
