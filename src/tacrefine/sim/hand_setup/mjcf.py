"""MJCF files: MuJoCo reads them, meshes or no meshes; actuators, tendons, equalities and loops say what moves what."""

from __future__ import annotations

from pathlib import Path

import mujoco
import numpy as np

from tacrefine.errors import ConfigError
from tacrefine.geometry import RigidTransform, from_quaternion
from tacrefine.sim.hand_setup.fragments import as_whole_model, who_includes
from tacrefine.sim.hand_setup.robot import Array, Robot, RobotJoint, box_points, round_points

FREE, BALL, SLIDE, HINGE = (
    int(kind)
    for kind in (
        mujoco.mjtJoint.mjJNT_FREE,
        mujoco.mjtJoint.mjJNT_BALL,
        mujoco.mjtJoint.mjJNT_SLIDE,
        mujoco.mjtJoint.mjJNT_HINGE,
    )
)
EQUAL_JOINTS, CONNECTED = int(mujoco.mjtEq.mjEQ_JOINT), int(mujoco.mjtEq.mjEQ_CONNECT)
STRAIGHT = 0.06
"""rad or m, by which a joint of a loop may leave the straight line over its drive"""
LOOP_PLACES = 9
LOOP_STEPS = 1500


def read_mjcf(path: Path) -> Robot:
    """The robot of an MJCF, or of a part of one that has bodies; raises ConfigError in one sentence."""
    part = as_whole_model(path)
    try:
        spec = _spec(path, part)
    except Exception as error:  # MuJoCo's own kinds, and what odd text makes of them
        raise ConfigError(_unreadable(path, part, f"MuJoCo cannot read it ({_reason(error)})")) from error
    notes = []
    try:
        model = spec.compile()
    except Exception:
        notes.append("its meshes are not there; surfaces are those of its primitives")
        model = _without_meshes(path, part)
    if model.njnt == 0:
        if model.nbody == 1:
            raise ConfigError(
                f"{path}: has no body and so no joint; if it is a part of a model, {who_includes(path)}."
            )
        raise ConfigError(f"{path}: has no joint; a hand needs some.")
    if part is not None:
        notes.append(
            "it is a part of a model: what the whole one says of actuators and couplings is not known"
        )
    robot = Robot(path.stem, str(path), [], {}, notes=notes)
    for body in range(1, model.nbody):
        _add_body(model, body, robot)
    for geom in range(model.ngeom):
        points = _geom_points(model, geom)
        if points is not None:
            name = _body_name(model, int(model.geom_bodyid[geom]))
            place = from_quaternion(model.geom_pos[geom], model.geom_quat[geom], scalar_first=True)
            shifted = _shift(model, int(model.geom_bodyid[geom])) * place
            known = robot.surfaces.get(name, np.zeros((0, 3)))
            robot.surfaces[name] = np.concatenate([known, shifted.apply(points)])
    for site in range(model.nsite):
        body = int(model.site_bodyid[site])
        place = from_quaternion(model.site_pos[site], model.site_quat[site], scalar_first=True)
        robot.sites[model.site(site).name or f"site_{site}"] = (
            _body_name(model, body),
            _shift(model, body) * place,
        )
    _couple(model, robot)
    return robot


def _spec(path: Path, part: str | None) -> mujoco.MjSpec:
    if part is None:
        return mujoco.MjSpec.from_file(str(path))
    spec = mujoco.MjSpec.from_string(part)
    spec.modelfiledir = str(path.parent)
    return spec


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def _unreadable(path: Path, part: str | None, why: str) -> str:
    """The sentence for a file that MuJoCo refuses."""
    if part is None:
        return f"{path}: {why}."
    return f"{path}: is a part of a model, and by itself {why}; {who_includes(path)}."


def _without_meshes(path: Path, part: str | None) -> mujoco.MjModel:
    """The model without what needs files that are not there, and with masses where they lack."""
    spec = _spec(path, part)
    try:
        for geom in list(spec.geoms):
            if geom.type in (
                mujoco.mjtGeom.mjGEOM_MESH,
                mujoco.mjtGeom.mjGEOM_SDF,
                mujoco.mjtGeom.mjGEOM_HFIELD,
            ):
                spec.delete(geom)
        for kind in (spec.meshes, spec.hfields, spec.skins, spec.textures, spec.materials):
            for element in list(kind):
                spec.delete(element)
        for geom in spec.geoms:
            geom.material = ""
        for site in spec.sites:
            site.material = ""
        spec.compiler.boundmass, spec.compiler.boundinertia = 1e-3, 1e-6
        spec.compiler.balanceinertia = True
        return spec.compile()
    except Exception as error:
        why = f"MuJoCo cannot compile it, even without its meshes ({_reason(error)})"
        raise ConfigError(_unreadable(path, part, why)) from error


