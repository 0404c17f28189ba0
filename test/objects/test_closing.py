"""Surfaces that are almost closed: what is put right, what only a repair closes, what has no inside."""

from __future__ import annotations

import numpy as np
import pytest
from made_solids import Solid, box, grid_box, together

from tacrefine.errors import ConfigError
from tacrefine.objects.surface.closing import Surface, close
from tacrefine.objects.surface.topology import edges_of, volume

MM = 1e-3
BOX = box((30.0, 40.0, 20.0))
CUBE = grid_box(4, 20.0)


def closed(mesh: Solid, repair: bool = False) -> Surface:
    surface = close(mesh, MM, repair)
    assert not edges_of(surface.faces).balance.any()
    return surface


def test_a_surface_that_is_closed_stays_as_it_is() -> None:
    surface = closed(BOX)
    assert np.array_equal(surface.faces, BOX[1])
    assert surface.notes == ()


def test_a_surface_turned_inside_out_faces_outwards_again() -> None:
    surface = closed((BOX[0], BOX[1][:, ::-1]))
    assert volume(surface.points, surface.faces) == pytest.approx(24000.0)


@pytest.mark.parametrize("seed", range(5))
def test_triangles_with_any_winding_are_unified(seed: int) -> None:
    points, faces = CUBE
    flipped = np.random.default_rng(seed).random(len(faces)) < 0.5
    surface = closed((points, np.where(flipped[:, None], faces[:, ::-1], faces)))
    assert volume(surface.points, surface.faces) == pytest.approx(8000.0)
    assert "turned over" in surface.notes[0]


def test_exactly_half_the_triangles_turned_over_are_unified() -> None:
    points, faces = BOX
    surface = closed((points, np.concatenate([faces[:6], faces[6:, ::-1]])))
    assert volume(surface.points, surface.faces) == pytest.approx(24000.0)


@pytest.mark.parametrize("at", [(30.0, 40.0, 0.0), (30.0, 40.0, 20.0)])
def test_two_boxes_that_share_an_edge_or_a_corner_are_accepted(at: tuple[float, float, float]) -> None:
    surface = closed(together(BOX, box((30.0, 40.0, 20.0), at)))
    assert volume(surface.points, surface.faces) == pytest.approx(48000.0)


def test_two_boxes_that_share_an_edge_with_random_winding_are_unified() -> None:
    points, faces = together(BOX, box((30.0, 40.0, 20.0), (30.0, 40.0, 0.0)))
    flipped = np.random.default_rng(2).random(len(faces)) < 0.5
    surface = closed((points, np.where(flipped[:, None], faces[:, ::-1], faces)))
    assert volume(surface.points, surface.faces) == pytest.approx(48000.0)


def test_the_wall_between_two_boxes_that_share_a_face_goes() -> None:
    surface = closed(together(BOX, box((30.0, 40.0, 20.0), (30.0, 0.0, 0.0))))
    assert volume(surface.points, surface.faces) == pytest.approx(48000.0)
    assert len(surface.faces) == 20


@pytest.mark.parametrize("turned", [False, True])
def test_duplicate_triangles_are_dropped(turned: bool) -> None:
    points, faces = BOX
    again = faces[[0, 5, 7]]
    surface = closed((points, np.concatenate([faces, again[:, ::-1] if turned else again])))
    assert volume(surface.points, surface.faces) == pytest.approx(24000.0)
    assert "3 duplicate triangles dropped" in surface.notes


def test_degenerate_triangles_are_dropped() -> None:
    points, faces = BOX
    surface = closed((points, np.concatenate([faces, [[0, 0, 1], [3, 3, 3]]])))
    assert len(surface.faces) == 12
    assert "2 degenerate triangles dropped" in surface.notes


def test_corners_that_rounding_has_moved_apart_are_joined_without_a_repair() -> None:
    points, faces = CUBE
    jitter = np.random.default_rng(3).uniform(-1e-5, 1e-5, (len(faces), 3, 3))
    soup = points[faces] + jitter
    surface = closed((soup.reshape(-1, 3), np.arange(3 * len(faces)).reshape(-1, 3)))
    assert volume(surface.points, surface.faces) == pytest.approx(8000.0, rel=1e-4)
    assert "joined across gaps" in surface.notes[0]


def test_wider_gaps_are_joined_by_a_repair_only() -> None:
    points, faces = CUBE
    jitter = np.random.default_rng(3).uniform(-2e-3, 2e-3, (len(faces), 3, 3))
    soup = (points[faces] + jitter).reshape(-1, 3), np.arange(3 * len(faces)).reshape(-1, 3)
    with pytest.raises(ConfigError, match=r"not closed.*--repair"):
        close(soup, MM)
    assert volume(closed(soup, repair=True).points, closed(soup, repair=True).faces) == pytest.approx(
        8000.0, rel=1e-2
    )


def test_an_edge_that_meets_two_shorter_ones_is_split_there() -> None:
    points, faces = BOX
    a, b, c = faces[0]
    middle = len(points)
    # One triangle of the box is cut in two, its neighbour is not.
    points = np.concatenate([points, [(points[a] + points[b]) / 2]])
    faces = np.concatenate([faces[1:], [[a, middle, c], [middle, b, c]]])
    surface = closed((points, faces))
    assert volume(surface.points, surface.faces) == pytest.approx(24000.0)


