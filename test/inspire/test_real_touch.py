"""The comparison with recorded touch: on touch that the simulation made, and on the real frames where they are."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from tacrefine.config import share_dir
from tacrefine.hands import load_hand

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import real_touch
import recorded_touch
import touch_prediction
from recorded_touch import HeldHand, Recording

HAND = load_hand("inspire_rh56dftp")
BENT = {"thumb_rotation": 1.3, "thumb_bend": 0.3, "index_bend": 1.1, "middle_bend": 1.1, "ring_bend": 1.1,
        "little_bend": 1.2}  # fmt: skip
PLACE = np.array([0.006, 0.012, 0.04, 0.0, 0.0])
PLAIN = np.array([600.0, 1.0, 0.0])


def write(folder: Path, frames: dict[str, tuple[np.ndarray, dict[str, float]]]) -> None:
    """Counts (T,) in the hand's order and joint angles, by name of the recording."""
    taxels = []
    for counts, _ in frames.values():
        parts = []
        for pad, where in zip(HAND.pads, HAND.pad_slices, strict=True):
            part = counts[where]
            parts.append(part.reshape(pad.rows, pad.cols).T.ravel() if pad.name == "palm" else part)
        taxels.append(np.concatenate(parts))
    np.savez(
        folder / recorded_touch.FILE,
        taxels=np.array(taxels, np.int16),
        regions=np.array([pad.name.replace("fingertip", "nail") for pad in HAND.pads]),
        sizes=np.array([pad.size for pad in HAND.pads]),
        sample=np.array([f"training_data/made/{name}/sample_0000/" for name in frames]),
        joint_names=np.array(list(recorded_touch.JOINTS)),
        joint_pos=np.array(
            [[angles[n] for n in recorded_touch.JOINTS.values()] for _, angles in frames.values()]
        ),
    )


def held_ball() -> HeldHand:
    nothing = np.zeros(HAND.taxel_count)
    return HeldHand(HAND, Recording("made", 1, 0.032, 1e-4, BENT, nothing))


def test_touch_that_the_simulation_made_is_found_again(tmp_path: Path) -> None:
    readings, _ = held_ball().readings(PLACE[None], PLAIN[None])
    assert readings.sum() > 3.0
    rest = np.zeros(HAND.taxel_count)
    rest[5] = 300.0  # a taxel that is stuck high is no touch
    ball = np.rint(readings[0] * 4096) + rest
    open_hand = dict.fromkeys(BENT, 0.0)
    write(tmp_path, {"record_tenis_ball_1": (ball, BENT), "record_tenis_ball_empty_1": (rest, open_hand)})
    out = tmp_path / "figures.json"
    arguments = [str(tmp_path), "--plant", "ideal", "--rounds", "40", "--members", "30", "--json", str(out)]
    assert real_touch.main(arguments) == 0
    found = json.loads(out.read_text())["recordings"]["made/record_tenis_ball_1"]
    assert found["share_misplaced"] < 0.05
    assert found["active_taxels_misplaced"] <= 6
    assert found["simulated"]["total_full_scales"] == pytest.approx(
        found["real"]["total_full_scales"], rel=0.1
    )


def test_fingers_stop_at_the_torque_and_are_told_how_far_short_they_fell() -> None:
    held = held_ball()
    strong, weak = (held.readings(PLACE[None], np.array([[600.0, t, 0.0]])) for t in (3.0, 0.5))
    assert strong[0].sum() > 2.0 * weak[0].sum()
    middle = HAND.joint_names.index("middle_bend")
    assert weak[1][0, middle] < strong[1][0, middle] < BENT["middle_bend"]


def test_a_folder_without_recordings_is_refused_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert real_touch.main([str(tmp_path)]) == 2
    assert recorded_touch.FILE in capsys.readouterr().err


def icub(folder: Path, grasps: dict[str, np.ndarray]) -> None:
    """Counts (F, 5, 12) of grasps by name; 242 at rest, less when pressed."""
    (folder / "icub_grasps").mkdir()
    np.savez(folder / "icub_grasps" / "icub_grasps.npz", **{f"{n}_taxels": g for n, g in grasps.items()})


def test_real_grasps_that_are_alike_say_so_and_others_do_not(tmp_path: Path) -> None:
    nothing, thumb, little = (np.full((4, 5, 12), 242) for _ in range(3))
    thumb[:, 0, :6] -= 40
    thumb[:, 1, :3] -= 20
    little[:, 4, :6] -= 40
    icub(tmp_path, {"none_1": nothing, "can_1": thumb, "can_2": thumb, "box_1": thumb, "box_2": little})
    found = touch_prediction.repeatability(tmp_path)["objects"]
    assert found["can"]["both"] == 1.0
    assert found["can"]["pattern_correlation"] == 1.0
    assert found["box"]["both"] < 0.7
    assert found["box"]["largest_points"] == 100.0


def test_the_two_halves_share_no_grasp_and_part_those_of_one_object() -> None:
    nothing = np.zeros(HAND.taxel_count)
    radii = (0.024, 0.03, 0.024, 0.032, 0.0385)
    held = [HeldHand(HAND, Recording(str(i), 1, r, 1e-4, BENT, nothing)) for i, r in enumerate(radii)]
    first, second = touch_prediction.halves(held)
    assert sorted(first + second) == list(range(5))
    assert {0, 2} & set(first)
    assert {0, 2} & set(second)
    assert touch_prediction.objects_of(held)[0] == [0, 2]


def test_a_skin_that_was_fitted_on_one_half_predicts_simulated_grasps_of_the_other(
    tmp_path: Path,
) -> None:
    gains = np.log([[1.5, 0.7, 1.0, 1.3, 1.0, 1.0]])
    held = []
    for number, radius in enumerate((0.032, 0.034)):
        blank = HeldHand(HAND, Recording("made", 1, radius, 1e-4, BENT, np.zeros(HAND.taxel_count)))
        place = np.array([0.006, 0.012, 1.25 * radius, 0.0, 0.0])
        felt = touch_prediction.readings(blank, place[None], PLAIN[None], gains)[0]
        held.append(HeldHand(HAND, Recording(f"made {number}", 1, radius, 1e-4, BENT, felt)))
    figures = touch_prediction.predicted(HAND, held, 20 / 4096, 12, 16, 0)
    assert figures["agreement"]["share_within_15_points"] >= 0.75
    assert set(figures["grasps"]) == {"made 0", "made 1"}
    touch_prediction.draw(figures, tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 5000
    assert [skin["fitted_on"] for skin in figures["skins"]] == [["made 1"], ["made 0"]]


@pytest.mark.skipif("TACREFINE_REAL_TOUCH" not in os.environ, reason="TACREFINE_REAL_TOUCH names no folder")
def test_the_fitted_plant_is_more_like_the_real_hand_than_the_nominal_one(tmp_path: Path) -> None:
    unlike = {}
    for plant in ("nominal", "inspire_fitted"):
        out = tmp_path / f"{plant}.json"
        folder = os.environ["TACREFINE_REAL_TOUCH"]
        assert real_touch.main([folder, "--plant", plant, "--json", str(out)]) == 0
        unlike[plant] = json.loads(out.read_text())["mean_unlike"]
    assert unlike["inspire_fitted"] < unlike["nominal"]
    assert (share_dir() / "config" / "plants" / "inspire_fitted.yaml").exists()
