"""The MuJoCo model of a hand around an object, built from the descriptions with ``MjSpec``.

World frame = the object's grasp frame, as the cell describes it (`tacrefine.sim.world`). The palm goes where a mocap
body is put: it is that body around an object that is fixed for good, and is welded to it where the object can move, so
that it has a speed and takes along what it holds. The hand itself weighs nothing: its arm bears it.
`tacrefine.sim.hand_bodies` makes the hand.
"""

from __future__ import annotations

import mujoco

from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.plants import PlantSample
from tacrefine.sim.hand_bodies import add_hand
from tacrefine.sim.world.bodies import add_object, add_weld
from tacrefine.sim.world.cell import Cell
from tacrefine.sim.world.collisions import TOUCHES_NOTHING
from tacrefine.sim.world.furniture import add_furniture

TIMESTEP = 0.002
FRICTION_STIFFNESS = 1000.0
"""of friction against that of contact: with a smaller one what is held by friction creeps"""
PALM, LEAD = "palm", "lead"
GRAVITY = 9.81
"""m/s2, along -z, wherever something can fall"""
FIXED_CELL = Cell(name="fixed")


def build_scene(hand: Hand, obj: GraspObject, sample: PlantSample, cell: Cell = FIXED_CELL) -> mujoco.MjModel:
    """Compile hand, taxels, object and what surrounds them; one sampled robot of a plant."""
    spec = mujoco.MjSpec()
    spec.option.timestep = TIMESTEP
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_DISCRETE
    spec.option.gravity = [0.0, 0.0, 0.0 if cell.body is None else -GRAVITY]
    if cell.body is not None:  # a fixed object is not borne by friction, which creeps to nothing there
        spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
        spec.option.impratio = FRICTION_STIFFNESS
    spec.option.iterations = 30
    spec.option.ls_iterations = 20
    spec.compiler.degree = False
    add_object(spec, obj, sample.friction, cell)
    add_furniture(spec, obj, cell)
    add_hand(spec, _add_palm(spec, is_led=cell.body is not None), hand, sample)
    return spec.compile()


def _add_palm(spec: mujoco.MjSpec, is_led: bool) -> mujoco.MjsBody:
    """The body that carries the fingers; `is_led`: it follows the mocap body as a body with mass and speed."""
    if is_led:
        spec.worldbody.add_body(name=LEAD, mocap=True)
        palm = spec.worldbody.add_body(name=PALM, gravcomp=1.0)
        palm.add_freejoint(name=PALM)
        add_weld(spec, LEAD, LEAD, PALM)
    else:
        palm = spec.worldbody.add_body(name=PALM, mocap=True)
    palm.add_geom(
        type=mujoco.mjtGeom.mjGEOM_BOX,
        size=[0.03, 0.045, 0.01],
        pos=[0, 0, 0.012],
        mass=0.3,
        **TOUCHES_NOTHING,
    )
    return palm