def test_small_holes_are_refused_with_their_number_and_size_and_closed_by_a_repair() -> None:
    points, faces = grid_box(20, 20.0)
    holey = points, np.delete(faces, [10, 11, 700], axis=0)
    with pytest.raises(
        ConfigError, match=r"2 holes, the largest flat, 1.41 mm across.*close them with --repair"
    ):
        close(holey, MM)
    surface = closed(holey, repair=True)
    assert volume(surface.points, surface.faces) == pytest.approx(8000.0)
    assert any("2 holes closed, the largest flat, 1.41 mm across" in note for note in surface.notes)


def test_a_missing_side_is_closed_by_a_repair_as_it_is_flat() -> None:
    points, faces = BOX
    surface = closed((points, faces[2:]), repair=True)
    assert volume(surface.points, surface.faces) == pytest.approx(24000.0)


def test_a_missing_end_of_a_tube_is_closed_as_a_ring() -> None:
    points, faces = _tube(24)
    surface = closed((points, faces), repair=True)
    full = 0.5 * 24 * np.sin(2 * np.pi / 24) * 30.0
    assert volume(surface.points, surface.faces) == pytest.approx(full * (10.0**2 - 8.0**2))
    cap = surface.points[surface.faces].mean(1)
    at_end = np.isclose(surface.points[surface.faces][:, :, 2], 30.0).all(1)
    assert np.linalg.norm(cap[at_end][:, :2], axis=1).min() > 7.0, "nothing may lie across the bore"


def _tube(n: int) -> Solid:
    """A tube with one end closed by a ring, the other end open."""
    angle = 2 * np.pi * np.arange(n) / n
    ring = np.stack([np.cos(angle), np.sin(angle), 0 * angle], 1)
    points = np.concatenate([10 * ring, 8 * ring, 10 * ring + [0, 0, 30], 8 * ring + [0, 0, 30]])
    faces = []
    for i in range(n):
        j = (i + 1) % n
        faces += [(i, j, 2 * n + j), (i, 2 * n + j, 2 * n + i)]  # outside
        faces += [(n + j, n + i, 3 * n + i), (n + j, 3 * n + i, 3 * n + j)]  # bore
        faces += [(j, i, n + i), (j, n + i, n + j)]  # lower end
    return points, np.array(faces)


def test_a_hole_that_is_large_and_not_flat_is_refused_with_its_size_and_place() -> None:
    points, faces = grid_box(4, 20.0)
    normal = np.cross(points[faces[:, 1]] - points[faces[:, 0]], points[faces[:, 2]] - points[faces[:, 0]])
    two_sides = (normal[:, 0] > 0) | (normal[:, 1] > 0)
    with pytest.raises(
        ConfigError, match=r"not closed: 1 hole.*1 is not \(the largest 34.6 mm across.* in the file's"
    ):
        close((points, faces[~two_sides]), MM, repair=True)


def test_a_sheet_encloses_no_volume() -> None:
    points, faces = BOX
    with pytest.raises(ConfigError, match="encloses no volume: it is a sheet"):
        close((points, faces[:2]), MM, repair=True)
    with pytest.raises(ConfigError, match="encloses nothing"):
        close((points, np.concatenate([faces[:2], faces[:2, ::-1]])), MM)


def test_a_moebius_strip_closed_by_nothing_is_refused() -> None:
    n = 12
    strip = [(i % n, (i + 1) % n) for i in range(n)]
    faces = [
        t
        for i, j in strip
        for t in (((i, n + i, j), (j, n + i, n + j)) if j else ((i, n + i, n), (n, n + i, 0)))
    ]
    angle = 2 * np.pi * np.arange(n) / n
    along = np.stack([30 * np.cos(angle), 30 * np.sin(angle), 0 * angle], 1)
    across = 8 * np.stack(
        [np.cos(angle / 2) * np.cos(angle), np.cos(angle / 2) * np.sin(angle), np.sin(angle / 2)], 1
    )
    with pytest.raises(ConfigError, match=r"not closed|one-sided|no volume"):
        close((np.concatenate([along - across, along + across]), np.array(faces)), MM, repair=True)


def test_a_cavity_stays_one_and_a_body_that_faces_inwards_is_turned() -> None:
    points, faces = box((10.0, 10.0, 10.0))
    hollow = together(BOX, (points, faces[:, ::-1]))
    assert volume(closed(hollow).points, closed(hollow).faces) == pytest.approx(24000.0 - 1000.0)
    inside_out = together((BOX[0], BOX[1][:, ::-1]), (points, faces))
    assert volume(closed(inside_out).points, closed(inside_out).faces) == pytest.approx(24000.0 - 1000.0)
    beside = together(BOX, (points + np.array([50.0, 0.0, 0.0]), faces[:, ::-1]))
    assert volume(closed(beside).points, closed(beside).faces) == pytest.approx(24000.0 + 1000.0)


@pytest.mark.parametrize("seed", range(12))
def test_any_damage_is_put_right_or_refused_in_one_phrase(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points, faces = together(grid_box(3, 20.0), box((10.0, 10.0, 10.0), (25.0, 25.0, 5.0)))
    faces = np.where((rng.random(len(faces)) < rng.choice([0.0, 0.3]))[:, None], faces[:, ::-1], faces)
    faces = np.concatenate([faces, faces[rng.integers(0, len(faces), rng.integers(0, 5))]])
    faces = np.delete(faces, rng.integers(0, len(faces), rng.integers(0, 4)), axis=0)
    faces = np.concatenate([faces, rng.integers(0, len(points), (rng.integers(0, 3), 3))])
    points = points + rng.choice([0.0, 1e-6]) * rng.standard_normal(points.shape)
    for repair in (False, True):
        refusal = ""
        try:
            closed((points, faces), repair)
        except ConfigError as error:
            refusal = str(error)
        assert "\n" not in refusal
