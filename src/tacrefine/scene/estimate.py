"""Two frames of a refinement's estimate: where the grasp centre has to be, and where the object is in the hand."""

from __future__ import annotations

from tacrefine.geometry import RigidTransform
from tacrefine.hands import Hand
from tacrefine.scene.frames import Frame, frame_of
from tacrefine.scene.names import OBJECT, TARGET


class EstimateFrames:
    """Told of estimates, moves and the wrist. Poses are m, times monotonic s.

    The object hangs in the wrist from an estimate on, since the hand is closed then. Once the hand opens to move, the
    object stays where it is until the next estimate.
    """

    def __init__(self, hand: Hand, prefix: str, timeout: float) -> None:
        self._wrist = f"{prefix}{hand.wrist_frame}"
        self._target_name, self._object_name = f"{prefix}{TARGET}", f"{prefix}{OBJECT}"
        self._timeout = timeout
        self.forget()

    def forget(self) -> None:
        """Another target is wanted: nothing is known any more."""
        self._base = ""
        self._centre: RigidTransform | None = None
        self._in_wrist: RigidTransform | None = None
        self._is_held = True
        self._since = -float("inf")

    def observe(self, base: str, centre: RigidTransform, wrist: RigidTransform | None, now: float) -> None:
        """An estimate: the grasp centre has to be at `centre` in the frame `base`, the wrist is at `wrist` there."""
        self._base, self._centre, self._is_held, self._since = base, centre, True, now
        self._in_wrist = None if wrist is None else wrist.inv() * centre

    def let_go(self) -> None:
        """The hand opens and moves."""
        self._is_held = False

    def is_fresh(self, now: float) -> bool:
        """Whether the newest estimate is young enough to be shown."""
        return now - self._since <= self._timeout

    def frames(self, wrist: RigidTransform, now: float) -> list[Frame]:
        """The frames with the wrist at `wrist` in the base frame; none without a fresh estimate."""
        if self._centre is None or not self.is_fresh(now):
            return []
        if not self._is_held or self._in_wrist is None:
            self._in_wrist = wrist.inv() * self._centre
        return [
            frame_of(self._base, self._target_name, self._centre),
            frame_of(self._wrist, self._object_name, self._in_wrist),
        ]