def _body_name(model: mujoco.MjModel, body: int) -> str:
    return str(model.body(body).name) or f"body_{body}"


def _joint_name(model: mujoco.MjModel, joint: int) -> str:
    return str(model.joint(joint).name) or f"joint_{joint}"


def _shift(model: mujoco.MjModel, body: int) -> RigidTransform:
    """The body's own frame in the frame of its last joint: a joint may lie beside its body's origin."""
    last = int(model.body_jntadr[body] + model.body_jntnum[body] - 1)
    if model.body_jntnum[body] == 0 or int(model.jnt_type[last]) == FREE:
        return RigidTransform.identity()
    return RigidTransform.from_translation(-model.jnt_pos[last])


def _add_body(model: mujoco.MjModel, body: int, robot: Robot) -> None:
    """Links and joints of a body; one with several joints becomes a chain."""
    name, parent = _body_name(model, body), int(model.body_parentid[body])
    robot.links.append(name)
    at = _shift(model, parent) * from_quaternion(
        model.body_pos[body], model.body_quat[body], scalar_first=True
    )
    before = _body_name(model, parent) if parent else ""
    joints = range(int(model.body_jntadr[body]), int(model.body_jntadr[body] + model.body_jntnum[body]))
    moving = [j for j in joints if int(model.jnt_type[j]) in (HINGE, SLIDE)]
    if any(int(model.jnt_type[j]) == BALL for j in joints):
        ball = _joint_name(model, int(model.body_jntadr[body]))
        raise ConfigError(
            f"{robot.source}: joint '{ball}' is a ball joint, which a hand's description cannot express."
        )
    if not moving:
        if before:
            robot.joints[name] = RobotJoint(
                f"{name}_fixed", "fixed", before, name, at, np.array([0.0, 0.0, 1.0])
            )
        return
    where = np.zeros(3)
    for number, j in enumerate(moving):
        child = name if number == len(moving) - 1 else f"{name}__{number}"
        if child != name:
            robot.links.append(child)
        origin = at * RigidTransform.from_translation(model.jnt_pos[j] - where)
        slides = int(model.jnt_type[j]) == SLIDE
        limited = bool(model.jnt_limited[j])
        kind = "prismatic" if slides else ("revolute" if limited else "continuous")
        limits = (float(model.jnt_range[j, 0]), float(model.jnt_range[j, 1])) if limited else None
        if slides and limits is None:
            limits = (-0.1, 0.1)
            robot.notes.append(
                f"joint '{_joint_name(model, j)}' slides without a range; it gets 0.1 m either way"
            )
        axis = np.array(model.jnt_axis[j], float)
        robot.joints[child] = RobotJoint(
            _joint_name(model, j),
            kind,
            before,
            child,
            origin,
            axis,
            limits,
            None,
            None,
        )
        before, at, where = child, RigidTransform.identity(), model.jnt_pos[j].copy()


def _geom_points(model: mujoco.MjModel, geom: int) -> Array | None:
    size, kind = model.geom_size[geom], mujoco.mjtGeom(int(model.geom_type[geom]))
    # What touches nothing is looked at only where the body has nothing else.
    touches = model.geom_contype[geom] or model.geom_conaffinity[geom]
    others = model.geom_bodyid == model.geom_bodyid[geom]
    if not touches and ((model.geom_contype[others] != 0) | (model.geom_conaffinity[others] != 0)).any():
        return None
    match kind:
        case mujoco.mjtGeom.mjGEOM_BOX:
            return box_points(size)
        case mujoco.mjtGeom.mjGEOM_CAPSULE:
            return round_points(size[0], size[1], capped=True)
        case mujoco.mjtGeom.mjGEOM_CYLINDER:
            return round_points(size[0], size[1], capped=False)
        case mujoco.mjtGeom.mjGEOM_SPHERE:
            return round_points(size[0], 0.0, capped=True)
        case mujoco.mjtGeom.mjGEOM_ELLIPSOID:
            return np.asarray(round_points(1.0, 0.0, capped=True) * size)
        case mujoco.mjtGeom.mjGEOM_MESH:
            mesh = int(model.geom_dataid[geom])
            start, count = int(model.mesh_vertadr[mesh]), int(model.mesh_vertnum[mesh])
            return np.array(model.mesh_vert[start : start + count], float)
    return None


