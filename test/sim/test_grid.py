"""Grid distances: the same touch as analytic ones, shapes that are not convex, meshes from files."""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from numba import njit

from tacrefine.cli import main
from tacrefine.config import share_dir
from tacrefine.errors import ConfigError
from tacrefine.hands import load_hand
from tacrefine.objects import as_grid, load_objects
from tacrefine.objects.grids import MOST_POINTS, NEAR, grid_axes, make_grids
from tacrefine.objects.solids import Extrusion, Turned
from tacrefine.plants import load_plant
from tacrefine.sim import ElasticSimulator, QuasistaticSimulator
from tacrefine.sim.quasistatic.solids import SolidPacker
from tacrefine.sim.quasistatic.solids import grid_parameters as fields
from tacrefine.sim.quasistatic.tables import fine_grid, fine_grid_further, grid_parameters

HAND = load_hand()
OBJECTS = load_objects()
IDEAL = load_plant("ideal").sample(HAND, np.random.default_rng(0))
QUASISTATIC = QuasistaticSimulator(HAND)

# A box's corners by their bits (x y z), and its faces seen from outside.
FACES = ((0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5))


def write_box(path: Path, size: tuple[float, float, float], faces: int = 6) -> None:
    """A binary STL of a box whose upper face lies at z = 0; fewer than six faces leave it open."""
    corners = [[((i >> a) & 1) * size[a] - size[a] / 2 for a in range(3)] for i in range(8)]
    for corner in corners:
        corner[2] -= size[2] / 2
    triangles = [t for a, b, c, d in FACES[:faces] for t in ((a, b, c), (a, c, d))]
    content = b"".join(
        struct.pack("<12fH", 0, 0, 0, *(value for i in triangle for value in corners[i]), 0)
        for triangle in triangles
    )
    path.write_bytes(b" " * 80 + struct.pack("<I", len(triangles)) + content)


def correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.array([np.corrcoef(x, y)[0, 1] for x, y in zip(a, b, strict=True)])


def test_a_bulky_solid_gets_a_coarser_grid_instead_of_one_that_fills_the_memory() -> None:
    slab = Extrusion(kind="extrusion", axis="y", outline=((-0.05, -0.05), (0.05, -0.05), (0.05, 0.0), (-0.05, 0.0)), span=(-0.1, 0.1))  # noqa: E501  # fmt: skip
    axes, cell = grid_axes(slab.bounds, NEAR)
    assert cell > NEAR.cell
    assert np.prod([len(axis) for axis in axes]) <= MOST_POINTS


@pytest.mark.parametrize("name", ["rod_10", "plate_6", "disk_90x8"])
def test_a_grid_feels_like_the_analytic_shape_it_was_sampled_from(name: str) -> None:
    poses = OBJECTS[name].sample_poses(np.random.default_rng(2), 120)
    exact = QUASISTATIC.grasp(OBJECTS[name], poses, IDEAL)
    grid = QUASISTATIC.grasp(as_grid(OBJECTS[name]), poses, IDEAL)
    agreement = correlation(exact.force[exact.valid], grid.force[exact.valid])
    assert agreement.mean() > 0.985
    assert np.percentile(agreement, 10) > 0.99
    assert grid.force.sum() == pytest.approx(exact.force.sum(), rel=0.02)


def test_several_grids_and_analytic_shapes_mix_in_one_batch() -> None:
    shapes = load_objects("unseen_shapes")
    objects = [
        shapes["ring"],
        OBJECTS["rod_8"],
        shapes["hexagonal_rod"],
        as_grid(OBJECTS["plate_3"]),
        shapes["ring"],
    ]
    poses = np.stack([item.sample_poses(np.random.default_rng(4), 1)[0] for item in objects])
    mixed = QUASISTATIC.grasp(objects, poses, IDEAL)
    for i, item in enumerate(objects):
        alone = QUASISTATIC.grasp(item, poses[i], IDEAL)
        assert np.array_equal(mixed.force[i], alone.force[0])
        assert alone.force.max() > 0


def test_objects_of_one_shape_share_one_grid() -> None:
    assert as_grid(OBJECTS["rod_10"]).shape.grids is as_grid(load_objects()["rod_10"]).shape.grids


def test_a_simulator_lets_go_of_grids_that_it_has_not_seen_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["rod_8", "rod_10", "rod_13", "rod_16"]
    objects = [as_grid(OBJECTS[name]) for name in names]
    largest = max(item.shape.grids.bytes for item in objects)
    monkeypatch.setattr("tacrefine.sim.quasistatic.solids.KEPT_BYTES", 2 * largest)
    packer = SolidPacker()
    for item in [*objects, *objects]:
        packed, grids = packer.of(item, 1).arrays, item.shape.grids
        assert packed.near.nbytes + packed.far.nbytes <= 2 * largest
        near, near_end, far, far_end = packed.spans[0]
        assert np.array_equal(packed.near[near:near_end], grids.near.values.ravel())
        assert np.array_equal(packed.far[far:far_end], grids.far.values.ravel())
    # A batch that needs more at once gets it.
    spans = packer.of(objects, len(objects)).arrays.spans
    assert [int(end - begin) for begin, end, _, _ in spans] == [
        item.shape.grids.near.points for item in objects
    ]
    assert [int(end - begin) for _, _, begin, end in spans] == [
        item.shape.grids.far.points for item in objects
    ]


