"""Calibration from data: the parameters of one robot from a handful of its recorded grasps."""

from tacrefine.calibration.episodes import Episode, episodes_of, record
from tacrefine.calibration.fit import Calibration
from tacrefine.calibration.fitted import FittedRobot

__all__ = ["Calibration", "Episode", "FittedRobot", "episodes_of", "record"]
