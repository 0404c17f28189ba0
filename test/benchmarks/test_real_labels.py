"""The benchmark on labelled real touch reads the recordings as they are, and never asks what was learned from."""

from __future__ import annotations

import numpy as np
import pytest
import real_labels
from real_labels_simulated import simulated_skin

from tacrefine.data.presses.description import load_table_description
from tacrefine.data.presses.presses import presses_of
from tacrefine.data.presses.table import read_table


@pytest.fixture
def arrays(tmp_path):
    """Arrays as in the recording: place, line, seven strips; 22 strokes of 71 rows."""
    rng = np.random.default_rng(0)
    rows = real_labels.STROKES * real_labels.STROKE_ROWS
    place = np.tile(np.arange(real_labels.STROKE_ROWS, dtype=float), real_labels.STROKES)
    found = {}
    for i in range(real_labels.SENSORS):
        strips = 950 - 400 * np.exp(-(((place[:, None] - 10 * np.arange(1, 8)) / 15) ** 2)) * (1 + i / 20)
        found[f"array{i:02d}"] = np.column_stack([place, np.zeros(rows), strips + rng.random((rows, 7))])
    path = tmp_path / "presses.npz"
    np.savez(path, **found)
    return path


def test_strips_grow_when_pressed_and_know_which_array_they_are_of(arrays):
    presses = real_labels.strips(arrays, (3, 5), share=True)
    assert len(presses) == 2 * 1562
    assert presses.context.sum(axis=1).tolist() == [1.0] * len(presses)
    assert presses.context[0, 3] == presses.context[-1, 5] == 1.0
    assert np.corrcoef(presses.readings[:1562, 0], -np.abs(presses.coordinates[:1562, 0] - 10))[0, 1] > 0.7


def test_a_stroke_is_learned_from_or_asked_and_never_both(arrays):
    presses = real_labels.strips(arrays, tuple(range(real_labels.SENSORS)))
    for count in (11, 20):
        learned = real_labels.learned_strokes(presses, count)
        assert learned.sum() == count * real_labels.STROKE_ROWS * real_labels.SENSORS
        assert not set(presses.groups[learned]) & set(presses.groups[~learned])


def test_the_tables_of_the_skin_fit_the_recording_and_its_simulation(tmp_path):
    rng = np.random.default_rng(0)
    where = rng.uniform([274, -115, 141], [304, -85, 145], (2883, 3))
    np.savez(
        tmp_path / "eflesh.npz",
        random_depth_channels=rng.normal(0, 200, (2883, 15)),
        random_depth_position_mm=where,
    )
    description = load_table_description(real_labels.TABLES / "eflesh_random_depth.yaml")
    presses = presses_of(read_table(tmp_path / "eflesh.npz"), description)
    np.testing.assert_allclose(presses.coordinates, where * 1e-3)
    assert np.unique(presses.groups, return_counts=True)[1].tolist() == [961] * 3
    simulated = simulated_skin(presses, 200)
    assert simulated.readings.shape == (200, 15)
    deep = simulated.coordinates[:, 2] < np.median(simulated.coordinates[:, 2])
    size = np.linalg.norm(simulated.readings, axis=1)
    assert size[deep].mean() > size[~deep].mean()


def test_means_are_of_the_pieces_that_are_done():
    one = {"unit": "mm", "rmse": 0.4, "median": 0.2, "sigma": 0.4, "covered": 0.7}
    done = {
        f"eflesh/random_depth/{i}": {"presses": 9, "absolute": {"x": one | {"rmse": 0.3 + i / 10}}}
        for i in (0, 2)
    }
    summary = real_labels.summary(done)
    assert summary["eflesh_random_depth"]["absolute"]["x"]["rmse"] == pytest.approx(0.4)
    assert summary["eflesh_random_depth"]["folds"] == 2
