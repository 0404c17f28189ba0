"""Meshes made in tests: boxes and what can be wrong with them, and files of every kind."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

# A box's corners by their bits (x y z), and its faces seen from outside.
QUADS = ((0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5))
Solid = tuple[np.ndarray, np.ndarray]
"""Points (V, 3) and faces (F, 3)"""


def box(size: tuple[float, float, float], at: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> Solid:
    """A closed box around `at`."""
    points = np.array([[((i >> a) & 1) - 0.5 for a in range(3)] for i in range(8)]) * size + at
    return points, np.array([t for a, b, c, d in QUADS for t in ((a, b, c), (a, c, d))])


def grid_box(n: int, side: float) -> Solid:
    """A cube whose faces are divided into n x n squares."""
    points: dict[tuple[float, ...], int] = {}
    faces = []
    for axis in range(3):
        for end in (0, 1):
            for i in range(n):
                for j in range(n):
                    corners = []
                    for u, v in ((i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)):
                        place = np.zeros(3)
                        place[axis], place[(axis + 1) % 3], place[(axis + 2) % 3] = (
                            end * side,
                            u * side / n,
                            v * side / n,
                        )
                        corners.append(points.setdefault(tuple(np.round(place, 9)), len(points)))
                    a, b, c, d = corners if end else corners[::-1]
                    faces += [(a, b, c), (a, c, d)]
    return np.array(list(points), float), np.array(faces)


def together(*solids: Solid) -> Solid:
    """Several solids in one mesh; vertices at one place are shared."""
    points = np.concatenate([points for points, _ in solids])
    starts = np.cumsum([0] + [len(points) for points, _ in solids[:-1]])
    faces = np.concatenate([faces + start for (_, faces), start in zip(solids, starts, strict=True)])
    unique, number = np.unique(points.round(9), axis=0, return_inverse=True)
    return unique, number.ravel()[faces]


def stl(points: np.ndarray, faces: np.ndarray) -> bytes:
    """A binary STL."""
    triangles = b"".join(
        struct.pack("<12fH", 0, 0, 0, *points[face].ravel().tolist(), 0) for face in np.asarray(faces)
    )
    return b" " * 80 + struct.pack("<I", len(faces)) + triangles


def text_stl(points: np.ndarray, faces: np.ndarray) -> str:
    """A text STL."""
    lines = ["solid part"]
    for face in faces:
        lines += ["facet normal 0 0 0", "outer loop"]
        lines += [f"vertex {x:.9g} {y:.9g} {z:.9g}" for x, y, z in points[face]]
        lines += ["endloop", "endfacet"]
    return "\n".join([*lines, "endsolid part", ""])


def obj(points: np.ndarray, faces: np.ndarray) -> str:
    """An OBJ."""
    lines = [f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in points]
    return "\n".join([*lines, *(f"f {a} {b} {c}" for a, b, c in np.asarray(faces) + 1), ""])


def ply(points: np.ndarray, faces: np.ndarray) -> str:
    """A text PLY."""
    head = f"ply\nformat ascii 1.0\nelement vertex {len(points)}\n"
    head += "property float x\nproperty float y\nproperty float z\n"
    head += f"element face {len(faces)}\nproperty list uchar int vertex_indices\nend_header\n"
    rows = [f"{x:.9g} {y:.9g} {z:.9g}" for x, y, z in points] + [f"3 {a} {b} {c}" for a, b, c in faces]
    return head + "\n".join(rows) + "\n"


def off(points: np.ndarray, faces: np.ndarray) -> str:
    """An OFF."""
    rows = [f"{x:.9g} {y:.9g} {z:.9g}" for x, y, z in points] + [f"3 {a} {b} {c}" for a, b, c in faces]
    return f"OFF\n{len(points)} {len(faces)} 0\n" + "\n".join(rows) + "\n"


def write(path: Path, content: bytes | str) -> Path:
    """Write a file; returns its path."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
