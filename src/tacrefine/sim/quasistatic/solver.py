"""Batches of grasps without time steps: the elastic model's mechanics at rest.

Source of the tactile mechanics: TacRefineNet (arXiv 2509.25746), each taxel a sphere on a spring. Here every finger
is brought to static balance directly, tens of thousands of grasps a second on one core.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.plants import PlantSample
from tacrefine.sim.batch import GraspBatch
from tacrefine.sim.quasistatic.cache import compile_once
from tacrefine.sim.quasistatic.chains import finger_arrays
from tacrefine.sim.quasistatic.closing import close_finger
from tacrefine.sim.quasistatic.distance import ALLOCATING, OPTIONS
from tacrefine.sim.quasistatic.solids import SolidPacker
from tacrefine.sim.quasistatic.workspace import make_workspace
from tacrefine.sim.quasistatic.wrists import WristPlacer

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
        self._fingers = [finger_arrays(hand, finger) for finger in hand.fingers]
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
        load = np.empty((len(self._fingers), n))
        joints = np.zeros((n, len(self.hand.joint_names)), np.float32)
        column = {name: i for i, name in enumerate(self.hand.joint_names)}
        chunks = max(1, min(n, CHUNKS_PER_THREAD * numba.get_num_threads()))
        for f, (arrays, finger, part) in enumerate(
            zip(self._fingers, self.hand.fingers, self.hand.finger_slices, strict=True)
        ):
            angles = np.zeros((n, 2))
            tips = np.ascontiguousarray(mechanics.offsets[:, f])
            _close_all(
                chunks,
                solids.arrays,
                wrists,
                arrays,
                tips,
                mechanics.values,
                part.start,
                force,
                angles,
                load[f],
            )
            for j, joint in enumerate(finger.joints, len(arrays.ratio) - len(finger.joints)):
                joints[:, column[joint.name]] = (
                    arrays.ratio[j] * angles[:, arrays.drive[j]] + arrays.offset[j]
                )
        return GraspBatch(force, joints, self.hand.counts_as_grasp(self.hand.touches(load.T)))


__all__ = ["MechanicsBatch", "QuasistaticSimulator"]
