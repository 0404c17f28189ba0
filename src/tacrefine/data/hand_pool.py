"""Hands to train one policy for any hand on: some by name, most made at random."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from pydantic import Field, model_validator

from tacrefine.config import Description
from tacrefine.data.hand_family import HandFamily
from tacrefine.data.random_hands import random_hand
from tacrefine.data.stream import SimulatedGroups
from tacrefine.errors import DataError
from tacrefine.hands import Hand, load_hand

PROBE_GROUPS = 12
LEAST_VALID = 0.5
"""share of valid grasps that a random hand must have to be learned from"""
MOST_TRIES = 50


class HandPoolSettings(Description):
    """Which hands a training learns from."""

    named: tuple[str, ...] = ()
    """hands by name or path"""
    named_share: float = Field(default=0.25, ge=0, le=1)
    """share of the windows' hands that are one of these"""
    random: int = Field(default=4000, ge=0, le=10**6)
    """number of random hands"""
    seed: int = Field(default=1, ge=0, le=2**63 - 1)
    """of the random hands"""
    per_window: int = Field(default=8, ge=1, le=64)
    """hands that a window of steps learns from"""
    per_batch: int = Field(default=4, ge=1, le=64)
    """hands in each step"""
    family: HandFamily = HandFamily()

    @model_validator(mode="after")
    def _has_hands(self) -> HandPoolSettings:
        if not self.named and not self.random:
            raise ValueError("needs hands: name some, or let random be above 0")
        return self


class HandPool:
    """Samples hands, each ready to be simulated."""

    def __init__(
        self,
        settings: HandPoolSettings,
        source: Callable[[Hand], SimulatedGroups],
    ) -> None:
        """`source` makes the simulator of a hand."""
        self._settings, self._source = settings, source
        self._named = [source(load_hand(name)) for name in settings.named]
        self.random = lru_cache(maxsize=4 * settings.per_window)(self._random)

    def sample(self, rng: np.random.Generator, count: int) -> list[SimulatedGroups]:
        """`count` hands; named and random ones in the shares that the settings ask for."""
        s = self._settings
        share = s.named_share if s.random else 1.0
        chosen = []
        for _ in range(count):
            if self._named and rng.random() < share:
                chosen.append(self._named[rng.integers(len(self._named))])
            else:
                chosen.append(self.random(int(rng.integers(s.random))))
        return chosen

    def _random(self, number: int) -> SimulatedGroups:
        """Random hand `number`: always the same one, and one that can hold most of the objects."""
        for attempt in range(MOST_TRIES):
            rng = np.random.default_rng([self._settings.seed, number, attempt])
            source = self._source(random_hand(rng, self._settings.family, f"random_{number}"))
            if source.sample(rng, PROBE_GROUPS).valid.mean() >= LEAST_VALID:
                return source
        raise DataError(
            f"hands.family: {MOST_TRIES} hands in a row could not hold the objects; narrow its ranges, for example "
            "azimuth and tilt."
        )
