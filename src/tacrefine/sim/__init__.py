"""Simulated touch: two tactile models of one mechanics, behind one interface.

Names are loaded when they are first used: a node that needs an arm's kinematics waits neither for MuJoCo nor for numba.
"""

from typing import TYPE_CHECKING

from tacrefine.lazy import loaded_on_use

if TYPE_CHECKING:
    from tacrefine.sim.batch import GraspBatch
    from tacrefine.sim.elastic import ElasticSimulator, ElasticWorld
    from tacrefine.sim.quasistatic import QuasistaticSimulator
    from tacrefine.sim.simulators import GraspSimulator, make_simulator

__all__ = [
    "ElasticSimulator",
    "ElasticWorld",
    "GraspBatch",
    "GraspSimulator",
    "QuasistaticSimulator",
    "make_simulator",
]

__getattr__ = loaded_on_use(
    __name__,
    {
        "ElasticSimulator": "tacrefine.sim.elastic",
        "ElasticWorld": "tacrefine.sim.elastic",
        "GraspBatch": "tacrefine.sim.batch",
        "GraspSimulator": "tacrefine.sim.simulators",
        "QuasistaticSimulator": "tacrefine.sim.quasistatic",
        "make_simulator": "tacrefine.sim.simulators",
    },
)
