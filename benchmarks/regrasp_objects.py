"""Makes the object sets for regrasping out of seeds: families of primitives with random sizes, mass and friction.

    python benchmarks/regrasp_objects.py                             # writes config/regrasp/objects/*.yaml again
    python benchmarks/regrasp_objects.py --set hard --seed 7 --count 22 --out mine/hard_7.yaml

The same seed gives the same file. Sets of other seeds are for trying out rules and thresholds: the shipped ones `easy`
and `hard` are what results are measured on.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
import yaml

from tacrefine.config import share_dir
from tacrefine.objects.free_objects import Part, RegraspObject, RegraspObjectSet

Parts = list[Part]
Family = Callable[[np.random.Generator], Parts]
DECIMALS = 4
TRAINING_FAMILIES = 10
DENSITY = (500.0, 1500.0)
"""kg/m^3 of the bounding solids: things of a household are partly hollow"""
MASS = (0.06, 0.55)
"""kg"""
FRICTION = (0.35, 0.6)
HARD_MASS = {"slippery": (0.25, 0.4), "compliant": (0.25, 0.45), "irregular": (0.15, 0.35)}
"""kg: what is hard to hold is not light as well"""
SEEDS = {"training": 65, "easy": 1011, "hard": 2011}
COUNTS = {"training": 65, "easy": 11, "hard": 11}


class SetName(StrEnum):
    """What kind of objects."""

    training = "training"
    easy = "easy"
    hard = "hard"


def main(
    name: Annotated[
        SetName | None, typer.Option("--set", help="Kind of objects.", show_default="all three")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Another seed than that of the shipped set.")
    ] = None,
    count: Annotated[int | None, typer.Option(min=1, help="Another number of objects.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="File to write.", show_default="config/regrasp/objects/NAME.yaml")
    ] = None,
) -> None:
    """Write one set, or all three as they are shipped."""
    if name is None and (out or seed is not None or count):
        raise typer.BadParameter("--seed, --count and --out need --set.")
    if out is None and (seed is not None or count):
        raise typer.BadParameter("another --seed or --count needs --out: shipped sets stay as they are.")
    for each in [name] if name else list(SetName):
        path = out or share_dir() / "config" / "regrasp" / "objects" / f"{each}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(as_yaml(generate_set(each, seed, count)), encoding="utf-8")
        print(path)


def generate_set(name: str, seed: int | None = None, count: int | None = None) -> RegraspObjectSet:
    """Return the shipped set of that name (`training`, `easy` or `hard`), or one of its kind by another seed."""
    seed = SEEDS[name] if seed is None else seed
    rng = np.random.default_rng(seed)
    numbers = range(count or COUNTS[name])
    if name == "hard":
        objects = tuple(_hard(rng, name, number, seed) for number in numbers)
    else:
        objects = tuple(_ordinary(rng, name, number) for number in numbers)
    return RegraspObjectSet(name=name, seed=seed, objects=objects)


def as_yaml(objects: RegraspObjectSet) -> str:
    """Return the set as a file: one line an entry, default values left out."""
    head = (
        "# Objects for regrasping, generated from a seed by benchmarks/regrasp_objects.py. Units: m, kg, rad."
    )
    lines = [head, f"name: {objects.name}", f"seed: {objects.seed}", "objects:"]
    for item in objects.objects:
        entry = item.model_dump(mode="json", exclude_defaults=True, exclude={"parts"})
        lines.append("  - " + _flow(entry)[:-1] + ", parts: [")
        lines += [
            f"      {_flow(part.model_dump(mode='json', exclude_defaults=True))}," for part in item.parts
        ]
        lines.append("    ]}")
    return "\n".join(lines) + "\n"


def _flow(entry: dict[str, Any]) -> str:
    return str(yaml.safe_dump(entry, default_flow_style=True, sort_keys=False, width=10_000)).strip()


def _ordinary(rng: np.random.Generator, set_name: str, number: int) -> RegraspObject:
    families = list(FAMILIES)
    family = (
        families[number % len(families)] if set_name == "training" else families[rng.integers(len(families))]
    )
    return _object(rng, f"{set_name}_{number:02d}_{family}", FAMILIES[family](rng), rng.uniform(*FRICTION))


def _hard(rng: np.random.Generator, set_name: str, number: int, seed: int) -> RegraspObject:
    kinds = ("compliant", "small", "irregular", "top_heavy", "slippery")
    kind = kinds[number % len(kinds)]
    families = list(FAMILIES)
    family = families[rng.integers(len(families))]
    parts, friction = FAMILIES[family](rng), rng.uniform(*FRICTION)
    if kind == "small":
        parts = [
            _scaled(part, float(rng.uniform(0.5, 0.6)))
            for part in FAMILIES[("box", "ball", "egg")[number % 3]](rng)
        ]
    if kind == "irregular":
        family, parts = "cluster", _cluster(rng)
    if kind == "top_heavy":
        family, parts = "top_heavy", _top_heavy(rng)
    if kind == "slippery":
        friction = rng.uniform(0.24, 0.3)
    own = np.random.default_rng([seed, number])
    if kind == "irregular":  # where it is heavy cannot be seen
        parts = [
            part.model_copy(update={"share": part.share * float(np.exp(own.normal()))}) for part in parts
        ]
    made = _object(rng, f"{set_name}_{number:02d}_{kind}", parts, friction)
    changes: dict[str, float] = {}
    if kind in HARD_MASS:
        changes["mass"] = round(float(own.uniform(*HARD_MASS[kind])), 3)
    if kind == "compliant":
        changes["stiffness"] = float(np.round(np.exp(rng.uniform(*np.log([2e7, 6e7]))), -6))
    return made.model_copy(update=changes)


def _object(rng: np.random.Generator, name: str, parts: Parts, friction: float) -> RegraspObject:
    volume = sum(_volume(part) for part in parts)
    mass = float(np.clip(volume * np.exp(rng.uniform(*np.log(DENSITY))), *MASS))
    hue, base = rng.uniform(), rng.uniform(0.45, 0.95)
    coloured = []
    for part in parts:
        colour = colorsys.hsv_to_rgb((hue + rng.normal(0.0, 0.05)) % 1.0, rng.uniform(0.3, 0.9), base)
        coloured.append(
            part.model_copy(
                update={
                    "colour": tuple(round(c, 2) for c in colour),
                    "share": round(part.share * _volume(part) / volume, DECIMALS) or 10**-DECIMALS,
                }
            )
        )
    return RegraspObject(
        name=name, mass=round(mass, 3), friction=round(float(friction), 3), parts=tuple(coloured)
    )


def _volume(part: Part) -> float:
    size = np.array(part.size)
    match part.kind:
        case "box":
            return float(8 * size.prod())
        case "cylinder":
            return float(2 * np.pi * size[0] ** 2 * size[1])
        case "capsule":
            return float(np.pi * size[0] ** 2 * (2 * size[1] + 4 / 3 * size[0]))
        case "sphere":
            return float(4 / 3 * np.pi * size[0] ** 3)
    return float(4 / 3 * np.pi * size.prod())


def _part(
    kind: Any,
    size: tuple[float, ...],
    position: tuple[float, float, float] = (0.0, 0.0, 0.0),
    rotation: tuple[float, float, float] = (0.0, 0.0, 0.0),
    share: float = 1.0,
) -> Part:
    def rounded(values: tuple[float, ...]) -> Any:
        return tuple(round(float(value), DECIMALS) for value in values)

    return Part(
        kind=kind, size=rounded(size), position=rounded(position), rotation=rounded(rotation), share=share
    )


def _scaled(part: Part, factor: float) -> Part:
    return _part(
        part.kind,
        tuple(factor * value for value in part.size),
        tuple(factor * value for value in part.position),  # type: ignore[arg-type]
        part.rotation,
        part.share,
    )


LYING = (np.pi / 2, 0.0, 0.0)
"""turns a part's axis from z to -y"""


