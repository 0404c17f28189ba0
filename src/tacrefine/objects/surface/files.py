"""Triangles from mesh files; a file that holds none says why in one sentence."""

from __future__ import annotations

import io
import re
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.documents import LFS_HINT, LFS_POINTER, quoted
from tacrefine.errors import ConfigError
from tacrefine.objects.surface.formats import READ, found_in, is_binary_stl, refusal_of
from tacrefine.objects.surface.optional import package

MOST_BYTES = 512 * 2**20
MOST_TRIANGLES = 2_000_000
Triangles = tuple[NDArray[np.float64], NDArray[np.int64]]
"""Vertices (V, 3) and faces (F, 3)"""


def mesh_bytes(path: Path) -> bytes:
    """The content of a mesh file; ConfigError where it is of no kind that is read, too large, empty or not there."""
    if refusal := refusal_of(path.name):
        raise ConfigError(f"{path}: {refusal}.")
    try:
        if (size := path.stat().st_size) > MOST_BYTES:
            raise ConfigError(f"{path}: has {size} bytes; allowed are {MOST_BYTES}.")
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: the mesh cannot be read ({error.strerror}).") from error
    if content.startswith(LFS_POINTER):
        raise ConfigError(f"{path}: is {LFS_HINT}.")
    if not content.strip():
        raise ConfigError(f"{path}: the file is empty ({len(content)} bytes); export the mesh again.")
    return content


def read_triangles(path: Path) -> Triangles:
    """Vertices and faces of a mesh file in its own unit, each vertex once; ConfigError with one sentence."""
    content = mesh_bytes(path)
    kind, found = READ[path.suffix.lower()], found_in(content)
    if found is not None and found != kind:
        rename = next(
            (f"; rename it to {path.stem}{suffix}" for suffix, name in READ.items() if name == found), ""
        )
        raise ConfigError(f"{path}: is no {kind} but {_a(found)}{rename}.")
    if kind == "STL":
        content = _whole_stl(path, content)
    elif kind == "OBJ":
        _check_obj(path, content)
    elif kind == "PLY":
        _check_ply(path, content)
    elif kind == "GLB":
        _check_glb(path, content)
    trimesh = package("trimesh")
    try:
        # From memory: what a file says of further files (materials, images) leads nowhere.
        read = trimesh.load(io.BytesIO(content), file_type=kind.lower(), force="mesh", process=False)
        count = len(read.faces)
    except Exception as error:  # trimesh's readers raise what they like
        reason = quoted(error) or type(error).__name__
        raise ConfigError(
            f"{path}: not a mesh that can be read; cut off or damaged {kind} ({reason})."
        ) from error
    if count > MOST_TRIANGLES:
        raise ConfigError(f"{path}: has {count} triangles; allowed are {MOST_TRIANGLES}, simplify it first.")
    if not np.isfinite(read.vertices).all():
        raise ConfigError(f"{path}: has corners that are no finite numbers; export it again.")
    if count < (promised := _promised_faces(kind, content)):
        raise ConfigError(
            f"{path}: cut off or damaged {kind}: its header promises {promised} faces, {count} triangles are whole; "
            "export or download it again."
        )
    if count == 0:
        raise ConfigError(f"{path}: the mesh has no triangles ({len(read.vertices)} points only).")
    read.merge_vertices(merge_tex=True, merge_norm=True)
    return np.asarray(read.vertices, float), np.asarray(read.faces, np.int64)


def _a(what: str) -> str:
    is_spelled = what[:3].isupper() and not what.startswith("STEP")
    return f"{'an' if is_spelled and what[0] in 'AEFHILMNORSX' else 'a'} {what}"


