"""Touch by synthesis: which poses, on which robot, would feel like what was felt."""

from tacrefine.synthesis.fit import PairFit, TouchSynthesis
from tacrefine.synthesis.robot import RobotPrior

__all__ = ["PairFit", "RobotPrior", "TouchSynthesis"]
