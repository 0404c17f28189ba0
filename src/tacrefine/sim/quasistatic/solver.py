"""Batches of grasps without time steps: the elastic model's mechanics at rest.

Source of the tactile mechanics: TacRefineNet (arXiv 2509.25746), each taxel a sphere on a spring. Here every finger
is brought to static balance directly, tens of thousands of grasps a second on one core.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.plants import PlantSample
from tacrefine.sim.batch import GraspBatch
from tacrefine.sim.quasistatic.cache import compile_once
from tacrefine.sim.quasistatic.chains import finger_arrays, is_simple
from tacrefine.sim.quasistatic.closing import close_finger
from tacrefine.sim.quasistatic.distance import ALLOCATING, OPTIONS
from tacrefine.sim.quasistatic.group_closing import close_group
from tacrefine.sim.quasistatic.groups import group_arrays, groups_of
from tacrefine.sim.quasistatic.solids import SolidArrays, SolidPacker
from tacrefine.sim.quasistatic.workspace import make_group_space, make_workspace
from tacrefine.sim.quasistatic.wrench import TERMS
from tacrefine.sim.quasistatic.wrists import WristPlacer, Wrists

CHUNKS_PER_THREAD = 8


@njit(**OPTIONS)
def _close_some(chunk, chunks, solids, wrists, finger, tips, mechanics, space, start, force, angles, load):
    stop = start + finger.pad_start[len(finger.pad_start) - 1]
    # Every so many-th: objects that lie side by side in a batch take equally long, and threads get neighbouring chunks.
    for i in range(chunk, len(solids.kinds), chunks):
        span, shape = solids.spans[i], solids.parameters[i]
        near = (shape[0], solids.near[span[0] : span[1]])
        far = (shape[1], solids.far[span[2] : span[3]])
        closing, posture, load[i] = close_finger(
            solids.kinds[i], near, far, wrists.rotation[i], wrists.position[i], finger, tips[i], mechanics[i], space,
            force[i, start:stop],
        )  # fmt: skip
        angles[i, 0] = closing
        angles[i, 1] = posture


@njit(parallel=True, **ALLOCATING)
def _close_all(chunks, solids, wrists, finger, tips, mechanics, start, force, angles, load):
    for chunk in prange(chunks):
        space = make_workspace(finger.centres.shape[1], len(finger.core), len(finger.ratio))
        _close_some(chunk, chunks, solids, wrists, finger, tips, mechanics, space, start, force, angles, load)


@njit(**OPTIONS)
def _close_some_groups(
    chunk, chunks, solids, wrists, group, tips, mechanics, space, start, force, angles, load
):
    stop = start + group.pad_start[len(group.pad_start) - 1]
    for i in range(chunk, len(solids.kinds), chunks):
        span, shape = solids.spans[i], solids.parameters[i]
        near = (shape[0], solids.near[span[0] : span[1]])
        far = (shape[1], solids.far[span[2] : span[3]])
        close_group(
            solids.kinds[i], near, far, wrists.rotation[i], wrists.position[i], group, tips[i], mechanics[i], space,
            force[i, start:stop], load[i],
        )  # fmt: skip
        for d in range(len(space.q)):
            angles[i, d] = space.q[d]


@njit(parallel=True, **ALLOCATING)
def _close_all_groups(chunks, solids, wrists, group, tips, mechanics, start, force, angles, load):
    for chunk in prange(chunks):
        space = make_group_space(
            group.centres.shape[1], len(group.core), len(group.ratio), len(group.drives), TERMS
        )
        _close_some_groups(
            chunk, chunks, solids, wrists, group, tips, mechanics, space, start, force, angles, load
        )


@dataclass(frozen=True)
class MechanicsBatch:
    """The mechanics of N robots: what the solver needs of their plant samples."""

    values: NDArray[np.float64]
    """(N, 4): taxel stiffness, contact stiffness, core stiffness (N/m), factor on the closing torque"""
    offsets: NDArray[np.float64]
    """(N, F, 3) m, fingertip offsets in the pad frames"""

    @classmethod
    def of(cls, samples: PlantSample | Sequence[PlantSample], n: int) -> MechanicsBatch:
        """From one sample for all N robots, or one for each."""
        listed = [samples] if isinstance(samples, PlantSample) else list(samples)
        if len(listed) not in (1, n):
            raise ValueError(f"{len(listed)} plant samples for {n} poses; give one, or one for each pose.")
        rows = [
            (d.taxel_stiffness, d.contact_stiffness, d.backing_stiffness, d.closing_torque) for d in listed
        ]
        values, offsets = np.array(rows), np.stack([d.fingertip_offsets for d in listed])
        if len(listed) == 1:
            values, offsets = np.repeat(values, n, 0), np.repeat(offsets, n, 0)
        return cls(values, offsets)


class QuasistaticSimulator:
    """Closes a hand on objects, in batches.

    ``threads`` limits numba's threads for the calls of this process (default: numba's own setting). Results do not
    depend on the number of threads or on how a batch is split.
    """

    def __init__(self, hand: Hand, threads: int | None = None) -> None:
        self.hand = hand
        self._units = [_unit(hand, members) for members in groups_of(hand)]
        self._wrists = WristPlacer(hand.centre_from_wrist)
        self._solids = SolidPacker()
        if threads is not None:
            numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))

    def grasp(
        self,
        objects: GraspObject | Sequence[GraspObject],
        poses: NDArray[np.float64],
        samples: PlantSample | Sequence[PlantSample],
    ) -> GraspBatch:
        """Close the hand at ``(N, 6)`` pose coordinates (m, rad). Objects and samples: one, or one for each pose."""
        poses = np.atleast_2d(np.asarray(poses, float))
        return self.close(objects, poses, MechanicsBatch.of(samples, len(poses)))

    def close(
        self,
        objects: GraspObject | Sequence[GraspObject],
        poses: NDArray[np.float64],
        mechanics: MechanicsBatch,
    ) -> GraspBatch:
        """As :meth:`grasp`, with the mechanics of N robots as arrays."""
        compile_once()
        return self.solve(objects, poses, mechanics)

    def solve(
        self,
        objects: GraspObject | Sequence[GraspObject],
        poses: NDArray[np.float64],
        mechanics: MechanicsBatch,
    ) -> GraspBatch:
        """As :meth:`close`, with whatever kernels there are: what fills the cache calls this."""
        n = len(poses)
        solids = self._solids.of(objects, n)
        wrists = self._wrists(poses, solids.centres)
        # The kernels write every taxel, and add up each finger's as they go: here it would cost a tenth of closing.
        force = np.empty((n, self.hand.taxel_count), np.float32)
        load = np.empty((len(self.hand.fingers), n))
        joints = np.zeros((n, len(self.hand.joint_names)), np.float32)
        chunks = max(1, min(n, CHUNKS_PER_THREAD * numba.get_num_threads()))
        for unit in self._units:
            unit.close(_Batch(n, chunks, solids.arrays, wrists, mechanics, force, load, joints))
        return GraspBatch(force, joints, self.hand.counts_as_grasp(self.hand.touches(load.T)))


class _Batch(NamedTuple):
    """What is closed on, and where the results go: ``force`` (N, T), ``load`` (F, N), ``joints`` (N, J)."""

    n: int
    chunks: int
    solids: SolidArrays
    wrists: Wrists
    mechanics: MechanicsBatch
    force: NDArray[np.float32]
    load: NDArray[np.float64]
    joints: NDArray[np.float32]


class _OneFinger:
    """A finger with drives of its own: at most one that closes it and one that holds its posture."""

    def __init__(self, hand: Hand, index: int) -> None:
        finger = hand.fingers[index]
        self._index, self._arrays = index, finger_arrays(hand, finger)
        self._start = hand.finger_slices[index].start
        column = {name: i for i, name in enumerate(hand.joint_names)}
        first = len(self._arrays.ratio) - len(finger.joints)
        self._columns = [(j, column[joint.name]) for j, joint in enumerate(finger.joints, first)]

    def close(self, batch: _Batch) -> None:
        """Close it, and write its part of the results."""
        arrays, angles = self._arrays, np.zeros((batch.n, 2))
        tips = np.ascontiguousarray(batch.mechanics.offsets[:, self._index])
        _close_all(
            batch.chunks,
            batch.solids,
            batch.wrists,
            arrays,
            tips,
            batch.mechanics.values,
            self._start,
            batch.force,
            angles,
            batch.load[self._index],
        )
        for j, column in self._columns:
            batch.joints[:, column] = arrays.ratio[j] * angles[:, arrays.drive[j]] + arrays.offset[j]


class _Group:
    """Fingers that share drives, or a finger with several, sliding ones, or pads that are no grids."""

    def __init__(self, hand: Hand, members: Sequence[int]) -> None:
        fingers = [hand.fingers[index] for index in members]
        self._members, self._arrays = list(members), group_arrays(hand, fingers)
        self._parts = [hand.finger_slices[index] for index in members]
        moved = {joint.name for finger in fingers for joint in finger.joints}
        self._columns = [i for i, name in enumerate(hand.joint_names) if name in moved]

    def close(self, batch: _Batch) -> None:
        """Close them, and write their part of the results."""
        arrays = self._arrays
        angles = np.zeros((batch.n, len(arrays.drives)))
        load = np.empty((batch.n, len(self._members)))
        force = np.empty((batch.n, int(arrays.pad_start[-1])), np.float32)
        tips = np.ascontiguousarray(batch.mechanics.offsets[:, self._members])
        _close_all_groups(
            batch.chunks,
            batch.solids,
            batch.wrists,
            arrays,
            tips,
            batch.mechanics.values,
            0,
            force,
            angles,
            load,
        )
        start = 0
        for part in self._parts:
            size = part.stop - part.start
            batch.force[:, part] = force[:, start : start + size]
            start += size
        batch.load[self._members] = load.T
        for j, column in enumerate(self._columns):
            batch.joints[:, column] = arrays.ratio[j] * angles[:, arrays.drive[j]] + arrays.offset[j]


def _unit(hand: Hand, members: Sequence[int]) -> _OneFinger | _Group:
    if len(members) == 1 and is_simple(hand.fingers[members[0]]):
        return _OneFinger(hand, members[0])
    return _Group(hand, members)


__all__ = ["MechanicsBatch", "QuasistaticSimulator"]
