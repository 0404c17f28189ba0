"""The MuJoCo model of a hand around an object, built from the descriptions with ``MjSpec``.

World frame = the object's grasp frame. The palm is a mocap body, so the wrist goes where it is told; the object is
fixed, or held by a fixture that can release it (`tacrefine.sim.workpiece`). `tacrefine.sim.hand_bodies` makes the hand.
"""

from __future__ import annotations

import mujoco
import numpy as np

from tacrefine.hands import Hand
from tacrefine.objects import Disk, GraspObject, Plate, Rod
from tacrefine.objects.sampled import Sampled
from tacrefine.plants import PlantSample
from tacrefine.sim.hand_bodies import add_hand
from tacrefine.sim.workpiece import Scene, add_grip, add_workpiece

TIMESTEP = 0.002
PALM = "palm"
OBJECT = "object"

_TOUCHES_HAND = {"contype": 1, "conaffinity": 2}
_TOUCHES_NOTHING = {"contype": 0, "conaffinity": 0}


def build_scene(
    hand: Hand, obj: GraspObject, sample: PlantSample, scene: Scene | None = None
) -> mujoco.MjModel:
    """Compile hand, taxels and object; one sampled robot of a plant. With a scene the object can be released."""
    spec = mujoco.MjSpec()
    spec.option.timestep = TIMESTEP
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_DISCRETE
    spec.option.gravity = [0.0, 0.0, 0.0]
    spec.option.cone = mujoco.mjtCone.mjCONE_PYRAMIDAL
    spec.option.iterations = 30
    spec.option.ls_iterations = 20
    spec.compiler.degree = False
    body = spec.worldbody if scene is None else add_workpiece(spec, obj, scene)
    _add_object(spec, body, obj, sample.friction)
    palm = spec.worldbody.add_body(name=PALM, mocap=True)
    palm.add_geom(
        type=mujoco.mjtGeom.mjGEOM_BOX,
        size=[0.03, 0.045, 0.01],
        pos=[0, 0, 0.012],
        mass=0.3,
        **_TOUCHES_NOTHING,
    )
    if scene is not None:
        add_grip(spec, palm, hand.wrist_from_centre, scene)
    add_hand(spec, palm, hand, sample)
    return spec.compile()


def _add_object(spec: mujoco.MjSpec, body: mujoco.MjsBody, obj: GraspObject, friction: float) -> None:
    shape = obj.shape.original if isinstance(obj.shape, Sampled) else obj.shape
    half = np.sqrt(0.5)
    geom = {"name": OBJECT, "pos": shape.centre, "friction": [friction, 0.005, 1e-4], **_TOUCHES_HAND}
    match shape:
        case Rod():
            body.add_geom(
                type=mujoco.mjtGeom.mjGEOM_CAPSULE,
                size=[shape.radius, shape.length / 2, 0],
                quat=[half, half, 0, 0],
                **geom,
            )
        case Plate():
            body.add_geom(type=mujoco.mjtGeom.mjGEOM_BOX, size=shape.kernel_parameters, **geom)
        case Disk():
            body.add_geom(
                type=mujoco.mjtGeom.mjGEOM_CYLINDER,
                size=[shape.radius, shape.thickness / 2, 0],
                quat=[half, 0, half, 0],
                **geom,
            )
        case _:
            for i, corners in enumerate(shape.parts):
                name = OBJECT if i == 0 else f"{OBJECT}_{i}"
                spec.add_mesh(name=name, uservert=np.asarray(corners, float).ravel())
                part = {**geom, "name": name, "meshname": name}
                body.add_geom(type=mujoco.mjtGeom.mjGEOM_MESH, **part)
