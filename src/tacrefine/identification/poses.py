"""Where the grasps of an episode may have been: one unknown pose, known moves, and the arm's repeatability."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacrefine.geometry import from_coordinates, to_coordinates
from tacrefine.identification.episodes import Episode
from tacrefine.policy import Policy

STEP = 1e-5
CENTRING = 8


def placed(episode: Episode, first: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pose coordinates ``(n, 6)`` of the grasps when the first one is at ``first`` (6,), m and rad."""
    return to_coordinates(from_coordinates(first) * episode.moves)


def by_first(episode: Episode, first: NDArray[np.float64], axes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Derivative ``(n, 6, A)`` of `placed` by the observable coordinates of the first grasp."""
    columns = []
    for axis in axes:
        moved = first.copy()
        moved[axis] += STEP
        columns.append((placed(episode, moved) - placed(episode, first)) / STEP)
    return np.stack(columns, axis=-1)


def centred(episode: Episode) -> NDArray[np.float64]:
    """The first grasp's coordinates (6,) if the grasps lie around the nominal one: a start for the fit."""
    first, seen = np.zeros(6), episode.item.observable
    for _ in range(CENTRING):
        first -= np.where(seen, placed(episode, first).mean(axis=0), 0.0)
    return first


def guessed(policy: Policy, episode: Episode) -> NDArray[np.float64]:
    """The first grasp's coordinates (6,) as the network sees them: the mean of what all grasps say about it."""
    touch = (episode.readings, episode.joints)
    seen = policy.predict_batch(*touch, *touch, episode.item.observable).current
    first = to_coordinates(from_coordinates(seen) * episode.moves.inv())
    return np.where(episode.item.observable, np.median(first, axis=0), 0.0)
