"""A robot that grasps are collected from, without ROS and without physics."""

from __future__ import annotations

import numpy as np
from fake_world import FakeWorld

from tacrefine.collect.machine import CollectMachine
from tacrefine.collect.samples import CollectGoal

POSES = np.array([[0.002, 0, 0, 0, 0, 0], [0, 0, -0.003, 0, 0.05, 0], [-0.002, 0, 0.001, 0, 0, 0.04]])


class CollectWorld(FakeWorld):
    """Closes the loop around a CollectMachine; tactile messages come with every step."""

    def make_machine(self) -> CollectMachine:
        return CollectMachine(
            self.settings,
            self.clock,
            self.arm,
            self.hand,
            self.guard,
            self.centre,
            self.feedback.append,
        )

    def goal(self, coordinates: np.ndarray = POSES, reference=None) -> CollectGoal:
        return CollectGoal(coordinates, reference)

    def answer(self, now: float) -> None:
        self.machine.observe_reading(now - self.correction_age)