def _couple(model: mujoco.MjModel, robot: Robot) -> None:
    """What actuators, tendons, equalities and loops say about which joint moves which."""
    mimic: dict[str, tuple[str, float, float]] = {}
    for e in range(model.neq):
        if int(model.eq_type[e]) == EQUAL_JOINTS and model.eq_obj2id[e] >= 0:
            one, two = (_joint_name(model, int(i)) for i in (model.eq_obj1id[e], model.eq_obj2id[e]))
            data = model.eq_data[e]
            if np.abs(data[2:5]).max() > 1e-9:
                raise ConfigError(
                    f"{robot.source}: joint '{one}' follows joint '{two}' by a curve; only a ratio and an offset can "
                    "be expressed."
                )
            mimic[one] = (two, float(data[1]), float(data[0]))
    driven: set[str] = set()
    for a in range(model.nu):
        target, kind = int(model.actuator_trnid[a, 0]), mujoco.mjtTrn(int(model.actuator_trntype[a]))
        if kind in (mujoco.mjtTrn.mjTRN_JOINT, mujoco.mjtTrn.mjTRN_JOINTINPARENT):
            driven.add(_joint_name(model, target))
        elif kind == mujoco.mjtTrn.mjTRN_TENDON:
            _by_tendon(model, target, driven, mimic, robot)
    # An equality may name the driven joint first.
    for one, (two, ratio, offset) in list(mimic.items()):
        if one in driven and two not in driven and ratio and two not in mimic:
            del mimic[one]
            mimic[two] = (one, 1.0 / ratio, -offset / ratio)
        elif one in driven and two in driven:
            driven.discard(one)
    if any(int(model.eq_type[e]) == CONNECTED for e in range(model.neq)) and driven:
        _follow_loops(model, robot, driven, mimic)
    for child, joint in robot.joints.items():
        if joint.name in mimic and joint.name not in driven:
            robot.joints[child] = RobotJoint(
                joint.name, joint.type, joint.parent, joint.child, joint.origin, joint.axis, joint.limits, joint.effort,
                mimic[joint.name],
            )  # fmt: skip
    robot.driven = driven or None


def _by_tendon(
    model: mujoco.MjModel,
    tendon: int,
    driven: set[str],
    mimic: dict[str, tuple[str, float, float]],
    robot: Robot,
) -> None:
    """A tendon of fixed coefficients pulls several joints: the first is driven, the others go with it alike."""
    start = int(model.tendon_adr[tendon])
    wraps = range(start, start + int(model.tendon_num[tendon]))
    pulled = [
        (_joint_name(model, int(model.wrap_objid[w])), float(model.wrap_prm[w]))
        for w in wraps
        if int(model.wrap_type[w]) == int(mujoco.mjtWrap.mjWRAP_JOINT)
    ]
    if not pulled:
        name = model.tendon(tendon).name or str(tendon)
        robot.notes.append(f"tendon '{name}' runs through space, which cannot be expressed; say --driven")
        return
    first, pull = pulled[0]
    if any(name in mimic for name, _ in pulled):
        first, pull = next(((n, c) for n, c in pulled if n not in mimic), pulled[0])
    driven.add(first)
    for name, coefficient in pulled:
        if name != first and name not in mimic and coefficient:
            mimic[name] = (first, float(np.sign(pull / coefficient)), 0.0)
            robot.notes.append(f"joint '{name}' shares a tendon with '{first}' and goes as far as it")


def _follow_loops(
    model: mujoco.MjModel, robot: Robot, driven: set[str], mimic: dict[str, tuple[str, float, float]]
) -> None:
    """Joints of closed loops as the straight line over their drive that follows them best, found by simulation."""
    model.opt.gravity[:] = 0.0
    model.geom_contype[:] = model.geom_conaffinity[:] = 0
    data = mujoco.MjData(model)
    names = [_joint_name(model, j) for j in range(model.njnt)]
    free = [j for j in range(model.njnt) if names[j] not in driven and names[j] not in mimic]
    model.dof_damping[:] = np.maximum(model.dof_damping, 1e-2)
    for drive in sorted(driven):
        j = names.index(drive)
        low, high = model.jnt_range[j] if model.jnt_limited[j] else (-0.5, 0.5)
        at = np.linspace(low, high, LOOP_PLACES)
        places = []
        mujoco.mj_resetData(model, data)
        for value in at:
            for _ in range(LOOP_STEPS // LOOP_PLACES):
                data.qpos[model.jnt_qposadr[j]], data.qvel[model.jnt_dofadr[j]] = value, 0.0
                data.ctrl[:] = 0.0
                mujoco.mj_step(model, data)
            places.append([data.qpos[model.jnt_qposadr[i]] for i in range(model.njnt)])
        way = np.array(places)
        if not np.isfinite(way).all():
            continue
        for i in free:
            if names[i] in mimic or np.ptp(way[:, i]) < 1e-3:
                continue
            ratio, offset = (float(x) for x in np.polyfit(way[:, j], way[:, i], 1))
            miss = float(np.abs(way[:, i] - ratio * way[:, j] - offset).max())
            mimic[names[i]] = (drive, ratio, offset)
            if miss > STRAIGHT:
                robot.notes.append(
                    f"joint '{names[i]}' of a loop follows '{drive}' within {miss:.2f} rad only"
                )
