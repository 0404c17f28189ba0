"""Examples with a rule that is easy to learn, for tests that need no simulator."""

from __future__ import annotations

import numpy as np

from tacrefine.data.regrasp.dataset import Examples
from tacrefine.gripper import CAMERA_SIZE, TACTILE_SIZE, State

OBJECTS = tuple(f"thing_{number}" for number in range(6))


def make_examples(count: int, seed: int = 0) -> Examples:
    """`count` trials of one example each: it holds where the pads are bright and the force is large."""
    rng = np.random.default_rng(seed)
    camera = rng.integers(0, 256, (2, *CAMERA_SIZE, 3), dtype=np.uint8)
    felt = rng.random(count) > 0.4
    tactile = np.full((count + 1, 2, *TACTILE_SIZE, 3), 90, np.uint8)
    tactile[:-1][felt] += 60
    tactile[:-1, 0, :, :9] += rng.integers(
        0, 9, (count, 1, 1, 1), dtype=np.uint8
    )  # no pad is the other's mirror image
    action = (rng.uniform(-1, 1, (count, 5)) * (0.02, 0.02, 0.02, 0.3, 0.0)).astype(np.float32)
    action[:, 4] = rng.uniform(3.0, 25.0, count)
    numbers = np.arange(count, dtype=np.int32)
    return Examples(
        camera=camera,
        tactile=tactile,
        state_camera=np.zeros(count, np.int32),
        state_camera_rest=np.ones(count, np.int32),
        state_tactile=numbers,
        state_tactile_rest=np.full(count, count, np.int32),
        pose=rng.uniform(-0.1, 0.1, (count, 4)).astype(np.float32),
        force=np.full(count, 10.0, np.float32),
        example_state=numbers,
        action=action,
        success=felt & (action[:, 4] > 12.0),
        object=(numbers % len(OBJECTS)).astype(np.int16),
        trial=numbers,
        kind=np.zeros(count, np.uint8),
    )


def make_state(bright: int = 60) -> State:
    """A state as in :func:`make_examples`; `bright` is what touch adds."""
    camera = np.full((*CAMERA_SIZE, 3), 128, np.uint8)
    rest = np.full((2, *TACTILE_SIZE, 3), 90, np.uint8)
    return State(camera, camera, rest + np.uint8(bright), rest, np.zeros(4, np.float32), 10.0)
