"""The MuJoCo model: a parallel gripper with two soft pads on a table, and one free object.

Each pad is a grid of soft spheres behind a finger, so that pressure, shear and torsion come out of where the object
truly touches: an object held by the rim of a pad turns and slips, one held by its middle does not. The gripper has
one joint for each of x, y, z and yaw with force-limited position drives, because friction acts on what truly moves.
"""

from __future__ import annotations

import math

import mujoco
import numpy as np
from scipy.spatial.transform import Rotation

from tacrefine.errors import SimulationError
from tacrefine.gripper import PAD_SIZE, PADS
from tacrefine.objects.free_objects import RegraspObject
from tacrefine.vision.optics import Camera

SKY = (0.72, 0.76, 0.8)
TIMESTEP = 0.004
"""s"""
OBJECT = "object"
CAMERA = "front"
GRIPPER_JOINTS = ("x", "y", "z", "yaw")
OPENING = 0.05
"""m from the grasp centre to an open pad"""
PAD_GRID = (3, 2)
"""spheres down the finger and across"""
PAD_RADIUS = 0.016
"""m of a sphere of the grid"""
GEL_STIFFNESS = 8e7
"""Pa/m: pressure for each metre that the gel is pressed in"""
TABLE_FRICTION = 0.4
FINGER_FRICTION = 0.3
FINGER_LENGTH = 0.13
"""m above the grasp centre"""
OBJECT_GROUP, TABLE_GROUP, GRIPPER_GROUP, PAD_GROUP = 1, 2, 3, 4

_TOUCHES_OBJECT = {"contype": 2, "conaffinity": 1}
_TOUCHES_ALL = {"contype": 1, "conaffinity": 2}
_KINDS = {
    "box": mujoco.mjtGeom.mjGEOM_BOX,
    "cylinder": mujoco.mjtGeom.mjGEOM_CYLINDER,
    "capsule": mujoco.mjtGeom.mjGEOM_CAPSULE,
    "sphere": mujoco.mjtGeom.mjGEOM_SPHERE,
    "ellipsoid": mujoco.mjtGeom.mjGEOM_ELLIPSOID,
}
_DRIVES = {
    "x": (6000.0, 150.0, 60.0),
    "y": (6000.0, 150.0, 60.0),
    "z": (6000.0, 150.0, 60.0),
    "yaw": (30.0, 1.0, 3.0),
}
"""stiffness (N/m, N m/rad), damping, most force (N, N m) of each gripper joint"""
_FINGER_DRIVE = (3000.0, 60.0)


def build_model(obj: RegraspObject, camera: Camera) -> mujoco.MjModel:
    """Compile gripper, table, object and the camera `front`."""
    spec = mujoco.MjSpec()
    option = spec.option
    option.timestep = TIMESTEP
    option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    option.impratio = 30.0
    option.iterations = 50
    option.ls_iterations = 50
    option.tolerance = 1e-8  # looser ones let a squeezed object jump
    spec.compiler.degree = False
    spec.worldbody.add_geom(
        name="table",
        type=mujoco.mjtGeom.mjGEOM_PLANE,
        size=[0.5, 0.5, 0.05],
        friction=[TABLE_FRICTION, 0.003, 5e-4],
        condim=6,  # without rolling friction a nudged ball never stops
        rgba=[0.45, 0.42, 0.4, 1],
        group=TABLE_GROUP,
        **_TOUCHES_OBJECT,
    )
    spec.worldbody.add_camera(
        name=CAMERA,
        pos=list(camera.position),
        quat=camera.quaternion,
        fovy=math.degrees(2 * math.atan(camera.height / 2 / camera.focal)),
    )
    spec.add_texture(  # what a camera sees beyond the table
        name="sky",
        type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_FLAT,
        rgb1=list(SKY),
        width=8,
        height=48,
    )
    spec.worldbody.add_light(
        type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL, dir=[-0.45, -0.25, -0.86], castshadow=False
    )
    _add_object(spec, obj)
    _add_gripper(spec, obj)
    try:
        model = spec.compile()
    except ValueError as error:
        raise SimulationError(
            f"Object '{obj.name}' cannot be built ({str(error).splitlines()[0]})."
        ) from error
    return model


def _add_object(spec: mujoco.MjSpec, obj: RegraspObject) -> None:
    body = spec.worldbody.add_body(name=OBJECT)
    body.add_freejoint(name=OBJECT)
    total = sum(part.share for part in obj.parts)
    for i, part in enumerate(obj.parts):
        body.add_geom(
            name=f"{OBJECT}_{i}",
            type=_KINDS[part.kind],
            size=[*part.size, 0.0, 0.0][:3],
            pos=list(part.position),
            quat=Rotation.from_rotvec(part.rotation).as_quat(scalar_first=True),
            mass=obj.mass * part.share / total,
            friction=[TABLE_FRICTION, 0.003, 5e-4],
            condim=4,
            rgba=[*part.colour, 1.0],
            group=OBJECT_GROUP,
            **_TOUCHES_ALL,
        )


