"""A part of one's own, from a mesh file into an object set."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from tacrefine.config import resolve
from tacrefine.errors import ConfigError
from tacrefine.geometry import AXES
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.objects.mesh import MESH_SUFFIXES
from tacrefine.plants import load_plant

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class AddedObject:
    """What was found out about an added part."""

    name: str
    size: Vector
    """m along x, y, z of the grasp frame"""
    axes: tuple[str, ...]
    """that touch can tell"""
    parts: int
    """convex bodies in MuJoCo"""
    fingers: int
    """that touch at the nominal grasp"""
    all_fingers: int
    valid: bool
    """whether the nominal grasp counts"""
    cache_file: Path


def add_mesh(
    mesh: Path,
    to: Path,
    object_class: str,
    *,
    name: str | None = None,
    scale: float = 1.0,
    position: Vector = (0.0, 0.0, 0.0),
    rotation: Vector = (0.0, 0.0, 0.0),
    hand: str = "five_finger",
) -> AddedObject:
    """Write a mesh (scaled to m, then turned by a rotation vector in rad, then moved in m) into the set ``to``.

    The set is made where it is not there, with the classes of the shipped one. Its distances are measured and kept
    beside the mesh. Raises ConfigError with one sentence, and then leaves the set as it was.
    """
    if mesh.suffix.lower() not in MESH_SUFFIXES:
        raise ConfigError(f"{mesh}: not a kind of mesh that is read; allowed: {', '.join(MESH_SUFFIXES)}.")
    if not mesh.is_file():
        raise ConfigError(f"{mesh}: no such file (wanted a mesh, STL or OBJ).")
    if to.suffix not in (".yaml", ".yml"):
        raise ConfigError(f"{to}: an object set is a YAML file, its name must end in .yaml.")
    before = to.read_text(encoding="utf-8") if to.exists() else None
    shape: dict[str, Any] = {"kind": "mesh", "path": os.path.relpath(mesh.resolve(), to.resolve().parent)}
    shape |= {"scale": scale} if scale != 1.0 else {}
    shape |= {"position": list(position)} if any(position) else {}
    shape |= {"rotation": list(rotation)} if any(rotation) else {}
    called = name or mesh.stem
    entry = {"name": called, "class": object_class, "shape": shape}
    line = yaml.safe_dump(entry, default_flow_style=True, sort_keys=False, width=10_000).strip()
    to.parent.mkdir(parents=True, exist_ok=True)
    try:
        to.write_text(
            (before if before is not None else _new_set(to.stem)).rstrip() + f"\n  - {line}\n", "utf-8"
        )
        return _examine(to, called, hand)
    except BaseException:
        if before is None:
            to.unlink(missing_ok=True)
        else:
            to.write_text(before, encoding="utf-8")
        raise


def _new_set(name: str) -> str:
    shipped = yaml.safe_load(resolve("objects", "fifteen").read_text(encoding="utf-8"))["classes"]
    head = yaml.safe_dump({"name": name, "classes": shipped}, sort_keys=False, default_flow_style=None)
    return f"# Objects of one's own. Units: m, rad; see docs/explanation/simulated_touch.md.\n{head}objects:"


def _examine(to: Path, name: str, hand_name: str) -> AddedObject:
    from tacrefine.sim import QuasistaticSimulator

    added = load_objects(to)[name]
    measured = added.shape.measured
    low, high = np.array(measured.bounds)
    size = high - low
    hand = load_hand(hand_name)
    sample = load_plant("ideal").sample(hand, np.random.default_rng(0))
    nominal = QuasistaticSimulator(hand).grasp(added, np.zeros((1, 6)), sample)
    return AddedObject(
        name=name,
        size=(float(size[0]), float(size[1]), float(size[2])),
        axes=tuple(axis for axis, told in zip(AXES, added.observable, strict=True) if told),
        parts=len(measured.parts),
        fingers=int(hand.fingers_in_contact(nominal.force)[0].sum()),
        all_fingers=len(hand.fingers),
        valid=bool(nominal.valid[0]),
        cache_file=added.shape.cache_file,
    )