def _box(rng: np.random.Generator) -> Parts:
    return [_part("box", (rng.uniform(0.02, 0.035), rng.uniform(0.015, 0.03), rng.uniform(0.025, 0.06)))]


def _slab(rng: np.random.Generator) -> Parts:
    return [_part("box", (rng.uniform(0.05, 0.08), rng.uniform(0.014, 0.028), rng.uniform(0.018, 0.035)))]


def _can(rng: np.random.Generator) -> Parts:
    return [_part("cylinder", (rng.uniform(0.02, 0.038), rng.uniform(0.025, 0.06)))]


def _roll(rng: np.random.Generator) -> Parts:
    radius, half = rng.uniform(0.017, 0.028), rng.uniform(0.05, 0.08)
    return [_part("cylinder", (radius, half), rotation=LYING)]


def _ball(rng: np.random.Generator) -> Parts:
    return [_part("sphere", (rng.uniform(0.022, 0.038),))]


def _egg(rng: np.random.Generator) -> Parts:
    size = (rng.uniform(0.03, 0.05), rng.uniform(0.02, 0.034), rng.uniform(0.018, 0.03))
    return [_part("ellipsoid", size)]


def _bottle(rng: np.random.Generator) -> Parts:
    radius, half = rng.uniform(0.022, 0.034), rng.uniform(0.03, 0.045)
    neck, neck_half = radius * rng.uniform(0.35, 0.6), rng.uniform(0.012, 0.02)
    return [
        _part("cylinder", (radius, half)),
        _part("cylinder", (neck, neck_half), (0.0, 0.0, half + neck_half)),
    ]


