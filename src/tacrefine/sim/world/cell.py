"""What a cell's YAML may say. Lengths in m, angles in rad, masses in kg, stiffness in N/m and N m/rad.

The cell's frame is the object's grasp frame before anything moves it: x from the fingers to the thumb's side, z up.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from pydantic import Field, PositiveFloat, model_validator

from tacrefine.config import Coordinate, Description, Length, Name, Position, Vector3, load_yaml, resolve
from tacrefine.geometry import RigidTransform, transform

Friction = Field(default=0.3, ge=0.0, le=3.0, description="Coulomb coefficient against the object")
OLD_KEYS = ("grip_stiffness", "grip_rotation_stiffness")
"""of the scenes of version 0.1, in which springs carried the object; they say nothing any more"""
OF_SLOTS = ("depth", "length", "wall", "friction")
"""keys that a scene of version 0.1 gave once for all slots"""


class Body(Description):
    """The object as a body that moves."""

    mass: PositiveFloat = Field(le=20.0, description="kg")
    centre_of_mass: Position | None = Field(
        default=None, description="m, in the grasp frame; absent: the middle of the object's bounds"
    )


class Fixture(Description):
    """A nest that holds the object where it stands, until it is told to let go."""

    stiffness: PositiveFloat | None = Field(default=None, le=1e6, description="N/m; absent: rigid")
    rotation_stiffness: PositiveFloat | None = Field(
        default=None, le=1e4, description="N m/rad; absent: rigid"
    )

    @model_validator(mode="after")
    def _gives_both_or_none(self) -> Fixture:
        if (self.stiffness is None) != (self.rotation_stiffness is None):
            raise ValueError("stiffness and rotation_stiffness are given together, or neither (rigid)")
        return self


class Table(Description):
    """A level surface below the object."""

    height: Coordinate | None = Field(
        default=None, description="m, z of its top; absent: the object stands on it"
    )
    friction: float = Friction


class Slot(Description):
    """A straight slot along y, open at both ends, between two walls on a floor.

    `position` and `rotation_vector` are the pose of the object's grasp frame when the object is seated.
    """

    clearance: PositiveFloat | None = Field(
        default=None, le=0.1, description="m, both sides together: as wide as the object is thick, and this"
    )
    width: Length | None = Field(default=None, description="m between the walls, instead of clearance")
    position: Vector3
    rotation_vector: Vector3 = (0.0, 0.0, 0.0)
    depth: Length = 0.02
    length: Length = 0.30
    wall: Length = 0.01
    friction: float = Friction

    @model_validator(mode="after")
    def _has_one_width(self) -> Slot:
        if (self.clearance is None) == (self.width is None):
            raise ValueError("a slot needs exactly one of 'clearance' and 'width'")
        return self

    @property
    def pose(self) -> RigidTransform:
        """Of the seated object, in the cell's frame."""
        return transform(self.position, self.rotation_vector)

    def width_for(self, thickness: float) -> float:
        """Distance between the walls, m, for an object of that thickness."""
        return self.width if self.width is not None else thickness + (self.clearance or 0.0)


class Hole(Description):
    """A round blind hole along z, in a block with a floor, for what is held along the hand's axis.

    `position` and `rotation_vector` are the pose of the object's grasp frame when the object is seated.
    """

    clearance: PositiveFloat | None = Field(
        default=None, le=0.1, description="m, both sides together: as wide as the object, and this"
    )
    diameter: Length | None = Field(default=None, description="m, instead of clearance")
    position: Vector3
    rotation_vector: Vector3 = (0.0, 0.0, 0.0)
    depth: Length = Field(default=0.02, description="m, from the block's top to its floor")
    wall: Length = Field(default=0.015, description="m of material around the hole")
    floor: Length = Field(default=0.005, description="m of material below it")
    friction: float = Friction

    @model_validator(mode="after")
    def _has_one_diameter(self) -> Hole:
        if (self.clearance is None) == (self.diameter is None):
            raise ValueError("a hole needs exactly one of 'clearance' and 'diameter'")
        return self

    @property
    def pose(self) -> RigidTransform:
        """Of the seated object, in the cell's frame."""
        return transform(self.position, self.rotation_vector)

    def diameter_for(self, width: float) -> float:
        """Of the hole, m, for an object that is so wide."""
        return self.diameter if self.diameter is not None else width + (self.clearance or 0.0)


class Cell(Description):
    """What surrounds the hand. Without `body` the object is fixed for good, and nothing else is there."""

    name: Name
    description: str = ""
    body: Body | None = None
    fixture: Fixture | None = None
    table: Table | None = None
    slots: Mapping[str, Slot] = {}
    holes: Mapping[str, Hole] = {}

    @model_validator(mode="before")
    @classmethod
    def _reads_scenes(cls, content: Any) -> Any:
        """Scenes of version 0.1: one mass, one kind of slot, springs instead of friction."""
        if not isinstance(content, dict) or not any(key in content for key in OLD_KEYS):
            return content
        content = {key: value for key, value in content.items() if key not in OLD_KEYS}
        shared = {key: content.pop(key) for key in OF_SLOTS if key in content}
        slots = content.get("slots")
        if isinstance(slots, dict):
            content["slots"] = {
                name: {**shared, **slot} if isinstance(slot, dict) else slot for name, slot in slots.items()
            }
        if "mass" in content:
            content["body"] = {"mass": content.pop("mass")}
        return {"fixture": {}, **content}

    @model_validator(mode="after")
    def _holds_together(self) -> Cell:
        surroundings = [key for key in ("fixture", "table", "slots", "holes") if getattr(self, key)]
        if self.fixture is not None and "fixture" not in surroundings:
            surroundings.append("fixture")
        if self.body is None and surroundings:
            raise ValueError(f"'{surroundings[0]}' needs a 'body': without one the object is fixed for good")
        if self.body is not None and self.fixture is None and self.table is None:
            raise ValueError("a 'body' needs a 'fixture' that holds it or a 'table' to stand on, or it falls")
        return self


def load_cell(name_or_path: str | os.PathLike[str] = "fixed") -> Cell:
    """Read `config/cells/<name>.yaml` or a path; raises ConfigError with one sentence."""
    return load_yaml(resolve("cells", name_or_path), Cell)
