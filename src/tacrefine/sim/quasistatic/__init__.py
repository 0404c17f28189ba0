"""The quasistatic tactile model: grasps at rest, solved in batches with numba."""

from tacrefine.sim.quasistatic.cache import kernel_cache

with kernel_cache():
    from tacrefine.sim.quasistatic.solver import MechanicsBatch, QuasistaticSimulator

__all__ = ["MechanicsBatch", "QuasistaticSimulator"]
