"""A sensor model tells where a sensor is pressed, how sure it is, and how much to trust it beside the networks."""

from __future__ import annotations

import made_presses as made
import numpy as np
import pytest

from tacrefine.data.presses.description import TableDescription
from tacrefine.data.presses.presses import Presses
from tacrefine.policy.presses.blend import Blend
from tacrefine.policy.presses.inversion import Inversion
from tacrefine.policy.presses.sensor import fit_sensor
from tacrefine.policy.presses.sensor_files import packed_sensors, unpacked_sensors
from tacrefine.policy.presses.sensors import fit_sensors

NOISE = 0.05


def reading(places):
    """Six taxels that each answer over a part of the box; places in [-1, 1]."""
    middles = np.array([[x, y] for x in (-0.8, 0.0, 0.8) for y in (-0.6, 0.6)])
    return np.exp(-((places[:, None] - middles) ** 2).sum(axis=2))


def pressed(count, seed):
    rng = np.random.default_rng(seed)
    places = rng.uniform(-1, 1, (count, 2))
    return reading(places) + NOISE * rng.standard_normal((count, 6)), places * 0.01


@pytest.fixture(scope="module")
def sensor():
    return fit_sensor(*pressed(200, 0), np.zeros(200, int))


def test_what_a_sensor_reads_and_how_it_scatters_is_found(sensor):
    places = pressed(100, 1)[1]
    assert np.abs(sensor.readings(places) - reading(places / 0.01)).mean() < NOISE / 2
    assert np.median(sensor.scatter(places)) == pytest.approx(NOISE, rel=0.25)


def test_places_and_their_variances_are_those_of_the_best_estimate_there_is(sensor):
    readings, places = pressed(300, 2)
    mean, variance = Inversion(sensor)(readings)
    error = mean - places
    # Bayes' estimate with the true function and noise, on a grid.
    axis = np.linspace(-1, 1, 41)
    grid = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    weight = np.exp(-0.5 * (((readings[:, None] - reading(grid)) / NOISE) ** 2).sum(axis=2))
    best = weight @ grid / weight.sum(axis=1, keepdims=True) * 0.01 - places
    assert np.sqrt((error**2).mean()) < 1.15 * np.sqrt((best**2).mean())
    assert 0.6 < (np.abs(error) < np.sqrt(variance)).mean() < 0.78


def test_a_sensor_that_resembles_another_needs_fewer_presses(sensor):
    readings, places = pressed(12, 3)
    asked = pressed(100, 4)[1]
    wanted = 0.8 * reading(asked / 0.01)
    alone, helped = (fit_sensor(0.8 * readings, places, np.zeros(12, int), prior) for prior in (None, sensor))
    errors = [np.sqrt(((model.readings(asked) - wanted) ** 2).mean()) for model in (alone, helped)]
    assert errors[1] < 0.7 * errors[0]


def test_many_columns_are_described_by_fewer_components():
    readings, places = pressed(60, 5)
    wide = readings @ np.random.default_rng(0).standard_normal((6, 90))
    model = fit_sensor(wide, places, np.zeros(60, int))
    assert model.basis.shape == (90, 24)
    assert np.abs(Inversion(model)(wide)[0] - places).mean() < 0.003


def presses(context):
    readings, places = pressed(len(context), 6)
    count = len(context)
    return Presses(
        TableDescription.model_validate(made.DESCRIPTION),
        readings.astype(np.float32),
        places,
        np.zeros(count, int),
        np.arange(count),
        np.asarray(context, np.float32).reshape(count, -1),
    )


def test_each_context_has_a_sensor_of_its_own_and_an_unknown_one_has_none():
    some = presses(np.repeat([0.0, 1.0], 20))
    found = unpacked_sensors(packed_sensors(fit_sensors(some)))
    assert len(found.sensors) == 2
    mean, variance = found.places(some)
    assert np.isfinite(mean).all()
    assert (variance > 0).all()
    assert found.places(presses([2.0] * 20)) is None
    assert fit_sensors(presses(np.arange(100))) is None


def test_the_better_answer_is_trusted_more_and_one_sigma_covers_68_percent():
    rng = np.random.default_rng(0)
    truth = rng.standard_normal((2000, 2))
    good, bad = 0.1 * rng.standard_normal((2, 2000, 2)) * np.array([1.0, 4.0])[:, None, None] + truth
    known = np.full((2000, 2), 0.01)
    for networks, sensor in (((bad, known), (good, known)), ((good, known), (bad, known))):
        blend = Blend.fitted(networks, sensor, truth)
        mean, deviation = blend(networks, sensor)
        assert np.sqrt(((mean - truth) ** 2).mean()) < 0.1
        assert (np.abs(mean - truth) < deviation).mean() == pytest.approx(0.683, abs=0.01)
        assert (blend.trust > 3).all() == (sensor[0] is good)
