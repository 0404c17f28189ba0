"""From bags to the groups of grasps that training, fine-tuning and calibration read.

`read_bags(paths, hand, objects)` is the interface; what it gives is measured, not simulated:

- `groups.force` ``(B, G, T)`` N: mean reading of a grasp times full scale, NaN where a taxel is dead. Readings 0..1 are
  ``force / hand.full_scale``.
- `groups.joints` ``(B, G, J)`` rad: mean measured positions.
- `groups.coordinates` ``(B, G, 6)`` m, rad: the grasp centre in a frame that stands still in the episode. Labels cost
  no motion capture: they are wrist poses, so only *differences within an episode* are measured. The frame's origin is
  the target's grasp if the bag holds a target that was shown on the object where it stands now, else the middle of the
  episode's grasps; it is the object's grasp frame only as far as people place things, and
  `tacrefine.calibration.poses.guessed` finds the rest.
- `groups.valid` ``(B, G)``: False where an episode has fewer than G grasps; such slots are zero.
- `groups.objects` ``(B,)``: index into the names of `objects`, in their order.
- `episodes` ``(B,)``: index into `sources`. Without `size` there is one group for each episode and G is the longest;
  with it, episodes are cut into groups of at most that many grasps, in the order in which they were made.

`write_dataset` writes the same in the format of `tacrefine generate`, so `tacrefine calibrate DIR` and
`tacrefine.data.dataset.DatasetGroups` read it. Every reading went through `tacrefine.touch.TouchStream`, like those of
the live policy node.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacrefine.data.stream import GraspGroups
from tacrefine.hands import Hand
from tacrefine.objects import GraspObject


@dataclass(frozen=True)
class EpisodeSource:
    """Where an episode came from: its bag, object, target and goal ids (empty if none), first and last stamp, s."""

    bag: str
    object: str
    target_id: str
    goal_id: str
    grasps: int
    begin: float
    end: float


@dataclass(frozen=True)
class RecordedGrasps:
    """See the module. `frames` is the number of readings averaged in each grasp."""

    groups: GraspGroups
    episodes: NDArray[np.int64]
    sources: tuple[EpisodeSource, ...]
    objects: tuple[str, ...]
    frames: int

    @property
    def grasps(self) -> int:
        """Valid grasps."""
        return int(self.groups.valid.sum())


def read_bags(
    paths: Sequence[Path],
    hand: Hand,
    objects: Mapping[str, GraspObject],
    *,
    object_name: str = "",
    frames: int = 8,
    size: int | None = None,
    cut: str = "auto",
    names: Mapping[str, str] | None = None,
) -> RecordedGrasps:
    """Every grasp of these bags; a folder stands for all bags in it.

    `object_name` says what was grasped where a bag does not; `cut` is where episodes end: 'goal' (each goal of the
    refine server), 'bag' (the object stood still for the whole bag) or 'auto'; `names` maps topics ('tactile', ...) to
    those of the bag. Raises DataError in one sentence: no bag, unreadable, another hand, unknown object, no grasp.
    """
    raise NotImplementedError
