"""The simulated taxel electronics: gain, play, noise, threshold, dead taxels, whole counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tacrefine.hands import Hand
from tacrefine.plants import PlantSample

PLAY = 0.5
"""Half width of the hysteresis play, as a share of full scale."""


class Sensor:
    """Reads one robot's taxels, or those of N robots at once.

    With one ``PlantSample`` forces are ``(T,)`` or ``(N, T)``; with a sequence of N samples ``(N, T)``. Hysteresis is a
    play operator (Prandtl), which remembers the last loads: it depends on the order of readings, not on time.
    """

    def __init__(
        self, hand: Hand, sample: PlantSample | Sequence[PlantSample], rng: np.random.Generator
    ) -> None:
        samples = [sample] if isinstance(sample, PlantSample) else list(sample)
        self._full_scale = hand.full_scale
        self._levels = hand.skin.raw_full_scale
        self._rng = rng
        self._gain = np.stack([d.taxel_gain for d in samples])
        self._dead = np.stack([d.dead for d in samples])
        self._noise = np.array([[d.noise] for d in samples], np.float32)
        self._threshold = np.array([[d.threshold] for d in samples], np.float32)
        self._hysteresis = np.array([[d.hysteresis] for d in samples], np.float32)
        self._bias = np.stack([d.joint_bias for d in samples])
        self._joint_noise = np.array([[d.joint_noise] for d in samples])
        self._play: NDArray[np.float32] | None = None

    def reset(self) -> None:
        """Forget the load history."""
        self._play = None

    def release(self) -> None:
        """Let the load go to zero, as when the hand opens."""
        if self._play is not None:
            self._play = np.clip(self._play, -PLAY, PLAY).astype(np.float32)

    def read(self, force: NDArray[np.floating], frames: int = 1) -> NDArray[np.float32]:
        """Readings 0..1 of forces ``(T,)`` or ``(N, T)`` in N, quantised to counts, NaN where a taxel is dead.

        With ``frames > 1`` the mean of that many successive frames, each with its own noise and quantisation.
        """
        single = force.ndim == 1
        load = np.atleast_2d(force).astype(np.float32) / self._full_scale
        if self._play is None or self._play.shape != load.shape:
            self._play = np.zeros_like(load)
        self._play = np.clip(self._play, load - PLAY, load + PLAY)
        signal = self._gain * ((1 - self._hysteresis) * load + self._hysteresis * self._play)
        total = np.zeros_like(signal)
        for _ in range(frames):
            noisy = signal + self._noise * self._rng.standard_normal(signal.shape, dtype=np.float32)
            if self._threshold.any():
                noisy[noisy < self._threshold] = 0.0
            total += np.rint(np.clip(noisy, 0.0, 1.0) * self._levels)
        reading = (total / (self._levels * frames)).astype(np.float32)
        reading[np.broadcast_to(self._dead, reading.shape)] = np.nan
        return reading[0] if single else reading

    def read_joints(self, joints: NDArray[np.floating]) -> NDArray[np.float32]:
        """Joint readings ``(J,)`` or ``(N, J)`` in rad, with bias and noise."""
        noisy = (
            np.atleast_2d(joints)
            + self._bias
            + self._joint_noise * self._rng.standard_normal(np.atleast_2d(joints).shape)
        )
        return (noisy[0] if joints.ndim == 1 else noisy).astype(np.float32)
