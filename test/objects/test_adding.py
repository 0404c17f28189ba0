"""`tacrefine objects add`: units, convex parts, placements that are found, pictures."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from made_solids import box, grid_box, stl, together, write

from tacrefine.cli import main
from tacrefine.hands import load_hand
from tacrefine.hands.kinematics import taxel_places
from tacrefine.objects import load_objects
from tacrefine.objects.surface import units
from tacrefine.objects.surface.convex import decompose
from tacrefine.objects.surface.distances import FEW, ClosedSurface

PART_MM = np.array([30.0, 90.0, 12.0])


def add(tmp_path: Path, mesh: Path, *options: str) -> int:
    """Run the command on a mesh; the set is mine.yaml."""
    return main(
        ["objects", "add", str(mesh), "--class", "rod", "--to", str(tmp_path / "mine.yaml"), *options]
    )


@pytest.mark.parametrize(("unit", "metres"), [("metres", 1.0), ("millimetres", 1e-3), ("inches", 0.0254)])
def test_the_unit_of_a_part_is_guessed_from_what_a_hand_holds(unit: str, metres: float) -> None:
    assert units.likeliest(1e-3 * PART_MM / metres) == (unit, metres)


@pytest.mark.parametrize("metres", [1.0, 1e-3, 1e-2, 0.0254])
@pytest.mark.parametrize("given", [1.0, 1e-3, 1e-2, 0.0254])
def test_a_wrong_scale_is_refused_or_warned_about_and_never_suggested(metres: float, given: float) -> None:
    extent = 1e-3 * PART_MM / metres
    said = units.refusal(extent, given) or units.warning(extent, given)
    if metres == given:
        assert said is None
    elif max(given / metres, metres / given) > 4.0:
        assert said is not None
        assert f"--scale {given:g})" not in said
        assert re.search(r"--scale [\d.]+\) it is", said)


def test_a_part_in_inches_with_the_scale_of_millimetres_is_refused_with_the_right_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mesh = write(tmp_path / "block.stl", stl(*box((1.3, 1.0, 1.35))))
    assert add(tmp_path, mesh, "--scale", "0.001") == 2
    told = capsys.readouterr().err
    assert "if the file is in inches (--scale 0.0254) it is 33 x 25.4 x 34.3 mm" in told


def test_a_part_in_metres_with_the_scale_of_millimetres_is_not_told_to_use_that_scale(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mesh = write(tmp_path / "block.stl", stl(*box((0.03, 0.1, 0.02))))
    assert add(tmp_path, mesh, "--scale", "0.001") == 2
    told = capsys.readouterr().err
    assert "if the file is in metres (--scale 1) it is 30 x 100 x 20 mm" in told
    assert "(--scale 0.001)" not in told


@pytest.mark.slow
def test_a_placement_is_found_and_drawn_for_a_bar_that_lies_far_off_and_across(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # In mm, 300 mm from its origin, its long side along x where a hand's row of fingers is along y.
    mesh = write(tmp_path / "bar.stl", stl(*box((160.0, 14.0, 14.0), (300.0, 40.0, -80.0))))
    assert add(tmp_path, mesh, "--auto", "--json", str(tmp_path / "bar.json")) == 0
    told = capsys.readouterr().out
    assert "1 unit of the file = 1 mm" in told
    assert "5 of 5 fingers touch" in told
    figures = json.loads((tmp_path / "bar.json").read_text())
    assert figures["valid"]
    assert figures["share_valid"] > 0.95
    assert (tmp_path / "bar.grasp.png").read_bytes().startswith(b"\x89PNG")
    low, high = np.array(load_objects(tmp_path / "mine.yaml")["bar"].shape.bounds)
    assert high[1] - low[1] == pytest.approx(0.16, abs=0.03)
    again = (tmp_path / "mine.yaml").read_text()
    assert add(tmp_path, mesh, "--auto", "--replace") == 0
    assert (tmp_path / "mine.yaml").read_text() == again, "the same part is placed in the same way"


@pytest.mark.slow
def test_too_few_fingers_and_out_of_reach_propose_the_command_that_finds_a_placement(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mesh = write(tmp_path / "bar.stl", stl(*box((0.02, 0.02, 0.02), (0.0, 0.06, 0.04))))
    assert add(tmp_path, mesh) == 0
    told = capsys.readouterr().out
    assert "0 of 5 fingers touch" in told
    found = re.search(r"Let a placement be found: (tacrefine objects add .* --auto --replace)", told)
    assert found
    assert main(found[1].split()[1:]) == 0
    assert "100 % are valid" in capsys.readouterr().out
    far = write(tmp_path / "far.stl", stl(*box((0.02, 0.1, 0.02), (0.0, 0.4, 0.0))))
    assert add(tmp_path, far) == 2
    assert re.search(
        r"out of the hand's reach.*let a placement be found: .*far.stl.*--auto", capsys.readouterr().err
    )


@pytest.mark.slow
def test_what_no_hand_holds_is_said_to_have_no_placement(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mesh = write(tmp_path / "block.stl", stl(*box((0.2, 0.2, 0.2))))
    assert add(tmp_path, mesh, "--auto") == 2
    assert "no placement was found" in capsys.readouterr().err
    assert not (tmp_path / "mine.yaml").exists()


def test_a_part_with_holes_is_repaired_where_that_is_allowed_and_again_when_it_is_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    points, faces = grid_box(8, 20.0)
    mesh = write(tmp_path / "cube.stl", stl(points - 10.0, np.delete(faces, [20, 21], axis=0)))
    assert add(tmp_path, mesh, "--scale", "0.001", "--no-repair") == 2
    assert "1 hole, the largest flat, 3.54 mm across" in capsys.readouterr().err
    assert add(tmp_path, mesh, "--scale", "0.001") == 0
    assert "Put right: 1 hole closed, the largest flat, 3.54 mm across" in capsys.readouterr().out
    next(tmp_path.glob("*.npz")).unlink()
    item = load_objects(tmp_path / "mine.yaml")["cube"]
    assert item.shape.measured.parts


def test_convex_parts_of_an_l_meet_its_surface_and_their_deviation_is_measured() -> None:
    upright, lying = box((0.01, 0.04, 0.04), (0.0, 0.0, 0.02)), box((0.04, 0.04, 0.01), (0.025, 0.0, 0.005))
    points, faces = together(upright, lying)
    found = decompose(ClosedSurface(points, faces.astype(np.int64)))
    assert len(found.parts) == 2
    assert found.deviation < 1e-5


def test_a_bowl_is_cut_until_its_parts_are_near_the_surface_or_the_most_that_there_may_be() -> None:
    n = 40
    angle = 2 * np.pi * np.arange(n) / n
    ring = np.stack([np.cos(angle), np.sin(angle), 0 * angle], 1)
    up = np.array([0.0, 0.0, 0.03])
    points = np.concatenate([0.03 * ring, 0.026 * ring, 0.03 * ring + up, 0.026 * ring + up])
    faces = []
    for i in range(n):
        j = (i + 1) % n
        for a, b, c, d in ((0, 0, 2, 2), (3, 3, 1, 1), (1, 1, 0, 0), (2, 2, 3, 3)):
            corners = a * n + i, b * n + j, c * n + j, d * n + i
            faces += [corners[:3], (corners[0], corners[2], corners[3])]
    seen: list[tuple[int, int]] = []
    found = decompose(ClosedSurface(points, np.array(faces)), lambda done, most: seen.append((done, most)))
    assert 8 <= len(found.parts) <= 64
    assert found.deviation < 1e-3
    assert seen[-1] == (64, 64)


def test_distances_of_a_surface_of_many_triangles_are_exact() -> None:
    points, faces = grid_box(8, 0.02)
    assert len(faces) > FEW
    places = np.random.default_rng(0).uniform(-0.01, 0.03, (2000, 3))
    beyond = np.abs(places - 0.01) - 0.01
    outside = np.linalg.norm(np.maximum(beyond, 0.0), axis=1)
    expected = np.where(outside > 0.0, outside, beyond.max(1))
    assert ClosedSurface(points, faces).nearest(places)[0] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("name", ["five_finger", "inspire_rh56dftp"])
def test_taxels_of_an_open_hand_lie_around_its_grasp_centre(name: str) -> None:
    hand = load_hand(name)
    places = hand.centre_from_wrist.apply(taxel_places(hand, hand.joint_positions_at(hand.open_positions)))
    assert places.shape == (hand.taxel_count, 3)
    assert np.abs(places).max() < 0.15