@njit
def _read_fine(shape: Any, table: Any, points: Any, axis: Any, step: Any, out: Any) -> None:
    for i in range(len(points)):
        x, y, z = points[i]
        seen = fine_grid(shape, table, x, y, z, axis[0], axis[1], axis[2])
        out[0, i] = seen[:4]
        out[1, i] = fine_grid_further(shape, table, x, y, z, seen, axis[0], axis[1], axis[2], step)


def test_a_fine_grid_tells_distance_and_normal_around_a_sharp_edge_between_its_points() -> None:
    grid = as_grid(OBJECTS["plate_6"]).shape.grids.near
    # Half a millimetre, a taxel's radius, around the upper edge at x = 3 mm, z = 0: the grid's cells are as large.
    angle = np.deg2rad(np.linspace(2.0, 88.0, 60))
    edge = np.stack(
        [0.003 + 5e-4 * np.sin(angle), np.linspace(-0.02, 0.02, 60), 5e-4 * np.cos(angle)], axis=1
    )
    axis, step, seen = (
        np.array([0.6, 0.0, 0.8], np.float32),
        np.float32(1e-4),
        np.empty((2, 60, 4), np.float32),
    )
    parameters = grid_parameters(fields(grid))
    _read_fine(parameters, grid.values.ravel(), edge.astype(np.float32), axis, step, seen)
    for points, (distance, *normal) in zip((edge, edge - step * axis), seen.transpose(0, 2, 1), strict=True):
        away = np.stack(
            [np.maximum(points[:, 0] - 0.003, 0.0), np.zeros(60), np.maximum(points[:, 2], 0.0)], axis=1
        )
        exact = np.linalg.norm(away, axis=1)
        assert np.abs(distance - exact).max() < 2e-5
        turned = np.arccos(np.clip(np.sum(np.stack(normal, axis=1) * away, axis=1) / exact, -1.0, 1.0))
        assert np.rad2deg(turned).max() < 12.0


def test_grid_batches_give_the_same_grasps_however_they_are_split() -> None:
    item = load_objects("unseen_shapes")["ellipse"]
    poses = item.sample_poses(np.random.default_rng(9), 20)
    whole = QUASISTATIC.grasp(item, poses, IDEAL)
    parts = [QUASISTATIC.grasp(item, part, IDEAL).force for part in np.array_split(poses, 3)]
    assert np.array_equal(whole.force, np.concatenate(parts))


@pytest.mark.parametrize("name", ["ring", "l_profile"])
def test_a_shape_that_is_not_convex_feels_as_in_the_elastic_model(name: str) -> None:
    item = load_objects("unseen_shapes")[name]
    poses = item.sample_poses(np.random.default_rng(11), 20)
    poses = poses[QUASISTATIC.grasp(item, poses, IDEAL).valid][:10]
    elastic = ElasticSimulator(HAND, item, IDEAL).grasp(poses)
    quasistatic = QUASISTATIC.grasp(item, poses, IDEAL)
    # What only just is a grasp in one model may be none in the other.
    alike = elastic.valid & quasistatic.valid
    assert alike.sum() >= 9
    agreement = correlation(elastic.force[alike], quasistatic.force[alike])
    assert np.median(agreement) > 0.999
    # A taxel that hangs half over an edge may come to rest on either side of it.
    assert (agreement > 0.98).sum() >= 7
    assert quasistatic.force[alike].sum() == pytest.approx(elastic.force[alike].sum(), rel=0.03)


def test_every_unseen_object_can_be_grasped() -> None:
    for name in ("unseen_sizes", "unseen_shapes"):
        for item in load_objects(name).values():
            assert QUASISTATIC.grasp(item, np.zeros((1, 6)), IDEAL).valid.all(), item.name


def test_unseen_sizes_are_no_size_of_the_fifteen() -> None:
    known = [item.shape for item in OBJECTS.values()]
    unseen = load_objects("unseen_sizes")
    assert all(item.shape not in known for item in unseen.values())
    assert not set(unseen) & set(OBJECTS)


