"""From bags to the groups of grasps that fine-tuning and calibration read.

`read_bags(paths, hand, objects)` is the interface; what it gives is measured, not simulated:

- `groups.measured` ``(B, G, T)`` N: mean reading of a grasp times full scale, NaN where a taxel is dead. Readings
  0..1 are ``measured / hand.full_scale``.
- `groups.joints` ``(B, G, J)`` rad: mean measured positions.
- `groups.coordinates` ``(B, G, 6)`` m, rad: the grasp centre in a frame that stands still in the episode. Labels cost
  no motion capture: they are wrist poses, so only *differences within an episode* are measured. The frame's origin is
  the target's grasp if the bag holds a target that was shown on the object where it stands now, else the middle of the
  episode's grasps; it is the object's grasp frame only as far as people place things, and
  `tacrefine.identification.poses.guessed` finds the rest.
- `groups.valid` ``(B, G)``: False where an episode has fewer than G grasps; such slots are zero.
- `groups.objects` ``(B,)``: index into the names of `objects`, in their order.
- `episodes` ``(B,)``: index into `sources`. Without `size` there is one group for each episode and G is the longest;
  with it, episodes are cut into groups of at most that many grasps, in the order in which they were made; a last one of
  a single grasp is left out.
- `truth` ``(B, G, 6)`` m, rad: the simulator's coordinates where the bag has them, else NaN; for tests only.

`write_dataset` writes the same in the format of `tacrefine generate`, so `tacrefine calibrate DIR` and
`tacrefine.data.dataset.load_readings` read it. Every reading went through `tacrefine.touch.TouchStream`, like those of
the live policy node.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.bags.episodes import Grasps, coordinates_of, episodes_in
from tacrefine.bags.extraction import read_grasps
from tacrefine.bags.files import find_bags
from tacrefine.bags.grasps import RecordedGrasp
from tacrefine.bags.reading import Bag
from tacrefine.data.groups import ReadingGroups
from tacrefine.data.sharded import INDEX
from tacrefine.data.shards import pack_shard, shard_name, write_shard
from tacrefine.documents import quoted, write_atomically
from tacrefine.errors import DataError
from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.refine.settings import RefineSettings
from tacrefine.touch import SourceSettings


@dataclass(frozen=True)
class EpisodeSource:
    """Where an episode came from: its bag, object, target and goal ids (empty if none), first and last stamp, s.

    `joint_state_age`, s, is the largest difference between stamps of joint states and readings that it was read with.
    """

    bag: str
    object: str
    target_id: str
    goal_id: str
    grasps: int
    begin: float
    end: float
    joint_state_age: float


@dataclass(frozen=True)
class RecordedGrasps:
    """Groups, episodes and truth as described above. `frames` is the number of readings averaged in each grasp, `notes`
    say what was corrected, clipped, refused or could not be read, a sentence each.
    """

    groups: ReadingGroups
    episodes: NDArray[np.int64]
    sources: tuple[EpisodeSource, ...]
    objects: tuple[str, ...]
    frames: int
    truth: NDArray[np.float64]
    notes: tuple[str, ...] = ()

    @property
    def grasps(self) -> int:
        """Number of valid grasps over all groups."""
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
    settings: RefineSettings | None = None,
    source: SourceSettings | None = None,
    progress: Callable[[int], None] = lambda messages: None,
    on_fault: Callable[[Path, DataError], None] | None = None,
) -> RecordedGrasps:
    """Every grasp of these bags; a folder stands for all bags in it.

    `object_name` says what was grasped where a bag does not; `cut` is where episodes end: 'goal' (each goal of the
    refine server), 'bag' (the object stood still for the whole bag) or 'auto'; `names` maps topics ('tactile', ...) to
    those of the bag; `settings` say when a hand is settled, if the server ran with others than the defaults; `source`
    says how messages become touch and where the wrist is. A bag that cannot be used goes to `on_fault`, and the others
    are read; without it the first one ends it.

    Raises DataError in one sentence: no bag, unreadable, another hand, unknown object, no grasp.
    """
    episodes: list[tuple[Grasps, NDArray[np.float64], EpisodeSource]] = []
    notes: list[str] = []
    damage: list[str] = []
    faults: list[DataError] = []
    grasps = 0
    bags = find_bags(paths)
    for path in bags:
        try:
            with Bag(path, names) as bag:
                found = read_grasps(bag, hand, frames, settings, progress, source)
                of_bag = []
                for episode in episodes_in(bag, found, cut):
                    episode.object = episode.object or object_name
                    item = _known(path, episode.object, objects)
                    labels = coordinates_of(hand, episode, found.targets, item.half_range)
                    of_bag.append((episode, labels, _source(path, episode, found.source.joint_state_age)))
                episodes += of_bag
                damage += bag.notes
                notes += bag.notes + found.notes
                grasps += len(found.grasps)
        except DataError as error:
            if on_fault is None or len(bags) == 1:
                raise
            faults.append(error)
            on_fault(path, error)
    if not episodes:
        if faults:
            more = f" And {len(faults) - 1} more bags cannot be used." if len(faults) > 1 else ""
            raise DataError(f"{faults[0]}{more}")
        where = ", ".join(map(str, paths))
        found_here = (
            f"{grasps} grasps, no two" if grasps else "no grasp (closed hand at rest that touches), so none"
        )
        told = "".join(f" {note}" for note in damage[:2])
        raise DataError(f"{where}: {found_here} of an object that stood still; nothing to learn from.{told}")
    return _grouped(hand, tuple(objects), episodes, frames, size, notes)


def write_dataset(recorded: RecordedGrasps, hand: Hand, folder: Path) -> dict[str, Any]:
    """Write the groups as a dataset and return its index; DataError if the folder holds anything already."""
    if folder.exists() and any(folder.iterdir()):
        raise DataError(f"{folder}: holds files already; choose a folder that is empty or not there.")
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "hand": hand.name,
        "bags": [vars(source) for source in recorded.sources],
        "frames": recorded.frames,
    }
    metadata = {
        "settings": settings,
        "shard": 0,
        "objects": list(recorded.objects),
        "hand_signature": hand.signature,
        "episodes": recorded.episodes.tolist(),
    }
    entry = write_shard(folder / shard_name(0), pack_shard(recorded.groups, metadata))
    index = {"settings": settings, "samples": entry["samples"], "shards": [entry]}
    write_atomically(folder / INDEX, json.dumps(index, indent=2) + "\n")
    return index


def _known(path: Path, name: str, objects: Mapping[str, GraspObject]) -> GraspObject:
    if not name:
        raise DataError(f"{path}: nothing in the bag tells which object was grasped; name it (--object).")
    if name not in objects:
        raise DataError(
            f"{path}: object '{quoted(name)}' is unknown; the object set has {', '.join(objects)}."
        )
    return objects[name]


def _source(path: Path, episode: Grasps, joint_state_age: float) -> EpisodeSource:
    grasps = episode.grasps
    return EpisodeSource(
        bag=str(path),
        object=episode.object,
        target_id=episode.target,
        goal_id=episode.goal,
        grasps=len(grasps),
        begin=grasps[0].stamp,
        end=grasps[-1].stamp,
        joint_state_age=joint_state_age,
    )


def _grouped(
    hand: Hand,
    objects: tuple[str, ...],
    episodes: Sequence[tuple[Grasps, NDArray[np.float64], EpisodeSource]],
    frames: int,
    size: int | None,
    notes: Sequence[str],
) -> RecordedGrasps:
    """Episodes as groups of one common size, what is missing marked as not valid."""
    parts: list[tuple[int, list[RecordedGrasp], NDArray[np.float64]]] = []
    for number, (episode, labels, _) in enumerate(episodes):
        step = size or len(episode.grasps)
        for at in range(0, len(episode.grasps), step):
            part = episode.grasps[at : at + step]
            if len(part) > 1 or step == 1:
                parts.append((number, part, labels[at : at + step]))
    shape = (len(parts), max(len(part) for _, part, _ in parts))
    measured = np.zeros((*shape, hand.taxel_count), np.float32)
    joints = np.zeros((*shape, len(hand.joint_names)), np.float32)
    coordinates = np.zeros((*shape, 6), np.float32)
    valid = np.zeros(shape, bool)
    truth = np.full((*shape, 6), np.nan)
    for row, (_, part, labels) in enumerate(parts):
        n = len(part)
        measured[row, :n] = np.stack([grasp.tactile for grasp in part]) * hand.full_scale
        joints[row, :n] = np.stack([grasp.joints for grasp in part])
        coordinates[row, :n], valid[row, :n] = labels, True
        truth[row, :n] = np.stack([grasp.truth for grasp in part])
    owners = np.array([number for number, _, _ in parts])
    names = [objects.index(episodes[number][0].object) for number in owners]
    groups = ReadingGroups(
        measured=measured,
        joints=joints,
        coordinates=coordinates,
        valid=valid,
        objects=np.array(names, np.int16),
    )
    sources = tuple(source for *_, source in episodes)
    return RecordedGrasps(groups, owners, sources, objects, frames, truth, tuple(notes))
