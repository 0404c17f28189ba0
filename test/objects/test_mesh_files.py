"""Mesh files: every kind that is read, and the true cause in one sentence where one is not."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from made_solids import Solid, box, obj, off, ply, stl, text_stl, write

from tacrefine.cli import main
from tacrefine.errors import ConfigError
from tacrefine.objects.surface.files import read_triangles

BOX = box((30.0, 40.0, 20.0))
LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 13084\n"


@pytest.mark.parametrize(
    ("name", "made"),
    [("b.stl", stl), ("b.STL", stl), ("text.stl", text_stl), ("b.obj", obj), ("b.ply", ply), ("b.off", off)],
)
def test_every_kind_that_is_read_gives_the_same_box(
    tmp_path: Path, name: str, made: Callable[..., bytes | str]
) -> None:
    points, faces = read_triangles(write(tmp_path / name, made(*BOX)))
    assert len(points) == 8
    assert len(faces) == 12
    assert np.ptp(points, axis=0) == pytest.approx([30.0, 40.0, 20.0])


def test_a_glb_is_read_and_one_that_is_cut_off_is_named(tmp_path: Path) -> None:
    trimesh = pytest.importorskip("trimesh")
    content = trimesh.Trimesh(*BOX, process=False).export(file_type="glb")
    assert len(read_triangles(write(tmp_path / "b.glb", content))[1]) == 12
    with pytest.raises(ConfigError, match="GLB that is cut off"):
        read_triangles(write(tmp_path / "cut.glb", content[:-40]))


@pytest.mark.parametrize(
    ("name", "made"), [("b.obj", obj), ("b.ply", ply), ("b.off", off), ("b.stl", stl), ("text.stl", text_stl)]
)
@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_a_corner_that_is_no_number_is_refused_not_left_out(
    tmp_path: Path, name: str, made: Callable[..., bytes | str], number: float
) -> None:
    points = BOX[0].copy()
    points[3, 1] = number
    with pytest.raises(ConfigError, match="no finite numbers"):
        read_triangles(write(tmp_path / name, made(points, BOX[1])))


def test_a_binary_stl_with_more_bytes_than_it_needs_is_read(tmp_path: Path) -> None:
    assert len(read_triangles(write(tmp_path / "b.stl", stl(*BOX) + b"made by a program"))[1]) == 12


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("empty.stl", b"", "the file is empty"),
        ("blank.obj", b"  \n", "the file is empty"),
        ("pointer.stl", LFS, "Git LFS pointer.*git lfs pull"),
        (
            "cut.stl",
            stl(*BOX)[:-70],
            r"cut off or damaged: its header promises 12 triangles \(684 bytes\).*614",
        ),
        ("short.stl", b"\0" * 30, "30 bytes, and the header alone has 84"),
        ("none.stl", b"\0" * 84, "no triangles.*header says 0"),
        ("cut_text.stl", text_stl(*BOX)[:700], "text STL that is cut off.*of .* triangles begun"),
        ("solid.stl", "solid part\nendsolid part\n", "no triangles.*without 'facet'"),
        ("names.obj", "g An f of other things\nv 1 2 3\n", "1 vertices, an 'f' only within a name"),
        (
            "lines.obj",
            "v 0 0 0\nv 1 0 0\nl 1 2\n",
            "2 vertices, 1 lines or points and no line that begins with 'f'",
        ),
        ("cut.obj", "v 0 0 0\nv 1 0 0\nf 1 2 3\n", "names vertex '3', and it has vertices 1 to 2"),
        ("binary.obj", b"v 0 0 0\n\0\0\0f 1 2 3", "it is no text"),
        ("cloud.ply", ply(BOX[0], np.empty((0, 3))), "cloud of 8 points"),
        ("cut.ply", ply(*BOX)[:60], "no 'end_header'"),
        ("half.ply", ply(*BOX)[:-60], "cut off or damaged PLY"),
        ("other.stl", obj(*BOX), "is no STL but an OBJ; rename it to other.obj"),
        ("other.obj", stl(*BOX), "is no OBJ but an STL; rename it to other.stl"),
        ("other.ply", text_stl(*BOX), "is no PLY but an STL"),
        ("page.stl", "<!DOCTYPE html><html>not found</html>", "web page"),
        ("packed.stl", b"PK\x03\x04" + b"\0" * 200, "ZIP archive"),
        ("cad.stl", "ISO-10303-21;\nHEADER;\n", "STEP model"),
        ("part.step", "ISO-10303-21;\n", r"is a STEP model .*gmsh part.step -2 -o part.stl"),
        ("part.IGS", "x", "IGES model.*convert"),
        ("part.3mf", b"PK\x03\x04", "3MF archive.*export it as STL"),
        ("part.dae", "<COLLADA/>", "COLLADA.*convert it"),
        ("part.xyz", "1 2 3", "not a kind of mesh that is read; allowed: .stl, .obj, .ply"),
    ],
)
def test_a_file_without_a_mesh_is_refused_with_its_true_cause(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes | str, problem: str
) -> None:
    path = write(tmp_path / name, content)
    assert main(["objects", "add", str(path), "--class", "rod", "--to", str(tmp_path / "mine.yaml")]) == 2
    told = capsys.readouterr().err.strip()
    assert re.search(problem, told), told
    assert name in told
    assert "\n" not in told
    assert not (tmp_path / "mine.yaml").exists()


@pytest.mark.parametrize("made", [stl, text_stl, obj, ply, off])
def test_a_mesh_with_any_bytes_changed_is_read_or_refused_in_one_sentence(
    tmp_path: Path, made: Callable[..., bytes | str]
) -> None:
    rng = np.random.default_rng(5)
    whole = made(*BOX)
    content = whole.encode() if isinstance(whole, str) else whole
    suffix = {stl: ".stl", text_stl: ".stl", obj: ".obj", ply: ".ply", off: ".off"}[made]
    for _ in range(60):
        spoiled = bytearray(content[: rng.integers(1, len(content) + 1)])
        for place in rng.integers(0, len(spoiled), rng.integers(0, 6)):
            spoiled[place] = rng.integers(0, 256)
        path = write(tmp_path / f"spoiled{suffix}", bytes(spoiled))
        refusal = f"{path}"
        try:
            _is_usable(read_triangles(path))
        except ConfigError as error:
            refusal = str(error)
        assert refusal.startswith(str(path))
        assert "\n" not in refusal


def _is_usable(mesh: Solid) -> None:
    points, faces = mesh
    assert np.isfinite(points).all()
    assert faces.min() >= 0
    assert faces.max() < len(points)
