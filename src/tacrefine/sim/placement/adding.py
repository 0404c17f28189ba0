"""A part of the user's own, from a mesh file into an object set."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import yaml

from tacrefine.config import resolve
from tacrefine.documents import write_atomically
from tacrefine.errors import ConfigError
from tacrefine.geometry import AXES
from tacrefine.hands import Hand, load_hand
from tacrefine.objects import GraspObject, load_objects
from tacrefine.objects.grasp_object import ClassDescription
from tacrefine.objects.surface.formats import refusal_of
from tacrefine.plants import load_plant

if TYPE_CHECKING:
    from tacrefine.objects.surface.measure import Report

Vector = tuple[float, float, float]
BOX_GRASPS = 200
"""poses of the sampling box at which a placement is tried"""


class Wanted(NamedTuple):
    """What is to be added, and where to."""

    mesh: Path
    to: Path
    """object set"""
    object_class: str
    name: str
    scale: float | None = None
    """m in one unit of the file; None: guessed where the placement is searched for, else 1"""
    position: Vector = (0.0, 0.0, 0.0)
    """m"""
    rotation: Vector = (0.0, 0.0, 0.0)
    """rotation vector, rad"""
    repair: bool | None = None
    """whether holes are closed; None: where the surface is not closed without it"""
    replace: bool = False
    """whether an object of that name is replaced"""
    auto: bool = False
    """whether position and rotation are searched for"""
    hand: str = "five_finger"


@dataclass(frozen=True)
class AddedObject:
    """What was found out about an added part."""

    name: str
    scale: float
    """m in one unit of the file"""
    position: Vector
    rotation: Vector
    size: Vector
    """m along x, y, z of the grasp frame"""
    axes: tuple[str, ...]
    """that touch can tell"""
    parts: int
    """convex bodies in MuJoCo"""
    most_parts: int
    """that there may be"""
    deviation: float | None
    """m that these reach beyond the surface"""
    fingers: int
    """that touch at the nominal grasp"""
    all_fingers: int
    needed: str
    """which of them a grasp needs"""
    valid: bool
    """whether the nominal grasp counts"""
    share_valid: float
    """of grasps in the class's sampling box"""
    notes: tuple[str, ...]
    """what was put right about the mesh, as parts of a sentence"""
    warning: str | None
    """where its size is unlikely"""
    cache_file: Path
    object: GraspObject
    auto_command: str
    """that searches for another placement"""


def add_mesh(wanted: Wanted, report: Report | None = None) -> AddedObject:
    """Write a mesh (scaled to m, then turned, then moved) into an object set.

    The set is made where it is not there, with the classes of the shipped one. Its distances are measured and kept
    beside the mesh; `report` is told how far that is. Raises ConfigError with one sentence, and then leaves the set as
    it was.
    """
    if refusal := refusal_of(wanted.mesh.name):
        raise ConfigError(f"{wanted.mesh}: {refusal}.")
    if wanted.repair is None and wanted.mesh.is_file():
        wanted = wanted._replace(repair=_needs_repair(wanted.mesh))
    if not wanted.mesh.is_file():
        raise ConfigError(f"{wanted.mesh}: no such file (wanted a mesh).")
    if wanted.to.suffix not in (".yaml", ".yml"):
        raise ConfigError(f"{wanted.to}: an object set is a YAML file, its name must end in .yaml.")
    before = wanted.to.read_text(encoding="utf-8") if wanted.to.exists() else None
    hand = load_hand(wanted.hand)
    if wanted.auto:
        wanted = _searched(wanted, hand, report)
    text = before if before is not None else _new_set(wanted.to.stem)
    if wanted.replace:
        text = _without(text, wanted)
    wanted.to.parent.mkdir(parents=True, exist_ok=True)
    try:
        write_atomically(wanted.to, f"{text.rstrip()}\n  - {_entry(wanted)}\n")
        return _examine(wanted, hand, report)
    except BaseException as error:
        if before is None:
            wanted.to.unlink(missing_ok=True)
        else:
            write_atomically(wanted.to, before)
        if isinstance(error, ConfigError) and "out of the hand's reach" in str(error):
            command = auto_command(wanted)
            raise ConfigError(f"{str(error).rstrip('.')}; let a placement be found: {command}") from error
        raise


def _needs_repair(mesh: Path) -> bool:
    """Whether a mesh is a closed surface only once its holes are closed; what is wrong otherwise is told later."""
    from tacrefine.objects.surface.closing import close
    from tacrefine.objects.surface.files import read_triangles

    try:
        triangles = read_triangles(mesh)
    except ConfigError:
        return False
    try:
        close(triangles, 1.0)
    except ConfigError:
        try:
            close(triangles, 1.0, repair=True)
        except ConfigError:
            return False
        return True
    return False


def auto_command(wanted: Wanted) -> str:
    """The command that searches for a placement of the same part."""
    words = ["tacrefine", "objects", "add", str(wanted.mesh), "--class", wanted.object_class]
    words += ["--to", str(wanted.to)] + (["--name", wanted.name] if wanted.name != wanted.mesh.stem else [])
    words += ["--scale", f"{wanted.scale:g}"] if wanted.scale is not None else []
    words += ["--hand", wanted.hand] if wanted.hand != "five_finger" else []
    words += ["--repair"] * bool(wanted.repair)
    return f"{shlex.join(words)} --auto --replace"