def _add_gripper(spec: mujoco.MjSpec, obj: RegraspObject) -> None:
    body = spec.worldbody
    for name in GRIPPER_JOINTS:
        body = body.add_body(name=name, gravcomp=1.0)
        hinge = name == "yaw"
        body.add_joint(
            name=name,
            type=mujoco.mjtJoint.mjJNT_HINGE if hinge else mujoco.mjtJoint.mjJNT_SLIDE,
            axis=[0, 0, 1] if hinge else np.eye(3)[GRIPPER_JOINTS.index(name)].tolist(),
        )
        body.mass, body.inertia, body.explicitinertial = 0.5, [1e-3, 1e-3, 1e-3], True
        stiffness, damping, most = _DRIVES[name]
        _add_drive(spec, name, stiffness, damping, most)
    body.add_geom(
        name="palm",
        type=mujoco.mjtGeom.mjGEOM_BOX,
        size=[0.03, 0.075, 0.02],
        pos=[0, 0, FINGER_LENGTH + 0.02],
        mass=0.0,
        rgba=[0.2, 0.2, 0.22, 1],
        group=GRIPPER_GROUP,
        contype=0,
        conaffinity=0,
    )
    for pad, side in zip(PADS, (1.0, -1.0), strict=True):
        _add_finger(spec, body, obj, pad, side)
    equality = spec.add_equality(
        name="coupling",
        type=mujoco.mjtEq.mjEQ_JOINT,
        objtype=mujoco.mjtObj.mjOBJ_JOINT,
        name1=PADS[0],
        name2=PADS[1],
        solref=[0.01, 1.0],
    )
    polynomial = np.zeros(mujoco.mjNEQDATA)
    polynomial[1] = 1.0
    equality.data = polynomial


def _add_finger(spec: mujoco.MjSpec, palm: mujoco.MjsBody, obj: RegraspObject, pad: str, side: float) -> None:
    finger = palm.add_body(name=pad, gravcomp=1.0)
    finger.add_joint(
        name=pad,
        type=mujoco.mjtJoint.mjJNT_SLIDE,
        axis=[0, side, 0],
        range=[0.0, OPENING + 0.005],
        limited=True,
    )
    finger.mass, finger.inertia, finger.explicitinertial = 0.15, [1e-4, 1e-4, 1e-4], True
    _add_drive(spec, pad, *_FINGER_DRIVE, 20.0)
    half, thick = PAD_SIZE[1] / 2 + 0.002, 0.01
    bottom = -PAD_SIZE[0] / 2 - 0.002
    finger.add_geom(
        name=f"{pad}_finger",
        type=mujoco.mjtGeom.mjGEOM_BOX,
        size=[half, thick, (FINGER_LENGTH - bottom) / 2],
        pos=[0, side * (thick + 0.002), (FINGER_LENGTH + bottom) / 2],
        friction=[FINGER_FRICTION, 0.003, 1e-4],
        priority=1,
        rgba=[0.25, 0.25, 0.28, 1],
        group=GRIPPER_GROUP,
        **_TOUCHES_OBJECT,
    )
    finger.add_geom(
        name=f"{pad}_gel",  # to be seen only: what touches are the spheres
        type=mujoco.mjtGeom.mjGEOM_BOX,
        size=[PAD_SIZE[1] / 2, 0.001, PAD_SIZE[0] / 2],
        pos=[0, side * 0.001, 0],
        mass=0.0,
        rgba=[0.8, 0.8, 0.82, 1],
        group=GRIPPER_GROUP,
        contype=0,
        conaffinity=0,
    )
    solref, solimp = contact_parameters(obj)
    rows, columns = PAD_GRID
    for r in range(rows):
        for c in range(columns):
            z = ((r + 0.5) / rows - 0.5) * PAD_SIZE[0]
            x = ((c + 0.5) / columns - 0.5) * PAD_SIZE[1]
            finger.add_geom(
                name=f"{pad}_{r}_{c}",
                type=mujoco.mjtGeom.mjGEOM_SPHERE,
                size=[PAD_RADIUS, 0, 0],
                pos=[x, side * PAD_RADIUS, z],
                condim=3,
                friction=[obj.friction, 0.0, 0.0],
                solref=solref,
                solimp=solimp,
                priority=2,
                rgba=[0.75, 0.75, 0.78, 1],
                group=PAD_GROUP,
                **_TOUCHES_OBJECT,
            )


def contact_parameters(obj: RegraspObject) -> tuple[list[float], list[float]]:
    """`solref`, `solimp` of a pad's sphere: as stiff as gel and object in series over its share of the pad.

    MuJoCo's contact yields by (1 - d) / d * A * F / k, where A is about the inverse mass of what meets and
    k = 1 / (d * timeconst)^2 at critical damping.
    """
    area = PAD_SIZE[0] * PAD_SIZE[1] / (PAD_GRID[0] * PAD_GRID[1])
    stiffness = area / (1.0 / GEL_STIFFNESS + 1.0 / obj.stiffness)
    inverse_mass = 1.0 / obj.mass + 1.0 / 0.5
    timeconst = 0.02
    # (1 - d) * d * A * timeconst^2 = 1 / stiffness, for the larger of the two d that fulfil it
    product = min(1.0 / (stiffness * inverse_mass * timeconst**2), 0.2)
    impedance = float((1.0 + np.sqrt(1.0 - 4.0 * product)) / 2.0)
    impedance = float(np.clip(impedance, 0.6, 0.995))
    return [timeconst, 1.0], [impedance, impedance, 0.001, 0.5, 2.0]


def _add_drive(spec: mujoco.MjSpec, joint: str, stiffness: float, damping: float, most: float) -> None:
    drive = spec.add_actuator(name=joint, target=joint, trntype=mujoco.mjtTrn.mjTRN_JOINT)
    drive.set_to_position(kp=stiffness, kv=damping)
    drive.forcerange = [-most, most]
    drive.forcelimited = True
