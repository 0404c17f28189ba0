"""Free objects to grasp: mass, friction, centre of mass, softness and the primitives that they are made of."""

from __future__ import annotations

import os
from typing import Literal

from pydantic import Field, model_validator

from tacrefine.config import Description, Vector3, load_yaml, resolve

SIZES = {"box": 3, "cylinder": 2, "capsule": 2, "sphere": 1, "ellipsoid": 3}
"""kind of part: how many numbers its size has (MuJoCo's half sizes)"""
Colour = tuple[float, float, float]


class Part(Description):
    """One primitive in the object's frame."""

    kind: Literal["box", "cylinder", "capsule", "sphere", "ellipsoid"]
    size: tuple[float, ...]
    """m; box and ellipsoid: three half sizes; cylinder and capsule: radius, half length; sphere: radius"""
    position: Vector3 = (0.0, 0.0, 0.0)
    """m"""
    rotation: Vector3 = (0.0, 0.0, 0.0)
    """rotation vector, rad"""
    share: float = Field(default=1.0, gt=0.0)
    """of the mass, relative to the other parts"""
    colour: Colour = (0.6, 0.6, 0.6)

    @model_validator(mode="after")
    def _has_its_sizes(self) -> Part:
        wanted = SIZES[self.kind]
        if len(self.size) != wanted or not all(0.0 < value <= 0.3 for value in self.size):
            raise ValueError(
                f"a {self.kind} needs {wanted} half sizes in (0, 0.3] m, found {list(self.size)}"
            )
        return self


class RegraspObject(Description):
    """One object; its frame's z is up when it stands as it was made."""

    name: str
    mass: float = Field(gt=0.0, le=2.0)
    """kg"""
    friction: float = Field(gt=0.0, le=2.0)
    """of its surface on the gel"""
    stiffness: float = Field(default=1e10, ge=1e6)
    """Pa/m, what its surface gives under pressure; above 1e9 it is rigid beside a gel"""
    parts: tuple[Part, ...] = Field(min_length=1)


class RegraspObjectSet(Description):
    """A YAML of objects; `seed` is what it was generated from."""

    name: str
    seed: int | None = None
    objects: tuple[RegraspObject, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_differ(self) -> RegraspObjectSet:
        names = [item.name for item in self.objects]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"object '{name}' is named twice")
        return self


def load_regrasp_objects(name_or_path: str | os.PathLike[str] = "training") -> tuple[RegraspObject, ...]:
    """Read `config/regrasp/objects/<name>.yaml` or a path; ConfigError with one sentence."""
    return load_yaml(resolve("regrasp/objects", name_or_path), RegraspObjectSet).objects
