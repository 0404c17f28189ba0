"""The simulated taxel electronics: gain, play, creep, cross-talk, zeros, noise, threshold, dead taxels, counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.hands import Hand
from tacrefine.plants import PlantSample
from tacrefine.touch.memory import Creep, CrossTalk, Zeros

PLAY = 0.5
"""Half width of the hysteresis play, as a share of full scale."""
FRAME_S = 0.01
"""s between two frames"""


class Sensor:
    """Reads one robot's taxels, or those of N robots at once.

    With one ``PlantSample`` forces are ``(T,)`` or ``(N, T)``; with a sequence of N samples ``(N, T)``. Hysteresis is a
    play operator (Prandtl), which remembers the last loads: it depends on the order of readings, not on time. Creep
    depends on time: every frame takes `period` s, and a :meth:`release` the time to open, move and close.
    """

    def __init__(
        self,
        hand: Hand,
        sample: PlantSample | Sequence[PlantSample],
        rng: np.random.Generator,
        period: float = FRAME_S,
    ) -> None:
        samples = [sample] if isinstance(sample, PlantSample) else list(sample)
        self._full_scale = hand.full_scale
        self._levels = hand.skin.raw_full_scale
        self._rng, self._period = rng, period
        self._gain = np.stack([d.taxel_gain for d in samples])
        self._dead = np.stack([d.dead for d in samples])

        def column(name: str) -> NDArray[np.float32]:
            return np.array([[getattr(d, name)] for d in samples], np.float32)

        self._noise, self._hysteresis, threshold = map(column, ("noise", "hysteresis", "threshold"))
        self._threshold = threshold if threshold.any() else None
        resolution, saturation = column("resolution"), column("saturation")
        count = np.float32(1 / self._levels)
        self._resolution = np.where(resolution > 0, resolution, count) if resolution.any() else None
        self._saturation: Any = saturation if (saturation < 1).any() else 1.0
        self._repeats = column("repeats")[:, 0]
        self._bias = np.stack([d.joint_bias for d in samples])
        self._joint_noise = np.array([[d.joint_noise] for d in samples]) * hand.per_radian
        self._cross_talk = CrossTalk(hand, samples)
        self._creep = Creep(samples, rng)
        self._zeros = Zeros(samples, self._gain.shape[1], rng)
        self._play: NDArray[np.float32] | None = None
        self._last: NDArray[np.float32] | None = None

    @property
    def zeros_change(self) -> bool:
        """Whether the zeros differ from grasp to grasp."""
        return self._zeros.is_on

    def reset(self) -> None:
        """Forget the load history."""
        self._play = self._last = None
        self._creep.forget()

    def release(self) -> None:
        """Let the load go to zero, as when the hand opens; the next reading is of another grasp."""
        if self._play is not None:
            self._play = np.clip(self._play, -PLAY, PLAY).astype(np.float32)
        self._last = None
        self._creep.release()
        self.renew_zeros()

    def renew_zeros(self) -> None:
        """Take the zeros of the next grasp, where they differ; no time passes."""
        if self._zeros.is_on:
            self._zeros.renew()

    def read(self, force: NDArray[np.floating], frames: int = 1) -> NDArray[np.float32]:
        """Readings 0..1 of forces ``(T,)`` or ``(N, T)`` in N, quantised to counts, NaN where a taxel is dead.

        With ``frames > 1`` the mean of that many successive frames, each with its own noise and quantisation.
        """
        single = force.ndim == 1
        load = self._cross_talk(np.atleast_2d(force).astype(np.float32) / self._full_scale)
        if self._play is None or self._play.shape != load.shape:
            self._play = np.zeros_like(load)
        self._play = np.clip(self._play, load - PLAY, load + PLAY)
        signal = (1 - self._hysteresis) * load + self._hysteresis * self._play
        signal = self._gain * self._creep(signal, self._period * frames)
        if self._zeros.is_on:
            signal = signal + self._zeros.values
        total = np.zeros_like(signal)
        for _ in range(frames):
            total += self._frame(signal)
        reading = (total / (self._levels * frames)).astype(np.float32)
        reading[np.broadcast_to(self._dead, reading.shape)] = np.nan
        return reading[0] if single else reading

    def _frame(self, signal: NDArray[np.float32]) -> NDArray[np.float32]:
        """One frame of counts ``(N, T)``."""
        value = self._rng.standard_normal(signal.shape, dtype=np.float32)
        value *= self._noise
        value += signal
        if self._threshold is not None:
            value *= value >= self._threshold
        if self._resolution is not None:
            value *= 1 / self._resolution
            np.rint(value, out=value)
            value *= self._resolution
        np.clip(value, 0.0, self._saturation, out=value)
        value *= self._levels
        np.rint(value, out=value)
        if self._repeats.any():
            if self._last is not None and self._last.shape == value.shape:
                again = self._rng.random(len(value)) < self._repeats
                value[again] = self._last[again]
            self._last = value
        return value

    def read_joints(self, joints: NDArray[np.floating]) -> NDArray[np.float32]:
        """Joint readings ``(J,)`` or ``(N, J)`` in rad or m, with bias and noise."""
        noisy = (
            np.atleast_2d(joints)
            + self._bias
            + self._joint_noise * self._rng.standard_normal(np.atleast_2d(joints).shape)
        )
        return (noisy[0] if joints.ndim == 1 else noisy).astype(np.float32)
