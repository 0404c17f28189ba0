"""Opens and closes the hand through a trajectory controller and tells from joint states when it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from tacrefine.errors import TouchError
from tacrefine.supervision.hand_settings import HandSettings
from tacrefine.supervision.samples import JointSample
from tacrefine.touch import RestDetector

Send = Callable[[Mapping[str, float], float], None]
STOP_S = 0.1
"""in which moving fingers come to a stop"""
OPEN_SHARE = 0.2
"""of a joint's way to its closed position that counts as open at most: a slide's whole way may be less than the
tolerance of joints that turn"""


class Hand:
    """One hand. `send` commands the actuated joints to positions (rad), reached within a duration (s).

    `open_positions` and `closed_positions` map actuated joints to rad; `joint_names` are all joints that a
    usable joint state must contain.
    """

    def __init__(
        self,
        send: Send,
        joint_names: tuple[str, ...],
        open_positions: Mapping[str, float],
        closed_positions: Mapping[str, float],
        settings: HandSettings,
    ) -> None:
        self._send, self._settings = send, settings
        self._names = joint_names
        self._postures = {"open": dict(open_positions), "closed": dict(closed_positions)}
        self._rest = RestDetector(settings.settled_window, settings.settled_speed)
        self._posture = ""
        self._commanded_until = 0.0

    @property
    def stamp(self) -> float:
        """Stamp of the newest joint sample, -inf before the first."""
        return self._rest.stamp

    @property
    def open_positions(self) -> Mapping[str, float]:
        """Actuated joints of the open hand, rad."""
        return self._postures["open"]

    def check(self, sample: JointSample) -> NDArray[np.float64]:
        """Positions (J,) rad in the hand's order; raises TouchError in one sentence if one is missing or not finite."""
        missing = [name for name in self._names if name not in sample.positions]
        if missing:
            raise TouchError(f"joint_states lacks {', '.join(missing)}; needed are {', '.join(self._names)}")
        values = np.array([sample.positions[name] for name in self._names], float)
        if not np.isfinite(values).all():
            bad = self._names[int(np.flatnonzero(~np.isfinite(values))[0])]
            raise TouchError(f"joint_states gives {bad} a position that is not finite; allowed are radians")
        return values

    def observe(self, sample: JointSample) -> None:
        """Take measured joints; raises TouchError like `check`."""
        self._rest.observe(sample.stamp, self.check(sample))

    def command(self, posture: str, now: float) -> None:
        """Move the fingers to the posture 'open' or 'closed' within its duration."""
        seconds = self._settings.open_duration if posture == "open" else self._settings.close_duration
        self._posture, self._commanded_until = posture, now + seconds
        self._send(self._postures[posture], seconds)

    @property
    def measured(self) -> dict[str, float]:
        """Actuated joints as measured last, rad; empty before the first sample."""
        if self._rest.newest is None:
            return {}
        joints = dict(zip(self._names, map(float, self._rest.newest), strict=True))
        return {name: joints[name] for name in self._postures["open"] if name in joints}

    def stop(self, now: float) -> None:
        """Hold moving fingers where they were measured; fingers at rest keep their grip."""
        if now <= self._commanded_until and self.measured:
            self._commanded_until = now
            self._send(self.measured, STOP_S)

    def is_open(self) -> bool:
        """Whether every actuated joint was last measured near its open position, on the whole way from closed."""
        if self._rest.newest is None:
            return False
        measured = dict(zip(self._names, map(float, self._rest.newest), strict=True))
        closed, tolerance = self._postures["closed"], self._settings.open_tolerance
        for name, position in self._postures["open"].items():
            way = abs(closed.get(name, position) - position)
            if abs(measured[name] - position) > (min(tolerance, OPEN_SHARE * way) if way else tolerance):
                return False
        return True

    def is_done(self) -> bool:
        """Open: the posture is reached. Closed: the fingers rest, on the object or fully closed."""
        if self.stamp <= self._commanded_until:
            return self._posture == "open" and self.is_open()
        return self.is_open() if self._posture == "open" else self.is_at_rest()

    def is_at_rest(self) -> bool:
        """Whether the joints stood still over the last window, see `tacrefine.touch.rest`."""
        return self._rest.is_at_rest()