def _mug(rng: np.random.Generator) -> Parts:
    radius, half = rng.uniform(0.028, 0.038), rng.uniform(0.035, 0.05)
    return [
        _part("cylinder", (radius, half)),
        _part("box", (0.014, 0.006, half * 0.6), (radius + 0.012, 0.0, 0.0)),
    ]


def _hammer(rng: np.random.Generator) -> Parts:
    half, radius = rng.uniform(0.045, 0.065), rng.uniform(0.013, 0.018)
    head = (rng.uniform(0.016, 0.024), rng.uniform(0.028, 0.04), rng.uniform(0.016, 0.024))
    return [
        _part("box", (half, radius, radius)),
        _part("box", head, (half + head[0], 0.0, head[2] - radius), share=float(rng.uniform(1.5, 3.0))),
    ]


def _dumbbell(rng: np.random.Generator) -> Parts:
    half, radius = rng.uniform(0.025, 0.04), rng.uniform(0.012, 0.016)
    ends = rng.uniform(0.022, 0.03, 2)
    return [
        _part("cylinder", (radius, half), rotation=(0.0, np.pi / 2, 0.0)),
        _part("sphere", (ends[0],), (half + ends[0] * 0.7, 0.0, 0.0), share=float(rng.uniform(0.6, 2.0))),
        _part("sphere", (ends[1],), (-half - ends[1] * 0.7, 0.0, 0.0)),
    ]


def _l_shape(rng: np.random.Generator) -> Parts:
    thick, foot, high = rng.uniform(0.013, 0.02), rng.uniform(0.03, 0.05), rng.uniform(0.03, 0.045)
    wide = rng.uniform(0.015, 0.028)
    return [
        _part("box", (foot, wide, thick)),
        _part("box", (thick, wide, high), (thick - foot, 0.0, thick + high)),
    ]


def _cone(rng: np.random.Generator) -> Parts:
    radius, half = rng.uniform(0.03, 0.04), rng.uniform(0.012, 0.018)
    parts, z = [], 0.0
    for factor in (1.0, 0.75, 0.5):
        parts.append(_part("cylinder", (radius * factor, half), (0.0, 0.0, z)))
        z += 2 * half
    return parts


def _capsule(rng: np.random.Generator) -> Parts:
    return [_part("capsule", (rng.uniform(0.018, 0.028), rng.uniform(0.025, 0.05)), rotation=LYING)]


def _cluster(rng: np.random.Generator) -> Parts:
    """Several overlapping blobs at random: nothing that a cylinder would describe."""
    parts = [_part("ellipsoid", tuple(rng.uniform(0.018, 0.03, 3)))]
    for _ in range(int(rng.integers(3, 5))):
        where = rng.uniform(-1.0, 1.0, 3) * (0.038, 0.022, 0.016)
        kind = ("box", "sphere", "ellipsoid")[rng.integers(3)]
        size = tuple(rng.uniform(0.01, 0.019, 1 if kind == "sphere" else 3))
        turn = tuple(rng.uniform(-0.8, 0.8, 3))
        parts.append(_part(kind, size, tuple(where), turn, float(rng.uniform(0.5, 3.0))))
    return parts


def _top_heavy(rng: np.random.Generator) -> Parts:
    """A light stem with a heavy head."""
    radius, half, head = rng.uniform(0.016, 0.022), rng.uniform(0.035, 0.05), rng.uniform(0.026, 0.034)
    return [
        _part("cylinder", (radius * 1.5, 0.006), (0.0, 0.0, -half)),
        _part("cylinder", (radius, half)),
        _part(
            "box",
            (head, head * 0.8, head * 0.7),
            (0.0, 0.0, half + head * 0.7),
            share=float(rng.uniform(2.0, 4.0)),
        ),
    ]


FAMILIES: dict[str, Family] = {
    "box": _box,
    "slab": _slab,
    "can": _can,
    "roll": _roll,
    "ball": _ball,
    "egg": _egg,
    "bottle": _bottle,
    "mug": _mug,
    "hammer": _hammer,
    "dumbbell": _dumbbell,
    "l_shape": _l_shape,
    "cone": _cone,
    "capsule": _capsule,
}


if __name__ == "__main__":
    typer.run(main)
