"""Model-based refinement: which poses, on which robot, would feel like what was felt."""

from tacrefine.identification.model_based.fit import Observed, PairFit, TouchModelFit
from tacrefine.identification.model_based.refiner import ModelBasedRefiner
from tacrefine.identification.model_based.robot import RobotPrior

__all__ = ["ModelBasedRefiner", "Observed", "PairFit", "RobotPrior", "TouchModelFit"]
