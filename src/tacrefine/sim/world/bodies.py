"""The object as MuJoCo geoms: fixed in the world, or as a free body with a fixture around it."""

from __future__ import annotations

import mujoco
import numpy as np

from tacrefine.objects import Disk, GraspObject, Peg, Plate, Rod
from tacrefine.objects.sampled import Sampled
from tacrefine.sim.world.cell import Body, Cell, Fixture
from tacrefine.sim.world.collisions import TOUCHES_ALL

OBJECT = "object"
WORKPIECE, NEST, FIXED = "workpiece", "nest", "fixture"
NEST_MASS = 0.05
NEST_RADIUS = 0.03
"""kg and m (of gyration) of what a fixture that gives way carries beside the object"""
GYRATION = 0.05
"""m, of the object, roughly: it only sets the damping of turns"""
STIFF_SOLREF = [0.004, 1.0]
STIFF_SOLIMP = [0.99, 0.999, 0.001, 0.5, 2.0]


def add_object(spec: mujoco.MjSpec, obj: GraspObject, friction: float, cell: Cell) -> None:
    """The object where the cell has it; `friction` is that of skin on object."""
    body = spec.worldbody if cell.body is None else _add_body(spec, obj, cell.body)
    _add_geoms(spec, body, obj, friction)
    if cell.fixture is not None and cell.body is not None:
        _add_fixture(spec, cell.fixture, cell.body)


def _add_body(spec: mujoco.MjSpec, obj: GraspObject, described: Body) -> mujoco.MjsBody:
    low, high = np.array(obj.shape.bounds)
    size = high - low
    body = spec.worldbody.add_body(name=WORKPIECE)
    body.add_freejoint()
    centre = (low + high) / 2 if described.centre_of_mass is None else described.centre_of_mass
    body.explicitinertial, body.mass, body.ipos = True, described.mass, centre
    body.inertia = described.mass / 12 * (np.sum(size**2) - size**2)
    return body


def _add_fixture(spec: mujoco.MjSpec, fixture: Fixture, body: Body) -> None:
    """A weld to the world, or to a nest on springs."""
    holder = "world"
    if fixture.stiffness is not None and fixture.rotation_stiffness is not None:
        holder = NEST
        nest = spec.worldbody.add_body(name=NEST, gravcomp=1.0)
        inertia = NEST_MASS * NEST_RADIUS**2
        nest.explicitinertial, nest.mass, nest.inertia = True, NEST_MASS, [inertia] * 3
        k, turn = fixture.stiffness, fixture.rotation_stiffness
        mass = body.mass + NEST_MASS
        for axis in np.eye(3):
            nest.add_joint(
                type=mujoco.mjtJoint.mjJNT_SLIDE,
                axis=axis,
                stiffness=[k, 0, 0],
                damping=[2 * np.sqrt(k * mass), 0, 0],
            )
        nest.add_joint(
            type=mujoco.mjtJoint.mjJNT_BALL,
            stiffness=[turn, 0, 0],
            damping=[2 * np.sqrt(turn * mass) * GYRATION, 0, 0],
        )
    add_weld(spec, FIXED, holder, WORKPIECE)


def add_weld(spec: mujoco.MjSpec, name: str, holder: str, held: str) -> None:
    """Two bodies become one; at first with the same pose."""
    weld = spec.add_equality(
        name=name,
        type=mujoco.mjtEq.mjEQ_WELD,
        objtype=mujoco.mjtObj.mjOBJ_BODY,
        name1=holder,
        name2=held,
        solref=STIFF_SOLREF,
        solimp=STIFF_SOLIMP,
    )
    data = np.zeros(mujoco.mjNEQDATA)
    data[6] = data[10] = 1.0  # same pose, rotation counts as much as position
    weld.data = data


def _add_geoms(spec: mujoco.MjSpec, body: mujoco.MjsBody, obj: GraspObject, friction: float) -> None:
    shape = obj.shape.original if isinstance(obj.shape, Sampled) else obj.shape
    half = np.sqrt(0.5)
    geom = {"name": OBJECT, "pos": shape.centre, "friction": [friction, 0.005, 1e-4], **TOUCHES_ALL}
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
        case Peg():
            size = [shape.radius, shape.length / 2, 0]
            body.add_geom(
                type=mujoco.mjtGeom.mjGEOM_CYLINDER, size=size, **{**geom, "pos": [0.0, 0.0, shape.middle]}
            )
        case _:
            for i, corners in enumerate(shape.parts):
                name = OBJECT if i == 0 else f"{OBJECT}_{i}"
                spec.add_mesh(name=name, uservert=np.asarray(corners, float).ravel())
                part = {**geom, "name": name, "meshname": name}
                body.add_geom(type=mujoco.mjtGeom.mjGEOM_MESH, **part)