def test_distances_of_a_solid_are_those_of_its_surface() -> None:
    bar = Extrusion(kind="extrusion", axis="y", outline=((-0.004, -0.002), (0.004, -0.002), (0.004, 0.002), (-0.004, 0.002)), span=(-0.02, 0.02))  # noqa: E501  # fmt: skip
    tube = Turned(kind="turned", axis="z", profile=((0.01, -0.02), (0.013, -0.02), (0.013, 0.0), (0.01, 0.0)))
    axes = (np.array([0.0, 0.007]), np.array([0.0, 0.024]), np.array([-0.001, 0.006]))
    assert bar.sample(axes)[0, 0, 0] == pytest.approx(-0.001)
    assert bar.sample(axes)[1, 1, 1] == pytest.approx(np.sqrt(0.003**2 + 2 * 0.004**2))
    assert tube.sample(axes)[0, 0, 0] == pytest.approx(0.01)
    assert tube.sample(axes)[0, 1, 1] == pytest.approx(np.hypot(0.011, 0.006))
    assert make_grids(tube).far.values.max() > 0.03


@pytest.mark.parametrize(
    ("outline", "problem"),
    [([[0, 0], [1, 0]], "three points"), ([[0, 0], [2, 0], [0.5, 0.5], [0, 2]], "convex")],
)
def test_an_outline_that_is_not_convex_is_refused_in_one_sentence(
    tmp_path: Path, outline: list[list[float]], problem: str
) -> None:
    shape = {"kind": "extrusion", "axis": "y", "outline": outline, "span": [0, 1]}
    content = {"name": "x", "classes": {"rod": {"half_range": {"z": 0.01}}}, "objects": [{"name": "a", "class": "rod", "shape": shape}]}  # noqa: E501  # fmt: skip
    (tmp_path / "x.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(ConfigError, match=problem) as caught:
        load_objects(tmp_path / "x.yaml")
    assert "\n" not in str(caught.value)


def test_an_added_mesh_comes_back_from_the_yaml_and_feels_like_the_plate_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_box(tmp_path / "board.stl", (6.0, 240.0, 100.0))
    added = ["objects", "add", str(tmp_path / "board.stl"), "--class", "plate", "--scale", "0.001"]
    assert main([*added, "--to", str(tmp_path / "mine.yaml"), "--json", str(tmp_path / "out.json")]) == 0
    told = capsys.readouterr().out
    assert "6.0 x 240.0 x 100.0 mm" in told
    assert "5 of 5 fingers" in told
    board = load_objects(tmp_path / "mine.yaml")["board"]
    assert board.observable.tolist() == OBJECTS["plate_6"].observable.tolist()
    poses = OBJECTS["plate_6"].sample_poses(np.random.default_rng(1), 20)
    mesh = QUASISTATIC.grasp(board, poses, IDEAL)
    plate = QUASISTATIC.grasp(as_grid(OBJECTS["plate_6"]), poses, IDEAL)
    # A finger that grazes the edge may slip past it at the last digit; the others feel the same.
    agreement = correlation(mesh.force[plate.valid], plate.force[plate.valid])
    assert np.median(agreement) > 0.9999
    assert agreement.mean() > 0.98
    assert main([*added, "--to", str(tmp_path / "mine.yaml")]) == 2
    assert "named twice" in capsys.readouterr().err
    assert list(load_objects(tmp_path / "mine.yaml")) == ["board"]


def test_distances_of_an_added_mesh_are_read_without_the_packages_that_measured_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_box(tmp_path / "board.stl", (0.006, 0.24, 0.1))
    assert main(["objects", "add", str(tmp_path / "board.stl"), "--class", "plate", "--to", str(tmp_path / "a.yaml")]) == 0  # noqa: E501  # fmt: skip
    for package in ("trimesh", "igl", "mapbox_earcut"):
        monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr("tacrefine.objects.mesh._measured", {})
    item = load_objects(tmp_path / "a.yaml")["board"]
    assert QUASISTATIC.grasp(item, np.zeros((1, 6)), IDEAL).valid.all()
    next(tmp_path.glob("*.npz")).unlink()
    monkeypatch.setattr("tacrefine.objects.mesh._measured", {})
    with pytest.raises(ConfigError, match=r"needs the package .*tacrefine\[mesh\]"):
        _ = item.shape.grids


@pytest.mark.parametrize(
    ("faces", "arguments", "problem"),
    [
        (5, ["--scale", "0.001", "--no-repair"], "not closed"),
        (6, [], "longest side is 240 m"),
        (6, ["--scale", "0.001", "--position", "0", "0", "0.4"], "out of the hand's reach"),
        (0, ["--scale", "0.001"], "board.stl"),
    ],
)
def test_a_bad_mesh_is_refused_in_one_sentence_and_leaves_no_set(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], faces: int, arguments: list[str], problem: str
) -> None:
    mesh, to = tmp_path / "board.stl", tmp_path / "mine.yaml"
    write_box(mesh, (6.0, 240.0, 100.0), faces)
    assert main(["objects", "add", str(mesh), "--class", "plate", "--to", str(to), *arguments]) == 2
    told = capsys.readouterr().err.strip()
    assert problem in told
    assert "\n" not in told
    assert not to.exists()


def test_no_training_configuration_names_an_unseen_set() -> None:
    configurations = list((share_dir() / "config").glob("training/*.yaml"))
    assert configurations
    assert not [path.name for path in configurations if "unseen" in path.read_text(encoding="utf-8")]
