"""Grasps a second of the quasistatic model, for ``tactile_models.py``: on one core, and what a second core adds."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numba
import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.plants import PlantSample
from tacrefine.sim import QuasistaticSimulator

BATCH = 4000
ROUNDS = 12
PLAIN_CHUNKS = 64
PLAIN_LENGTH = 1024
"""numbers a chunk: they stay in a core's first cache"""
PLAIN_REPEATS = 600


def throughput(hand: Hand, objects: Sequence[GraspObject], draw: PlantSample) -> dict[str, float]:
    """Grasps a second of processor time on one core for each object: the best of several rounds, on random poses.

    A round goes through all objects, so that what disturbs the machine for a second does not meet one object only.
    """
    rng = np.random.default_rng(7)
    simulator = QuasistaticSimulator(hand, threads=1)
    poses = {obj.name: obj.sample_poses(rng, BATCH) for obj in objects}
    best = dict.fromkeys(poses, np.inf)
    for obj in objects:
        simulator.grasp(obj, poses[obj.name][:8], draw)
    for _ in range(ROUNDS):
        for obj in objects:
            # Processor time: other programs on the machine count only by what they take from a shared core.
            start = time.process_time()
            simulator.grasp(obj, poses[obj.name], draw)
            best[obj.name] = min(best[obj.name], time.process_time() - start)
    return {name: BATCH / seconds for name, seconds in best.items()}


def scaling(hand: Hand, objects: Sequence[GraspObject], draw: PlantSample) -> dict[str, float]:
    """Two threads against one on a batch of all objects, and on plain arithmetic for what this machine can give.

    Wall time; only an idle machine shows it. The plain loop multiplies and adds in a core's first cache and touches
    nothing else, so whatever it misses of twice the speed is shared hardware or other programs.
    """
    rng = np.random.default_rng(8)
    simulator = QuasistaticSimulator(hand)
    mixed = [obj for obj in objects for _ in range(BATCH // len(objects))]
    poses = np.stack([obj.sample_poses(rng, 1)[0] for obj in mixed])
    sums = np.zeros(PLAIN_CHUNKS, np.float32)
    kinds: dict[str, Callable[[], object]] = {
        "grasps": lambda: simulator.grasp(mixed, poses, draw),
        "plain": lambda: _plain(sums),
    }
    best = {(kind, threads): np.inf for kind in kinds for threads in (1, 2)}
    for work in kinds.values():
        work()
    before = numba.get_num_threads()
    try:
        for _ in range(ROUNDS):
            for kind, threads in best:
                numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
                start = time.perf_counter()
                kinds[kind]()
                best[kind, threads] = min(best[kind, threads], time.perf_counter() - start)
    finally:
        numba.set_num_threads(before)
    return {
        "grasps_per_second_wall_one_core": len(poses) / best["grasps", 1],
        "grasps_per_second_wall_two_cores": len(poses) / best["grasps", 2],
        "two_cores_over_one": best["grasps", 1] / best["grasps", 2],
        "two_cores_over_one_plain_arithmetic": best["plain", 1] / best["plain", 2],
    }


@njit(parallel=True, fastmath=True)
def _plain(sums: NDArray[np.float32]) -> None:
    for chunk in prange(len(sums)):
        values = np.full(PLAIN_LENGTH, np.float32(1.0 + chunk * 1e-6))
        for _ in range(PLAIN_REPEATS):
            for i in range(PLAIN_LENGTH):
                x = values[i]
                # Stays near one, and is no series that a compiler could shorten.
                x = x * (np.float32(1.5) - np.float32(0.5) * x * x)
                values[i] = x * (np.float32(1.5) - np.float32(0.5) * x * x)
        sums[chunk] = values.sum()
