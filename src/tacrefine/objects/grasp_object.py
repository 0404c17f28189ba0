"""A known object: its shape, its class, and what touch can tell of its pose."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from tacrefine.config import Description, load_yaml, resolve
from tacrefine.geometry import AXES
from tacrefine.objects.mesh import Mesh
from tacrefine.objects.shapes import Shape


class HalfRange(Description):
    """Half ranges of the sampled pose coordinates; an absent axis is one that touch cannot tell."""

    x: float = Field(default=0.0, ge=0.0, le=0.05)
    y: float = Field(default=0.0, ge=0.0, le=0.05)
    z: float = Field(default=0.0, ge=0.0, le=0.05)
    roll: float = Field(default=0.0, ge=0.0, le=1.0)
    pitch: float = Field(default=0.0, ge=0.0, le=1.0)
    yaw: float = Field(default=0.0, ge=0.0, le=1.0)


class ClassDescription(Description):
    """What all objects of a class share."""

    half_range: HalfRange


class ObjectDescription(Description):
    """One object of a set."""

    name: str
    object_class: str = Field(alias="class")
    shape: Shape


class ObjectSet(Description):
    """A YAML of objects and of the classes they belong to."""

    name: str
    classes: dict[str, ClassDescription]
    objects: tuple[ObjectDescription, ...] = Field(min_length=1, max_length=10_000)

    @model_validator(mode="after")
    def _classes_exist(self) -> ObjectSet:
        names = [item.name for item in self.objects]
        for item in self.objects:
            if item.object_class not in self.classes:
                raise ValueError(
                    f"object '{item.name}' is of unknown class '{item.object_class}' (known: {', '.join(self.classes)})"
                )
            if names.count(item.name) > 1:
                raise ValueError(f"object '{item.name}' is named twice")
        return self


@dataclass(frozen=True, eq=False)
class GraspObject:
    """An object in its grasp frame; ``observable`` and ``half_range`` are ``(6,)`` over pose coordinates (m, rad)."""

    name: str
    object_class: str
    shape: Any
    observable: NDArray[np.bool_]
    half_range: NDArray[np.float64]

    def sample_poses(self, rng: np.random.Generator, n: int, scale: float = 1.0) -> NDArray[np.float64]:
        """Draw ``(n, 6)`` pose coordinates uniformly from the box, widened by ``scale``."""
        return rng.uniform(-1.0, 1.0, (n, 6)) * self.half_range * scale


def load_objects(name_or_path: str | os.PathLike[str] = "fifteen") -> dict[str, GraspObject]:
    """Read an object set by name or path, in file order; raises ConfigError with one sentence."""
    path = resolve("objects", name_or_path)
    described = load_yaml(path, ObjectSet)
    objects = {}
    for item in described.objects:
        shape = item.shape.beside(path.parent) if isinstance(item.shape, Mesh) else item.shape
        box = described.classes[item.object_class].half_range
        half_range = np.array([getattr(box, axis) for axis in AXES])
        objects[item.name] = GraspObject(item.name, item.object_class, shape, half_range > 0, half_range)
    return objects
