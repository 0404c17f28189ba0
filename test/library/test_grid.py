"""Grid distances: the same touch as analytic ones, shapes that are not convex, meshes from files."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from tacrefine.cli import main
from tacrefine.config import share_dir
from tacrefine.errors import ConfigError
from tacrefine.hands import load_hand
from tacrefine.objects import as_grid, load_objects
from tacrefine.objects.grids import make_grid
from tacrefine.objects.solids import Extrusion, Turned
from tacrefine.plants import load_plant
from tacrefine.sim import ElasticSimulator, QuasistaticSimulator
from tacrefine.sim.quasistatic.solids import SolidPacker

HAND = load_hand()
OBJECTS = load_objects()
IDEAL = load_plant("ideal").draw(HAND, np.random.default_rng(0))
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


@pytest.mark.parametrize("name", ["rod_10", "plate_6", "disk_90x8"])
def test_a_grid_feels_like_the_analytic_shape_it_was_sampled_from(name: str) -> None:
    poses = OBJECTS[name].sample_poses(np.random.default_rng(2), 120)
    exact = QUASISTATIC.grasp(OBJECTS[name], poses, IDEAL)
    grid = QUASISTATIC.grasp(as_grid(OBJECTS[name]), poses, IDEAL)
    agreement = correlation(exact.force[exact.valid], grid.force[exact.valid])
    assert agreement.mean() > 0.985
    assert np.median(agreement) > 0.995
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
    assert as_grid(OBJECTS["rod_10"]).shape.grid is as_grid(load_objects()["rod_10"]).shape.grid


def test_a_simulator_lets_go_of_grids_that_it_has_not_seen_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["rod_8", "rod_10", "rod_13", "rod_16"]
    objects = [as_grid(OBJECTS[name]) for name in names]
    largest = max(item.shape.grid.values.size for item in objects)
    monkeypatch.setattr("tacrefine.sim.quasistatic.solids.KEPT_POINTS", 2 * largest)
    packer = SolidPacker()
    for item in [*objects, *objects]:
        packed = packer.of(item, 1).arrays
        assert packed.tables.size <= 2 * largest
        begin, end = packed.spans[0]
        assert np.array_equal(packed.tables[begin:end], item.shape.grid.values.ravel())
    # A batch that needs more at once gets it.
    spans = packer.of(objects, len(objects)).arrays.spans
    assert sorted(int(b - a) for a, b in spans) == sorted(item.shape.grid.values.size for item in objects)


def test_grid_batches_give_the_same_grasps_however_they_are_split() -> None:
    item = load_objects("unseen_shapes")["ellipse"]
    poses = item.sample_poses(np.random.default_rng(9), 20)
    whole = QUASISTATIC.grasp(item, poses, IDEAL)
    parts = [QUASISTATIC.grasp(item, part, IDEAL).force for part in np.array_split(poses, 3)]
    assert np.array_equal(whole.force, np.concatenate(parts))


@pytest.mark.parametrize("name", ["ring", "l_profile"])
def test_a_shape_that_is_not_convex_feels_as_in_the_elastic_model(name: str) -> None:
    item = load_objects("unseen_shapes")[name]
    poses = item.sample_poses(np.random.default_rng(11), 12)
    poses = poses[QUASISTATIC.grasp(item, poses, IDEAL).valid][:4]
    elastic = ElasticSimulator(HAND, item, IDEAL).grasp(poses)
    quasistatic = QUASISTATIC.grasp(item, poses, IDEAL)
    # What only just is a grasp in one model may be none in the other.
    alike = elastic.valid & quasistatic.valid
    assert alike.sum() >= 3
    assert correlation(elastic.force[alike], quasistatic.force[alike]).min() > 0.98
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
    assert make_grid(tube).values.min() == pytest.approx(-0.0015, abs=2e-4)


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
    for package in ("trimesh", "igl", "coacd"):
        monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr("tacrefine.objects.mesh._measured", {})
    item = load_objects(tmp_path / "a.yaml")["board"]
    assert QUASISTATIC.grasp(item, np.zeros((1, 6)), IDEAL).valid.all()
    next(tmp_path.glob("*.npz")).unlink()
    monkeypatch.setattr("tacrefine.objects.mesh._measured", {})
    with pytest.raises(ConfigError, match=r"needs the package .*tacrefine\[mesh\]"):
        _ = item.shape.grid


@pytest.mark.parametrize(
    ("faces", "arguments", "problem"),
    [
        (5, ["--scale", "0.001"], "not closed"),
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
