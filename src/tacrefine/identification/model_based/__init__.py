"""Model-based refinement: the poses, and the robot, whose simulated touch is most like the touch that was measured."""

from tacrefine.identification.model_based.fit import Observed, PairFit, TouchModelFit
from tacrefine.identification.model_based.refiner import ModelBasedRefiner
from tacrefine.identification.model_based.robot import RobotPrior

__all__ = ["ModelBasedRefiner", "Observed", "PairFit", "RobotPrior", "TouchModelFit"]
