"""The learned part: touch of two grasps in, correction of the wrist out. Using it needs no torch."""

from tacrefine.policy.correction import Correction, wrist_increment
from tacrefine.policy.runtime import DEFAULT_MODEL, Corrections, Policy, load_policy

__all__ = ["DEFAULT_MODEL", "Correction", "Corrections", "Policy", "load_policy", "wrist_increment"]
