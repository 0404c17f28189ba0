"""Long-horizon tracking: one target, many disturbances, the same robots."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from disturbances import track

from tacrefine.evaluation.settings import EvaluationSettings
from tacrefine.evaluation.trials import TrialErrors
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.plants import load_plant
from tacrefine.policy import load_policy

HAND = load_hand()
ITEM = load_objects()["plate_6"]


def tracked(settings: EvaluationSettings, disturbances: int) -> list[TrialErrors]:
    policy = load_policy(settings.model, HAND)
    return track(settings, HAND, policy, load_plant(settings.plant), ITEM, disturbances)


def test_every_disturbance_is_another_one_and_the_shipped_model_recovers() -> None:
    found = tracked(EvaluationSettings(plant="ideal", trials=2, steps=2, targets="fixed", seed=3), 12)
    assert [e.millimetres.shape for e in found] == [(2, 3)] * 12
    starts = np.stack([e.millimetres[:, 0] for e in found])
    assert len(np.unique(starts)) == starts.size
    ends = np.stack([e.millimetres[:, -1] for e in found])
    assert np.median(ends) < 0.3 * np.median(starts)
    assert max(e.moves.max() for e in found) <= 2


def test_a_longer_row_begins_with_the_shorter_one_and_a_seed_repeats_it(tiny_model: Path) -> None:
    settings = EvaluationSettings(model=str(tiny_model), trials=2, steps=1, frames=2, seed=4)
    short, long = tracked(settings, 2), tracked(settings, 4)
    other = tracked(replace(settings, seed=5), 2)
    for a, b, c in zip(short, long, other, strict=False):
        np.testing.assert_array_equal(a.millimetres, b.millimetres)
        assert not np.array_equal(a.millimetres, c.millimetres)
