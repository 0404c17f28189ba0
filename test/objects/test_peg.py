"""A peg: upright, held at its upper end, the same solid for both tactile models."""

from __future__ import annotations

import numpy as np
import pytest

from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.plants import load_plant
from tacrefine.sim.elastic import ElasticSimulator
from tacrefine.sim.quasistatic import QuasistaticSimulator

PEG = load_objects("pegs")["peg_12x80"]


def test_distances_of_a_peg_are_those_of_a_cylinder_whose_upper_end_stands_above_the_origin():
    assert PEG.shape.bounds == ((-0.006, -0.006, pytest.approx(-0.074)), (0.006, 0.006, 0.006))
    axes = (np.array([0.0, 0.009]), np.array([0.0]), np.array([0.0, 0.010]))
    assert PEG.shape.sample(axes)[:, 0].ravel() == pytest.approx([-0.006, 0.004, 0.003, 0.005])


def test_touch_tells_y_z_and_roll_of_a_peg():
    assert PEG.observable.tolist() == [False, True, True, True, False, False]


def test_a_gripper_feels_a_peg_alike_in_both_tactile_models():
    hand, plant = load_hand("parallel_gel"), "nominal"
    pose = np.array([[0.0, 0.003, 0.002, 0.1, 0.0, 0.0]])
    slow = ElasticSimulator(hand, PEG, load_plant("nominal_elastic").typical(hand)).grasp(pose)
    fast = QuasistaticSimulator(hand).grasp(PEG, pose, load_plant(plant).typical(hand))
    assert slow.valid.all()
    assert fast.valid.all()
    assert np.corrcoef(slow.force.ravel(), fast.force.ravel())[0, 1] > 0.9
