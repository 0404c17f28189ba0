"""One concrete robot of a plant, as numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class PlantSample:
    """One concrete robot of a plant. F fingers, T taxels, J joints of the hand it was sampled for."""

    name: str
    tactile_model: str
    taxel_stiffness: float
    """N/m"""
    contact_stiffness: float
    """N/m"""
    backing_stiffness: float
    """N/m"""
    closing_torque: float
    """factor on the torque limits"""
    friction: float
    fingertip_offsets: NDArray[np.float64]
    """``(F, 3)`` m, in each pad's frame"""
    taxel_gain: NDArray[np.float32]
    """``(T,)``, taxel and finger gain together"""
    dead: NDArray[np.bool_]
    """``(T,)``"""
    noise: float
    """share of full scale"""
    hysteresis: float
    joint_bias: NDArray[np.float64]
    """``(J,)`` rad, or m where the joint slides"""
    joint_noise: float
    """rad; of a joint that slides `Hand.per_radian` times as many m"""
    wrist_position_sigma: float
    """m"""
    wrist_rotation_sigma: float
    """rad"""
    threshold: float = 0.0
    """share of full scale below which a taxel reads zero"""
    zero: float = 0.0
    """share of full scale, one standard deviation, anew in each grasp"""
    drift: float = 0.0
    """share of full scale, one standard deviation of a step from grasp to grasp"""
    creep: float = 0.0
    creep_time: float = 5.0
    """s"""
    cross_talk: float = 0.0
    saturation: float = 1.0
    """share of full scale"""
    resolution: float = 0.0
    """share of full scale; 0: the hand's own counts"""
    repeats: float = 0.0
