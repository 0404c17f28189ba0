"""Identifies one robot: plant fitting from a few recorded grasps, and model-based refinement.

Names are loaded when they are first used: a policy node without model-based refinement waits for no simulator.
"""

from typing import TYPE_CHECKING

from tacrefine.lazy import loaded_on_use

if TYPE_CHECKING:
    from tacrefine.identification.episodes import Episode, episodes_of, record
    from tacrefine.identification.fit import Calibration
    from tacrefine.identification.fitted import FittedRobot

__all__ = ["Calibration", "Episode", "FittedRobot", "episodes_of", "record"]

__getattr__ = loaded_on_use(
    __name__,
    {
        "Calibration": "tacrefine.identification.fit",
        "Episode": "tacrefine.identification.episodes",
        "FittedRobot": "tacrefine.identification.fitted",
        "episodes_of": "tacrefine.identification.episodes",
        "record": "tacrefine.identification.episodes",
    },
)
