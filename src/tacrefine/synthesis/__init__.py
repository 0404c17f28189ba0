"""Touch by synthesis: which poses, on which robot, would feel like what was felt."""

from tacrefine.synthesis.fit import Observed, PairFit, TouchSynthesis
from tacrefine.synthesis.refiner import SynthesisRefiner
from tacrefine.synthesis.robot import RobotPrior

__all__ = ["Observed", "PairFit", "RobotPrior", "SynthesisRefiner", "TouchSynthesis"]
