"""The quasistatic tactile model: grasps at rest, solved in batches with numba."""

from tacrefine.sim.quasistatic.solver import QuasistaticSimulator

__all__ = ["QuasistaticSimulator"]
