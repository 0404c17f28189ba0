"""The tasks that examples and demo do, and what each of them takes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from tacrefine.errors import ConfigError
from tacrefine.objects import GraspObject, Plate

ALONG_M = 0.005
"""m of execution error along a plate, which touch cannot tell and an open slot does not mind"""


class Task(StrEnum):
    """A task by name; TASKS says what each takes."""

    PLATE = "plate"
    PEG = "peg"


@dataclass(frozen=True)
class TaskScene:
    """Cell, hand, object set and part, model ("": the one named like the hand), plants of robot and refinement."""

    cell: str
    hand: str
    objects: str
    object: str
    place: str
    """slot or hole of the demo"""
    heading: str
    model: str = ""
    model_based: str = ""
    plant: str = "handling"
    position_tolerance: float = 0.0
    """m that a goal of the refinement may leave; 0: the server's default"""
    rotation_tolerance: float = 0.0
    """rad, the same"""
    search_radius: float = 0.0
    """m, of the spiral on which the part is led on the rim, see `tacrefine.planner.trees.Motion`; 0: there is none"""

    @property
    def tolerances(self) -> dict[str, float]:
        """Of a goal, by the names of `RefineGrasp` and `RefineSettings`; those that are not the default."""
        given = {
            "position_tolerance": self.position_tolerance,
            "rotation_tolerance": self.rotation_tolerance,
        }
        return {name: value for name, value in given.items() if value > 0.0}

    @property
    def model_name(self) -> str:
        """Name or path of the policy's model."""
        return self.model or self.hand


TASKS = {
    Task.PLATE: TaskScene(
        cell="slots",
        hand="five_finger",
        objects="fifteen",
        object="plate_8",
        place="2",
        heading="A plate of 8 mm into a slot of 10 mm, held by friction",
    ),
    Task.PEG: TaskScene(
        cell="peg_table",
        hand="parallel_gel",
        objects="pegs",
        object="peg_12x80",
        place="2",
        heading="A free-standing peg of 12 mm into a hole of 14 mm",
        # Its lower end is 80 mm below the pads: a degree is 1.4 mm there.
        position_tolerance=0.0002,
        rotation_tolerance=0.002,
        search_radius=0.0008,
    ),
}


def task_of(name: str) -> Task:
    """The task of that name; raises ConfigError in one sentence."""
    try:
        return Task(name)
    except ValueError:
        raise ConfigError(f"task '{name[:40]}' is unknown; allowed are {', '.join(Task)}") from None


def look(obj: GraspObject, rng: np.random.Generator) -> NDArray[np.float64]:
    """Pose (6,) of the wrist at which a camera's look takes it to the part: off by execution error, m and rad."""
    return off_along(obj, obj.sample_poses(rng, 1)[0], rng)


def off_along(obj: GraspObject, pose: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """A look (6,) that is off along a plate, too; of other parts the pose as it is."""
    if not isinstance(obj.shape, Plate):
        return pose
    return pose + np.array([0.0, rng.uniform(-ALONG_M, ALONG_M), 0.0, 0.0, 0.0, 0.0])