def _entry(wanted: Wanted) -> str:
    shape: dict[str, Any] = {
        "kind": "mesh",
        "path": os.path.relpath(wanted.mesh.resolve(), wanted.to.resolve().parent),
    }
    scale = 1.0 if wanted.scale is None else wanted.scale
    shape |= {"scale": scale} if scale != 1.0 else {}
    shape |= {"position": list(wanted.position)} if any(wanted.position) else {}
    shape |= {"rotation": list(wanted.rotation)} if any(wanted.rotation) else {}
    shape |= {"repair": True} if wanted.repair else {}
    entry = {"name": wanted.name, "class": wanted.object_class, "shape": shape}
    return yaml.safe_dump(entry, default_flow_style=True, sort_keys=False, width=10_000).strip()


def _without(text: str, wanted: Wanted) -> str:
    """A set's text without the line of the object that is to be replaced, if it has one."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        try:
            entry = yaml.safe_load(line) if line.lstrip().startswith("- {") else None
        except yaml.YAMLError:
            continue
        if isinstance(entry, list) and isinstance(entry[0], dict) and entry[0].get("name") == wanted.name:
            return "\n".join(lines[:number] + lines[number + 1 :])
    return text


def _new_set(name: str) -> str:
    shipped = yaml.safe_load(resolve("objects", "fifteen").read_text(encoding="utf-8"))["classes"]
    head = yaml.safe_dump({"name": name, "classes": shipped}, sort_keys=False, default_flow_style=None)
    return f"# Objects of one's own. Units: m, rad; see docs/simulation.md.\n{head}objects:"


def _searched(wanted: Wanted, hand: Hand, report: Report | None) -> Wanted:
    """The same with the scale guessed where it was not given, and the best placement that was found."""
    from tacrefine.objects.surface import units
    from tacrefine.objects.surface.files import read_triangles
    from tacrefine.objects.surface.measure import read_surface
    from tacrefine.sim.placement.search import find_placement

    scale = wanted.scale
    if scale is None:
        points, faces = read_triangles(wanted.mesh)
        guessed = units.likeliest(np.ptp(points[faces.ravel()], axis=0))
        scale = 1.0 if guessed is None else guessed[1]
    surface = read_surface(wanted.mesh, scale, bool(wanted.repair))
    found = find_placement(surface, scale, hand, _half_range(wanted), report)
    if found is None:
        raise ConfigError(
            f"{wanted.mesh}: no placement was found at which {hand.grasp_sentence} of {hand.name} touch it; "
            "it may be too large, too small or too short for this hand; place it with --position and --rotation."
        )
    position, rotation = found
    return wanted._replace(scale=scale, position=position, rotation=rotation)


def _half_range(wanted: Wanted) -> np.ndarray:
    """(6,) m, rad: the sampling box of the class, in the set as it will be."""
    text = wanted.to.read_text(encoding="utf-8") if wanted.to.exists() else _new_set(wanted.to.stem)
    try:
        classes = yaml.safe_load(text)["classes"]
        box = ClassDescription.model_validate(classes[wanted.object_class]).half_range
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{wanted.to}: no class '{wanted.object_class}' with a half_range.") from error
    return np.array([getattr(box, axis) for axis in AXES])


def _examine(wanted: Wanted, hand: Hand, report: Report | None) -> AddedObject:
    from tacrefine.objects.surface import units
    from tacrefine.objects.surface.convex import MOST_PARTS
    from tacrefine.sim import QuasistaticSimulator

    added = load_objects(wanted.to)[wanted.name]
    measured = added.shape.measure(report)
    low, high = np.array(measured.bounds)
    size = high - low
    scale = 1.0 if wanted.scale is None else wanted.scale
    sample = load_plant("ideal").sample(hand, np.random.default_rng(0))
    box = added.sample_poses(np.random.default_rng(0), BOX_GRASPS)
    tried = QuasistaticSimulator(hand).grasp(added, np.concatenate([np.zeros((1, 6)), box]), sample)
    return AddedObject(
        name=wanted.name,
        scale=scale,
        position=wanted.position,
        rotation=wanted.rotation,
        size=(float(size[0]), float(size[1]), float(size[2])),
        axes=tuple(axis for axis, told in zip(AXES, added.observable, strict=True) if told),
        parts=len(measured.parts),
        most_parts=MOST_PARTS,
        deviation=measured.deviation,
        fingers=int(hand.fingers_in_contact(tried.force[:1])[0].sum()),
        all_fingers=len(hand.fingers),
        needed=hand.grasp_sentence,
        valid=bool(tried.valid[0]),
        share_valid=float(tried.valid[1:].mean()),
        notes=measured.notes,
        warning=units.warning(size / scale, scale),
        cache_file=added.shape.cache_file,
        object=added,
        auto_command=auto_command(wanted),
    )
