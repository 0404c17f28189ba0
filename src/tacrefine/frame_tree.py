"""Frames that hang in each other, as TF tells of them: where one stands in another, from the newest transforms."""

from __future__ import annotations

from tacrefine.geometry import RigidTransform

DEEPEST = 100
"""transforms between two frames; more means that frames hang in a circle"""


class FrameTree:
    """Feed it every transform as it comes; frames are called with or without a slash in front."""

    def __init__(self) -> None:
        self._parents: dict[str, tuple[str, RigidTransform]] = {}

    def observe(self, parent: str, child: str, pose: RigidTransform) -> None:
        """Take the pose of the frame `child` in its parent, m."""
        self._parents[child.lstrip("/")] = (parent.lstrip("/"), pose)

    @property
    def frames(self) -> list[str]:
        """All frames, sorted."""
        parents = {parent for parent, _ in self._parents.values()}
        return sorted(parents | self._parents.keys())

    def chain(self, frame: str) -> list[str]:
        """The frame, what it hangs in, and so on up to the root; [] where frames hang in a circle."""
        names = [frame.lstrip("/")]
        while names[-1] in self._parents:
            names.append(self._parents[names[-1]][0])
            if len(names) > DEEPEST:
                return []
        return names

    def between(self, base: str, tip: str) -> list[str]:
        """The frames whose motion moves `tip` in `base`; [] while the transforms between them have not all come."""
        up, down = self.chain(tip), self.chain(base)
        common = next((name for name in up if name in down), None)
        return [] if common is None else up[: up.index(common)] + down[: down.index(common)]

    def pose(self, base: str, tip: str) -> RigidTransform | None:
        """Where `tip` stands in `base`, m; None while the transforms between them have not all come."""
        up, down = self.chain(tip), self.chain(base)
        common = next((name for name in up if name in down), None)
        if common is None:
            return None
        return self._below(common, down).inv() * self._below(common, up)

    def _below(self, top: str, chain: list[str]) -> RigidTransform:
        """Where the first frame of a chain stands in one further up."""
        pose = RigidTransform.identity()
        for name in chain[: chain.index(top)]:
            pose = self._parents[name][1] * pose
        return pose
