"""The wrist's poses out of what a bag has: PoseStamped, TransformStamped and the like, or TF."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.bags.reading import Bag, Recorded
from tacrefine.bags.schemas import TF, TF_STATIC, WRIST, Topic
from tacrefine.documents import first_upper, quoted
from tacrefine.errors import DataError
from tacrefine.frame_tree import FrameTree
from tacrefine.hands import Hand
from tacrefine.touch import SourceSettings
from tacrefine.touch.adapters.wrist import is_pose, numbers_in, numbers_of, pose_of_numbers

SHOWN = 12
"""frames that a sentence repeats"""


class WristPoses:
    """Finds where a bag tells of the wrist; DataError in one sentence where it does not.

    A topic for the wrist is preferred to TF, unless the settings name frames.
    """

    def __init__(self, bag: Bag, hand: Hand, settings: SourceSettings) -> None:
        self._path = bag.path
        self._tip = settings.tip_frame or hand.wrist_frame
        self._base = settings.base_frame
        self._tree = FrameTree()
        self.count = 0
        """poses found so far"""
        self.topics: tuple[Topic, ...] = (WRIST,)
        if settings.tip_frame or settings.base_frame or WRIST not in bag.channels:
            self.topics = (TF, TF_STATIC)
        if not any(topic in bag.channels for topic in self.topics):
            raise DataError(f"{bag.path}: {self._missing(bag)}")

    def poses(self, recorded: Recorded, message: Any) -> Iterator[tuple[NDArray[np.float64], str]]:
        """Poses (7,) of the wrist that a message tells of, position m and quaternion x y z w, with their frame."""
        if recorded.topic is WRIST:
            self.count += 1
            yield numbers_in(message), str(message.header.frame_id)
            return
        before = self._tree.chain(self._tip)
        moved = False
        for entry in message.transforms:
            pose = numbers_of(entry.transform.translation, entry.transform.rotation)
            if is_pose(pose):
                self._tree.observe(entry.header.frame_id, entry.child_frame_id, pose_of_numbers(pose))
                moved = moved or entry.child_frame_id.lstrip("/") in before
        chain = self._tree.chain(self._tip)
        base = self._base or chain[-1]
        found = self._tree.pose(base, self._tip) if moved or chain != before else None
        if found is not None and len(chain) > 1:
            self.count += 1
            yield np.concatenate([found.translation, found.rotation.as_quat()]), base

    def check(self) -> None:
        """Raise DataError where the messages never told where the wrist is."""
        if self.count:
            return
        if WRIST in self.topics:
            raise DataError(f"{self._path}: no messages on {WRIST.name}; a grasp needs the wrist's pose.")
        frames = self._tree.frames
        shown = ", ".join(map(quoted, frames[:SHOWN])) + (", ..." if len(frames) > SHOWN else "")
        base = f" in '{quoted(self._base)}'" if self._base else ""
        raise DataError(
            f"{self._path}: TF never tells where frame '{quoted(self._tip)}' stands{base}; "
            f"it has {shown or 'no frames'}. Name the frames of the robot's base and of the wrist (--base-frame, "
            "--tip-frame)."
        )

    @staticmethod
    def _missing(bag: Bag) -> str:
        if WRIST in bag.unfit:
            return f"{bag.unfit[WRIST]}; name the right one (--topic {WRIST.name}=TOPIC)."
        return (
            f"no messages on {WRIST.name} and none on {TF.name}; a grasp needs touch, joints and wrist pose. "
            f"{first_upper(bag.instead(WRIST))}. Name its topic (--topic {WRIST.name}=TOPIC)."
        )
