"""A hand as MuJoCo bodies: links with joints and drives, taxels on springs over stiff cores.

Every taxel is a sphere on a spring slide joint along its normal, over a stiff capsule (TacRefineNet, arXiv 2509.25746,
describes the idea; the settings below are ours and were chosen for stability at 2 ms).
"""

from __future__ import annotations

import mujoco
import numpy as np

from tacrefine.geometry import transform, wxyz
from tacrefine.hands import Hand, Pad
from tacrefine.plants import PlantSample
from tacrefine.sim.locking import add_gear
from tacrefine.sim.world.collisions import TOUCHES_NOTHING, TOUCHES_OBJECT, TOUCHES_OBJECT_AND_FURNITURE

JOINT_ARMATURE = 2e-4
JOINT_DAMPING = 0.1
SLIDE_ARMATURE, SLIDE_DAMPING = 0.05, 40.0
"""kg and N s/m of prismatic joints: about what a finger of 5 cm makes of the two above"""
TAXEL_ARMATURE = 2e-4
TAXEL_DAMPING = 0.3
TAXEL_MASS = 1e-5
LINK_RADIUS = 0.005
LINK_MASS = 0.02
PAD_MASS = 0.01
TAXEL_SOLREF = [0.004, 1.0]
TAXEL_SOLIMP = [0.95, 0.99, 0.0005, 0.5, 2.0]
CORE_SOLREF = [0.004, 1.0]
CORE_SOLIMP = [0.9, 0.95, 0.001, 0.5, 2.0]
COUPLING_SOLREF = [0.004, 1.0]
COUPLING_SOLIMP = [0.99, 0.999, 0.001, 0.5, 2.0]


def add_hand(spec: mujoco.MjSpec, palm: mujoco.MjsBody, hand: Hand, sample: PlantSample) -> None:
    """Put links, joints, drives and pads on the body that is the hand's wrist; one sampled robot of a plant."""
    links: dict[str | None, mujoco.MjsBody] = {None: palm}
    for joint in hand.joints:
        origin = transform(joint.origin.position, joint.origin.rotation_vector)
        link = links[joint.parent].add_body(
            name=f"{joint.name}_link", pos=np.asarray(origin.translation), quat=wxyz(origin), gravcomp=1.0
        )
        slides = joint.is_prismatic
        link.add_joint(
            name=joint.name,
            type=mujoco.mjtJoint.mjJNT_SLIDE if slides else mujoco.mjtJoint.mjJNT_HINGE,
            axis=joint.axis,
            range=joint.limits,
            limited=True,
            armature=SLIDE_ARMATURE if slides else JOINT_ARMATURE,
            damping=[SLIDE_DAMPING if slides else JOINT_DAMPING, 0, 0],
        )
        link.add_geom(
            type=mujoco.mjtGeom.mjGEOM_SPHERE, size=[LINK_RADIUS, 0, 0], mass=LINK_MASS, **TOUCHES_NOTHING
        )
        links[joint.name] = link
    _add_drives(spec, hand, sample.closing_torque)
    for f, finger in enumerate(hand.fingers):
        for pad in finger.pads:
            _add_pad(links[pad.joint], hand, pad, sample, sample.fingertip_offsets[f])


def _add_drives(spec: mujoco.MjSpec, hand: Hand, torque_factor: float) -> None:
    for joint in hand.joints:
        if joint.drive is not None:
            drive = joint.drive
            limit = drive.torque_limit * (torque_factor if drive.role == "closing" else 1.0)
            actuator = spec.add_actuator(
                name=joint.name, target=joint.name, trntype=mujoco.mjtTrn.mjTRN_JOINT
            )
            actuator.set_to_position(kp=drive.stiffness, kv=drive.damping)
            actuator.forcerange = [-limit, limit]
            actuator.forcelimited = True
            if drive.self_locking:
                add_gear(spec, joint)
        elif joint.mimic is not None:
            equality = spec.add_equality(
                name=f"{joint.name}_coupling",
                type=mujoco.mjtEq.mjEQ_JOINT,
                objtype=mujoco.mjtObj.mjOBJ_JOINT,
                name1=joint.name,
                name2=joint.mimic.joint,
                solref=COUPLING_SOLREF,
                solimp=COUPLING_SOLIMP,
            )
            polynomial = np.zeros(mujoco.mjNEQDATA)
            polynomial[:2] = joint.mimic.offset, joint.mimic.ratio
            equality.data = polynomial


def _add_pad(link: mujoco.MjsBody, hand: Hand, pad: Pad, sample: PlantSample, offset: np.ndarray) -> None:
    body = link.add_body(
        name=f"{pad.name}_pad",
        pos=np.asarray(pad.pose_in_link.translation),
        quat=wxyz(pad.pose_in_link),
        gravcomp=1.0,
    )
    friction = [sample.friction, 0.005, 1e-4]
    depth, radius = hand.skin.backing_depth, hand.skin.taxel_radius
    core = pad.core(depth)
    body.add_geom(
        name=f"{pad.name}_core",
        type=mujoco.mjtGeom.mjGEOM_CAPSULE,
        size=[core.radius, max(core.half, 1e-4), 0],
        pos=offset + np.asarray(core.pose.translation),
        quat=wxyz(core.pose),
        mass=PAD_MASS,
        friction=friction,
        solref=CORE_SOLREF,
        solimp=CORE_SOLIMP,
        **TOUCHES_OBJECT_AND_FURNITURE,
    )
    for i, (point, normal) in enumerate(zip(pad.points, pad.normals, strict=True)):
        taxel = body.add_body(name=f"{pad.name}_{i}", pos=point + offset - radius * normal)
        taxel.add_joint(
            name=f"{pad.name}_{i}",
            type=mujoco.mjtJoint.mjJNT_SLIDE,
            axis=-normal,
            stiffness=[sample.taxel_stiffness, 0, 0],
            damping=[TAXEL_DAMPING, 0, 0],
            armature=TAXEL_ARMATURE,
        )
        taxel.add_geom(
            type=mujoco.mjtGeom.mjGEOM_SPHERE,
            size=[radius, 0, 0],
            mass=TAXEL_MASS,
            friction=friction,
            solref=TAXEL_SOLREF,
            solimp=TAXEL_SOLIMP,
            **TOUCHES_OBJECT,
        )
