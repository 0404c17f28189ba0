"""Random changes of training examples: two symmetries of the gripper, light, gels, a camera that is moved a little.

Half a turn of the gripper about the vertical is the same grasp; so is its reflection in the camera's vertical plane. In
both the pads change places. Pad images have their columns along the gripper's x, and their green and blue lights mirror
each other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from tacrefine.policy.regrasp.examples import Placement, Rows, Samples, StateBatches
from tacrefine.policy.regrasp.settings import RegraspTraining

MIRRORED_LIGHTS = (0, 2, 1)


@dataclass(frozen=True, eq=False)
class Batch:
    """n states and m examples that begin in them; `owner` ``(m,)`` is the state of each example."""

    cameras: Tensor
    touch: Tensor
    pose: Tensor
    force: Tensor
    owner: Tensor
    actions: Tensor
    success: Tensor
    felt: Tensor

    @property
    def states(self) -> tuple[Tensor, ...]:
        """What :meth:`RegraspNetwork.encode` takes."""
        return self.cameras, self.touch, self.pose, self.force


def plain_batch(batches: StateBatches, picked: Rows, place: Placement | None = None) -> tuple[Batch, Rows]:
    """Some states with all their examples as they are, and which examples these are."""
    samples: Samples = batches.samples
    rows, owner = batches.rows(picked)
    of_examples = (samples.action[rows], samples.success[rows].astype(np.float32), samples.felt[rows])
    tensors = (torch.from_numpy(array) for array in (owner, *of_examples))
    return Batch(*samples.inputs(batches.states[picked], place), *tensors), rows


def augmented_batch(
    batches: StateBatches, picked: Rows, settings: RegraspTraining, rng: np.random.Generator
) -> Batch:
    """Some states with all their examples, each state changed at random by itself."""
    count, most = len(picked), settings.shift
    turned, mirrored = (rng.random((2, count)) < 0.5) & settings.symmetries
    place = Placement(rng.integers(-most, most + 1, (count, 2)), mirrored)
    batch, _ = plain_batch(batches, picked, place)
    batch = reflected(batch, torch.from_numpy(turned), torch.from_numpy(mirrored))
    low, high = 1 - settings.gain, 1 + settings.gain
    light, gel = (torch.from_numpy(rng.uniform(low, high, (count, 3)).astype(np.float32)) for _ in range(2))
    return replace(
        batch,
        cameras=(batch.cameras.float() - 127.5) * light.repeat(1, 2)[:, :, None, None] + 127.5,
        touch=batch.touch.float() * gel[:, None, :, None, None],
    )


def reflected(batch: Batch, turned: Tensor, mirrored: Tensor) -> Batch:
    """Half a turn of the gripper where `turned`, a reflection of the world in its x-z plane where `mirrored`.

    The cameras of mirrored states must have been mirrored already.
    """
    swap, owner = turned ^ mirrored, batch.owner
    touch = torch.where(swap[:, None, None, None, None], batch.touch.flip(1), batch.touch)
    touch = torch.where(turned[:, None, None, None, None], touch.flip(4)[:, :, MIRRORED_LIGHTS], touch)
    felt = torch.where(swap[owner, None, None, None], batch.felt.flip(1), batch.felt)
    felt = torch.where(turned[owner, None, None, None], felt.flip(3), felt)
    half, side = 1.0 - 2.0 * turned.float(), 1.0 - 2.0 * mirrored.float()
    x, y, z, yaw = batch.pose.unbind(1)
    signs = torch.stack([half, half * side, torch.ones_like(half), side, torch.ones_like(half)], dim=1)
    return replace(
        batch,
        touch=touch,
        felt=felt,
        pose=torch.stack([x, side * y, z, side * yaw + math.pi * turned], dim=1),
        actions=batch.actions * signs[owner],
    )
