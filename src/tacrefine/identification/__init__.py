"""Identifies one robot: plant fitting from a few recorded grasps, and model-based refinement."""

from tacrefine.identification.episodes import Episode, episodes_of, record
from tacrefine.identification.fit import Calibration
from tacrefine.identification.fitted import FittedRobot

__all__ = ["Calibration", "Episode", "FittedRobot", "episodes_of", "record"]
