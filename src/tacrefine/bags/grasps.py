"""Finds the grasps in a stream of messages: a closed hand whose joints rest while the fingers that a grasp needs touch.

Plain objects in, plain objects out; `tacrefine.bags.episodes` feeds it from a bag.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.errors import TacrefineError
from tacrefine.geometry import RigidTransform, Rotation, from_quaternion, to_coordinates
from tacrefine.hands import Hand
from tacrefine.refine.settings import RefineSettings
from tacrefine.touch import (
    ContactState,
    PadReading,
    RestDetector,
    SourceSettings,
    TouchFrame,
    TouchStream,
    contact_state,
)
from tacrefine.touch.adapters.wrist import is_pose
from tacrefine.touch.settings import JOINT_STATE_AGE

SETTLED_BY = ("settled_speed", "settled_window", "settle_time", "arrival_position", "arrival_rotation")


@dataclass(frozen=True, eq=False)
class RecordedGrasp:
    """One settled grasp. `tactile` (T,) 0..1 (NaN = dead) and `joints` (J,) rad are means over its frames.

    `wrist` is the wrist's pose (m) in `frame_id`; `goal` and `target` are ids, empty where there was none; `truth` (6,)
    m and rad is the simulator's, NaN elsewhere.
    """

    stamp: float
    tactile: NDArray[np.float32]
    joints: NDArray[np.float32]
    wrist: RigidTransform
    frame_id: str
    goal: str
    target: str
    truth: NDArray[np.float64]


@dataclass
class _Window:
    """Frames of one grasp, as far as it has gone, with the pose of the wrist beside each."""

    since: float
    frames: list[TouchFrame] = field(default_factory=list)
    stamps: list[float] = field(default_factory=list)
    wrists: list[NDArray[np.float64]] = field(default_factory=list)


class GraspFinder:
    """Feed it in the order in which messages came; `grasps` grows. `frames`: readings averaged in each grasp.

    Poses come as x y z (m) and quaternion x y z w (7,): a RigidTransform for each message would take most of the time.
    """

    def __init__(
        self,
        hand: Hand,
        frames: int,
        settings: RefineSettings | None = None,
        source: SourceSettings | None = None,
    ) -> None:
        self.hand, self._frames = hand, frames
        self._settings = settings or RefineSettings()
        self._rest = RestDetector(self._settings.settled_window, self._settings.settled_speed)
        touch = source or SourceSettings(joint_state_age=JOINT_STATE_AGE)
        self.stream = TouchStream(hand, touch, self._rest)
        self._window: _Window | None = None
        self._held_at: NDArray[np.float64] | None = None
        self._wrist: NDArray[np.float64] | None = None
        self._frame_id = self._goal = self._target = ""
        self._truth: NDArray[np.float64] | None = None
        self.grasps: list[RecordedGrasp] = []
        self.readings = self.refused = self.short = 0
        self.problem = ""

    def joints(self, stamp: float, names: Sequence[str], positions: Sequence[float]) -> None:
        """A joint state, rad."""
        try:
            self.stream.observe_joints(stamp, names, positions)
        except TacrefineError as error:
            self.problem = str(error)

    def wrist(self, pose: NDArray[np.float64], frame_id: str) -> None:
        """The wrist's pose (7,); a grasp ends where it moves. What is no pose is passed over."""
        if not is_pose(pose):
            self.problem = "wrist_pose holds numbers that are not finite, or no unit quaternion"
            return
        first = self._window.wrists[0] if self._window and self._window.wrists else self._held_at
        if first is not None:
            metres = float(np.linalg.norm(pose[:3] - first[:3]))
            radians = 2.0 * np.arccos(min(1.0, abs(float(pose[3:] @ first[3:]))))
            limits = self._settings
            far = metres > limits.arrival_position or radians > limits.arrival_rotation
            if far or frame_id != self._frame_id:
                self.end_grasp()
        self._wrist, self._frame_id = pose, frame_id

    def truth(self, pose: NDArray[np.float64]) -> None:
        """Where the simulator says the grasp centre is in the object's frame (7,)."""
        self._truth = pose

    def context(self, goal: str, target: str) -> None:
        """Ids of the goal that runs and of the target that is shown; a grasp ends where they change."""
        if (goal, target) != (self._goal, self._target):
            self.end_grasp()
            self._goal, self._target = goal, target

    def reading(self, stamp: float, pads: Sequence[PadReading]) -> TouchFrame | None:
        """A tactile reading; returns its tensors, as the live policy node makes them, None if it is refused."""
        self.readings += 1
        try:
            frame = self.stream.frame(stamp, pads)
        except TacrefineError as error:
            self.refused, self.problem = self.refused + 1, str(error)
            return None
        contact = contact_state(self.hand, frame, closed=self.stream.posture.closed(frame.joints))
        if contact is ContactState.NONE:
            self.end_grasp()
        elif contact is not ContactState.GOOD or self._wrist is None or not self._rest.is_at_rest():
            self._drop_window()
        elif self._held_at is None:
            self._collect(frame, stamp, self._wrist)
        return frame

    def _collect(self, frame: TouchFrame, stamp: float, wrist: NDArray[np.float64]) -> None:
        window = self._window = self._window or _Window(stamp)
        if stamp - window.since < self._settings.settle_time:
            return
        window.frames.append(frame)
        window.stamps.append(stamp)
        window.wrists.append(wrist)
        if len(window.frames) == self._frames:
            self.grasps.append(self._grasp(window))
            self._window, self._held_at = None, window.wrists[0]

    def end_grasp(self) -> None:
        """Whatever comes next is another grasp: the hand let go, the wrist moved, or it belongs to something else.

        Until then a hand that stirs is still in the same grasp.
        """
        self._drop_window()
        self._held_at = None

    def _drop_window(self) -> None:
        self.short += self._window is not None and bool(self._window.frames)
        self._window = None

    def _grasp(self, window: _Window) -> RecordedGrasp:
        wrists = np.stack(window.wrists)
        wrist = RigidTransform.from_components(
            wrists[:, :3].mean(axis=0), Rotation.from_quat(wrists[:, 3:]).mean()
        )
        truth = np.full(6, np.nan)
        if self._truth is not None:
            truth = to_coordinates(from_quaternion(self._truth[:3], self._truth[3:]))
        return RecordedGrasp(
            stamp=window.stamps[-1],
            tactile=np.stack([frame.tactile for frame in window.frames]).mean(axis=0),
            joints=np.stack([frame.joints for frame in window.frames]).mean(axis=0),
            wrist=wrist,
            frame_id=self._frame_id,
            goal=self._goal,
            target=self._target,
            truth=truth,
        )


def settled_of(settings: RefineSettings) -> dict[str, float]:
    """The settings that decide which grasps a recording holds, for its metadata."""
    names = (*SETTLED_BY, "joint_state_age")  # which only settings of a node have
    return {name: getattr(settings, name) for name in names if hasattr(settings, name)}


def pad_readings(message: Any) -> list[PadReading]:
    """The pads of a decoded TactileArray."""
    return [
        PadReading(
            pad.name,
            int(pad.rows),
            int(pad.cols),
            int(pad.unit),
            np.asarray(pad.data, np.float32),
            int(getattr(pad, "components", 1)),  # bags of before do not say
        )
        for pad in message.pads
    ]


def shapes_of(pads: Sequence[PadReading]) -> Mapping[str, tuple[int, int]]:
    """Rows and columns of each pad by its name."""
    return {pad.name: (pad.rows, pad.cols) for pad in pads}