def _whole_stl(path: Path, content: bytes) -> bytes:
    """The content of an STL up to where it ends by its own word; ConfigError where it is cut off."""
    if is_binary_stl(content):
        return content
    text = content.lstrip()
    is_text = text[:5].lower() == b"solid" and b"\0" not in content
    if is_text:
        counts = {
            word: len(re.findall(rb"(?mi)^\s*" + word + rb"\b", content))
            for word in (b"facet", b"endfacet", b"vertex")
        }
        if counts[b"facet"] != counts[b"endfacet"] or counts[b"vertex"] != 3 * counts[b"facet"]:
            raise ConfigError(
                f"{path}: a text STL that is cut off or damaged: of {counts[b'facet']} triangles begun "
                f"{min(counts[b'endfacet'], counts[b'vertex'] // 3)} are whole; export or download it again."
            )
        if counts[b"facet"] == 0:
            raise ConfigError(f"{path}: the mesh has no triangles (a text STL without 'facet').")
        return content
    if len(content) < 84:
        raise ConfigError(
            f"{path}: not an STL that can be read: it has {len(content)} bytes, and the header alone has 84; "
            "export or download it again."
        )
    promised = int(struct.unpack_from("<I", content, 80)[0])
    wanted = 84 + 50 * promised
    if promised == 0:
        raise ConfigError(f"{path}: the mesh has no triangles (the STL's header says 0).")
    if wanted < len(content):
        return content[:wanted]
    raise ConfigError(
        f"{path}: a binary STL that is cut off or damaged: its header promises {promised} triangles ({wanted} bytes), "
        f"the file has {len(content)} bytes; export or download it again."
    )


def _check_obj(path: Path, content: bytes) -> None:
    if b"\0" in content:
        raise ConfigError(f"{path}: not an OBJ that can be read: it is no text; export or download it again.")
    lines = content.replace(b"\\\r\n", b" ").replace(b"\\\n", b" ").splitlines()
    words = [line.split() for line in lines]
    points = sum(bool(line) and line[0] == b"v" for line in words)
    faces = [line[1:] for line in words if line and line[0] == b"f"]
    if not faces:
        others = sum(bool(line) and line[0] in (b"l", b"p") for line in words)
        named = sum(bool(line) and line[0] in (b"g", b"o") and b"f" in line for line in words)
        also = f", {others} lines or points" * bool(others) + ", an 'f' only within a name" * bool(named)
        raise ConfigError(
            f"{path}: the mesh has no triangles: {points} vertices{also} and no line that begins with 'f'."
        )
    for corners in faces:
        for corner in corners:
            index = _obj_index(corner)
            if index is None or not (1 <= index <= points or -points <= index <= -1):
                name = quoted(corner.decode("utf-8", "replace"))
                raise ConfigError(
                    f"{path}: a face of the OBJ names vertex '{name}', and it has vertices 1 to {points}: "
                    "cut off or damaged."
                )


def _obj_index(corner: bytes) -> int | None:
    try:
        return int(corner.split(b"/")[0])
    except ValueError:
        return None


def _check_ply(path: Path, content: bytes) -> None:
    head, end, _ = content.partition(b"end_header")
    if not end:
        raise ConfigError(f"{path}: a PLY that is cut off: its header has no 'end_header'.")
    counts: dict[str, int] = {
        name.decode("ascii", "replace"): int(number)
        for name, number in re.findall(rb"(?m)^element\s+(\S+)\s+(\d+)", head)
    }
    if not counts.get("face") and not counts.get("tristrips"):
        points = counts.get("vertex", 0)
        raise ConfigError(
            f"{path}: the mesh has no triangles: the PLY is a cloud of {points} points; "
            "make a surface of it first (e.g. MeshLab, screened Poisson)."
        )


def _promised_faces(kind: str, content: bytes) -> int:
    """How many faces the header of a PLY or OFF promises; 0 where it says nothing."""
    if kind == "PLY":
        found = re.search(rb"(?m)^element\s+face\s+(\d+)", content.partition(b"end_header")[0])
    elif kind == "OFF":
        found = re.search(rb"OFF\s+(?:#.*\s+)*\d+\s+(\d+)", content[:4096])
    else:
        return 0
    return int(found[1]) if found else 0


def _check_glb(path: Path, content: bytes) -> None:
    promised: Any = struct.unpack_from("<I", content, 8)[0] if len(content) >= 12 else 12
    if promised > len(content):
        raise ConfigError(
            f"{path}: a GLB that is cut off: its header promises {promised} bytes, the file has {len(content)}."
        )
