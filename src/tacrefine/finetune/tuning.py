"""The training loop with recorded grasps in every batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tacrefine.data.groups import GroupSource, TouchGroups
from tacrefine.finetune.settings import FinetuneSettings
from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.plants import Plant
from tacrefine.policy.batches import TensorGroups
from tacrefine.policy.settings import TrainingSettings
from tacrefine.policy.training import Trainer, Window

RECORDED_STREAM = 100
"""second number of the seeds of recorded batches; the trainer's own uses have smaller ones"""
JOINT_NOISE = 0.001
"""rad, of one reading"""


class FineTuner(Trainer):
    """A trainer on simulated grasps of `source` and robots of `plant`, with a share of recorded ones."""

    def __init__(
        self,
        run: TrainingSettings,
        settings: FinetuneSettings,
        hand: Hand,
        objects: Sequence[GraspObject],
        source: GroupSource,
        plant: Plant,
        recorded: TouchGroups,
        recorded_frames: float,
    ) -> None:
        super().__init__(run, hand, objects, source)
        self.plant = plant
        self._finetuning = settings
        self._recorded, self._recorded_frames = recorded, recorded_frames

    def batch(self, window: Window, step: int) -> TensorGroups:
        """Simulated and recorded groups of a step."""
        count = self._finetuning.recorded_groups
        if count == 0:
            return super().batch(window, step)
        rng = np.random.default_rng([self.settings.seed, RECORDED_STREAM, step])
        recorded = TensorGroups.of(self.recorded_groups(rng, count))
        if self._finetuning.simulated == "none":
            return recorded
        return super().batch(window, step).joined(recorded)

    def recorded_groups(self, rng: np.random.Generator, count: int) -> TouchGroups:
        """So many random groups of grasps of one episode each, of the size of simulated ones.

        A recorded reading is a mean of several frames; in the loop single ones are compared, so noise is added as if
        it were a mean of fewer. Where an episode has fewer grasps than a group, the rest is marked as not valid.
        """
        size, all_of = self.settings.groups.size, self._recorded
        rows = rng.integers(0, len(all_of.valid), count)
        slots = np.argsort(rng.random(all_of.valid[rows].shape) + ~all_of.valid[rows], axis=1)[:, :size]
        if (missing := size - slots.shape[1]) > 0:
            slots = np.concatenate([slots, np.repeat(slots[:, :1], missing, axis=1)], axis=1)
        at = rows[:, None], slots
        valid = all_of.valid[at]
        valid[:, size - max(0, missing) :] = False
        frames = rng.choice(self.settings.frames, (count, size, 1))
        added = np.maximum(1.0 / frames - 1.0 / self._recorded_frames, 0.0) * self._finetuning.noise**2
        tactile = all_of.tactile[at] + np.sqrt(added) * rng.standard_normal(all_of.tactile[at].shape)
        joints = all_of.joints[at] + JOINT_NOISE * rng.standard_normal(all_of.joints[at].shape)
        return TouchGroups(
            tactile=np.clip(tactile, 0.0, 1.0).astype(np.float32),
            joints=joints.astype(np.float32),
            coordinates=all_of.coordinates[at],
            valid=valid,
            observable=all_of.observable[rows],
        )
