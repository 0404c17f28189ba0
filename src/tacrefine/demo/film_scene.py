"""What the film shows: hand, skin, part, nest and slot as a MuJoCo model without physics, and pictures of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from tacrefine.geometry import RigidTransform, transform, wxyz
from tacrefine.hands import Hand
from tacrefine.objects import GraspObject, Peg
from tacrefine.scene.looks import DEAD, PALETTE, levels
from tacrefine.sim.gripper.camera import use_backend
from tacrefine.sim.robot import BASE_FROM_OBJECT
from tacrefine.sim.world import Cell
from tacrefine.sim.world.cell import Hole
from tacrefine.sim.world.furniture import table_height

SIZE = (300, 320)
"""height and width of a picture, pixels"""
FIELD = 32.0
"""degrees, from top to bottom"""
PART, WALL, NEST, PALM, LINK = (
    (0.93, 0.62, 0.20, 1.0),
    (0.42, 0.50, 0.60, 1.0),
    (0.70, 0.73, 0.76, 1.0),
    (0.30, 0.33, 0.37, 1.0),
    (0.46, 0.49, 0.53, 1.0),
)
TABLE = (0.93, 0.94, 0.95, 1.0)
BACKGROUND = np.array([0.965, 0.97, 0.98])
TAXEL_RADIUS = 0.0007
LINK_RADIUS = 0.006
STRONGEST = 0.5
"""share of full scale that has the darkest colour"""
LIGHT = np.array([0.35, -0.6, 0.72])
AMBIENT = 0.45
DISTANCE, ELEVATION = 0.48, -14.0
"""m and degrees of the camera about what it looks at, from a little above"""
ALONG_SLOT, ACROSS_JAWS = 72.0, 18.0
"""degrees, where it looks: nearly along the slot; nearly through both jaws, so that one sees how a peg leans"""
FACES, CUT = 24, 0.3
"""flat faces of a round hole; of which those nearer to the camera (cosine) are left out"""
TOWARDS_CAMERA = -np.array([np.cos(np.radians(ACROSS_JAWS)), np.sin(np.radians(ACROSS_JAWS))])
LOOK_AT = (0.0, 0.0, -0.035)
"""m from the part's grasp frame, along the world's axes"""


@dataclass(frozen=True)
class Posture:
    """One moment: wrist and part in the base frame, joints ``(J,)`` rad, touch ``(T,)`` 0..1."""

    time: float
    wrist: RigidTransform
    part: RigidTransform
    joints: NDArray[np.floating]
    touch: NDArray[np.floating]
    leaf: str


class FilmScene:
    """Draws postures. Rendered with OpenGL (EGL or OSMesa) where that works, by casting rays elsewhere."""

    def __init__(self, hand: Hand, obj: GraspObject, cell: Cell, place: str, rendering: str = "auto") -> None:
        self._hand = hand
        self._followed = np.array([1.0, 1.0 if place in cell.holes else 0.0])
        self.model = _model(hand, obj, cell, place)
        self.data = mujoco.MjData(self.model)
        self._skin = [self.model.geom(f"taxel_{i}").id for i in range(hand.taxel_count)]
        azimuth = ACROSS_JAWS if place in cell.holes else ALONG_SLOT
        self._eyes: Any = _rendered(self.model, azimuth) if rendering == "auto" else None
        self.rendering = "rays" if self._eyes is None else "OpenGL"
        self._eyes = self._eyes or _Rays(self.model, azimuth)

    def picture(self, posture: Posture) -> NDArray[np.uint8]:
        """RGB ``(H, W, 3)``."""
        world = BASE_FROM_OBJECT.inv()
        wrist, part = world * posture.wrist, world * posture.part
        self.data.mocap_pos[0], self.data.mocap_quat[0] = part.translation, wxyz(part)
        self.data.mocap_pos[1], self.data.mocap_quat[1] = wrist.translation, wxyz(wrist)
        joints = np.asarray(posture.joints, float)
        for name, value in zip(self._hand.joint_names, joints, strict=True):
            self.data.joint(name).qpos[0] = value
        mujoco.mj_kinematics(self.model, self.data)
        colours = np.vstack([PALETTE, DEAD])[levels(np.asarray(posture.touch, float), STRONGEST)]
        self.model.geom_rgba[self._skin, :3] = colours
        mujoco.mj_camlight(self.model, self.data)
        return self._eyes(self.data, np.array([*self._followed * part.translation[:2], 0.0]) + LOOK_AT)

    def close(self) -> None:
        """Free the graphics context."""
        self._eyes.close()


def _rendered(model: mujoco.MjModel, azimuth: float) -> _Renderer | None:
    """MuJoCo's renderer, None where neither EGL nor OSMesa works."""
    for backend in ("egl", "osmesa"):
        with suppress(Exception):  # MuJoCo and PyOpenGL raise whatever the driver gave them
            use_backend(backend)
            return _Renderer(model, azimuth)
    return None


def _model(hand: Hand, obj: GraspObject, cell: Cell, place: str) -> mujoco.MjModel:
    spec = mujoco.MjSpec()
    spec.compiler.degree = False
    spec.visual.global_.offwidth, spec.visual.global_.offheight = SIZE[1], SIZE[0]
    spec.visual.headlight.ambient = [0.45] * 3
    spec.visual.headlight.diffuse = [0.55] * 3
    spec.visual.headlight.specular = [0.1] * 3
    sky = spec.add_texture(
        type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_FLAT,
        width=8,
        height=48,
    )
    sky.rgb1 = sky.rgb2 = BACKGROUND
    low, high = np.array(obj.shape.bounds)
    half, middle = (high - low) / 2, (high + low) / 2
    box = mujoco.mjtGeom.mjGEOM_BOX
    part = spec.worldbody.add_body(name="part", mocap=True)
    if isinstance(obj.shape, Peg):
        part.add_geom(type=mujoco.mjtGeom.mjGEOM_CYLINDER, pos=middle, size=[half[0], half[2], 0], rgba=PART)
    else:
        part.add_geom(type=box, pos=middle, size=half, rgba=PART)
    if cell.table is not None:
        _table(spec, table_height(cell.table, float(low[2])))
    elif not cell.holes:
        _walls(spec, transform(), low, high, 0.004, 0.012, 0.012, NEST)
    if place in cell.holes:
        _block(spec, cell.holes[place], low, high)
    else:
        described = cell.slots[place]
        gap = described.width_for(float(high[0] - low[0])) - float(high[0] - low[0])
        _walls(spec, described.pose, low, high, gap, described.wall, described.depth, WALL)
    palm = spec.worldbody.add_body(name="palm", mocap=True)
    palm.add_geom(type=box, size=[0.03, 0.045, 0.01], pos=[0, 0, 0.012], rgba=PALM)
    _hand(palm, hand)
    return spec.compile()


def _table(spec: mujoco.MjSpec, height: float) -> None:
    spec.worldbody.add_geom(
        type=mujoco.mjtGeom.mjGEOM_BOX, pos=[0.0, 0.0, height - 0.01], size=[0.5, 0.5, 0.01], rgba=TABLE
    )


def _block(spec: mujoco.MjSpec, hole: Hole, low: NDArray[np.float64], high: NDArray[np.float64]) -> None:
    """The far half of the block around a hole, cut open so that one sees what happens in it."""
    body = spec.worldbody.add_body(pos=hole.pose.translation, quat=wxyz(hole.pose))
    radius, middle = hole.diameter_for(float((high - low)[:2].max())) / 2, (low + high) / 2
    for angle in 2 * np.pi * (np.arange(FACES) + 0.5) / FACES:
        out = np.array([np.cos(angle), np.sin(angle)])
        if out @ TOWARDS_CAMERA > CUT:
            continue
        body.add_geom(
            type=mujoco.mjtGeom.mjGEOM_BOX,
            pos=[*(middle[:2] + (radius + hole.wall / 2) * out), low[2] + hole.depth / 2],
            quat=[np.cos(angle / 2), 0.0, 0.0, np.sin(angle / 2)],
            size=[hole.wall / 2, (radius + hole.wall) * np.tan(np.pi / FACES), hole.depth / 2],
            rgba=WALL,
        )


def _walls(
    spec: mujoco.MjSpec,
    pose: RigidTransform,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    gap: float,
    wall: float,
    depth: float,
    colour: tuple[float, ...],
) -> None:
    """Two walls on a floor, about the part's lower edge."""
    body = spec.worldbody.add_body(pos=pose.translation, quat=wxyz(pose))
    middle, length = (low[0] + high[0]) / 2, (high[1] - low[1]) / 2
    inner = (high[0] - low[0] + gap) / 2
    for side in (-1, 1):
        body.add_geom(
            type=mujoco.mjtGeom.mjGEOM_BOX,
            pos=[middle + side * (inner + wall / 2), 0.0, low[2] + depth / 2],
            size=[wall / 2, length, depth / 2],
            rgba=colour,
        )
    body.add_geom(
        type=mujoco.mjtGeom.mjGEOM_BOX,
        pos=[middle, 0.0, low[2] - 0.005],
        size=[inner + wall, length, 0.005],
        rgba=colour,
    )


def _hand(palm: mujoco.MjsBody, hand: Hand) -> None:
    """Links as capsules from joint to joint and on to the pads."""
    links: dict[str | None, mujoco.MjsBody] = {None: palm}
    for joint in hand.joints:
        origin = transform(joint.origin.position, joint.origin.rotation_vector)
        link = links[joint.parent].add_body(pos=np.asarray(origin.translation), quat=wxyz(origin))
        kind = mujoco.mjtJoint.mjJNT_SLIDE if joint.is_prismatic else mujoco.mjtJoint.mjJNT_HINGE
        link.add_joint(name=joint.name, type=kind, axis=joint.axis)
        links[joint.name] = link
        link.add_geom(type=mujoco.mjtGeom.mjGEOM_SPHERE, size=[LINK_RADIUS, 0, 0], rgba=LINK, mass=0.01)
        _bone(links[joint.parent], np.asarray(origin.translation))
    depth, number = hand.skin.backing_depth, 0
    for finger in hand.fingers:
        for pad in finger.pads:
            for point in pad.pose_in_link.apply(pad.points):
                links[pad.joint].add_geom(
                    name=f"taxel_{number}",
                    type=mujoco.mjtGeom.mjGEOM_SPHERE,
                    pos=point,
                    size=[TAXEL_RADIUS, 0, 0],
                    rgba=LINK,
                    mass=1e-5,
                )
                number += 1
            _bone(links[pad.joint], 0.8 * np.asarray(pad.pose_in_link.translation))
            core = pad.core(depth)
            at = pad.pose_in_link * core.pose
            links[pad.joint].add_geom(
                type=mujoco.mjtGeom.mjGEOM_CAPSULE,
                size=[core.radius, max(core.half, 1e-4), 0],
                pos=np.asarray(at.translation),
                quat=wxyz(at),
                rgba=LINK,
            )


def _bone(body: mujoco.MjsBody, end: NDArray[np.float64]) -> None:
    if np.linalg.norm(end) > LINK_RADIUS:
        body.add_geom(
            type=mujoco.mjtGeom.mjGEOM_CAPSULE,
            fromto=[0.0, 0.0, 0.0, *end],
            size=[LINK_RADIUS, 0, 0],
            rgba=LINK,
            mass=0.01,
        )


class _Renderer:
    def __init__(self, model: mujoco.MjModel, azimuth: float) -> None:
        self._renderer = mujoco.Renderer(model, *SIZE)
        model.vis.global_.fovy = FIELD
        self._camera = mujoco.MjvCamera()
        self._camera.distance, self._camera.azimuth, self._camera.elevation = DISTANCE, azimuth, ELEVATION
        flags = self._renderer.scene.flags
        flags[mujoco.mjtRndFlag.mjRND_SHADOW] = 0

    def __call__(self, data: mujoco.MjData, look_at: NDArray[np.float64]) -> NDArray[np.uint8]:
        self._camera.lookat = look_at
        self._renderer.update_scene(data, self._camera)
        return self._renderer.render().copy()

    def close(self) -> None:
        self._renderer.close()


class _Rays:
    """The same picture by ``mj_multiRay``: colour by Lambert's law."""

    def __init__(self, model: mujoco.MjModel, azimuth: float) -> None:
        self._model = model
        self._light = LIGHT / np.linalg.norm(LIGHT)
        azimuth, elevation = np.radians([azimuth, ELEVATION])
        ahead = np.array(
            [np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)]
        )
        right = np.cross(ahead, [0.0, 0.0, 1.0])
        right /= np.linalg.norm(right)
        up = np.cross(right, ahead)
        height, width = SIZE
        scale = np.tan(np.radians(FIELD) / 2) / (height / 2)
        rows = (np.arange(height) + 0.5 - height / 2) * scale
        columns = (np.arange(width) + 0.5 - width / 2) * scale
        rays = ahead + columns[None, :, None] * right - rows[:, None, None] * up
        self._rays = (rays / np.linalg.norm(rays, axis=2, keepdims=True)).reshape(-1, 3)
        self._back = -DISTANCE * ahead

    def __call__(self, data: mujoco.MjData, look_at: NDArray[np.float64]) -> NDArray[np.uint8]:
        count = len(self._rays)
        geoms, distance, normals = np.empty(count, np.int32), np.empty(count), np.zeros(3 * count)
        everything = np.ones(mujoco.mjNGROUP, np.uint8)
        mujoco.mj_multiRay(
            self._model,
            data,
            look_at + self._back,
            self._rays.ravel(),
            everything,
            1,
            -1,
            geoms,
            distance,
            normals,
            count,
            10.0,
        )
        lit = AMBIENT + (1.0 - AMBIENT) * np.abs(normals.reshape(-1, 3) @ self._light)
        colour = np.where((geoms >= 0)[:, None], self._model.geom_rgba[geoms, :3] * lit[:, None], BACKGROUND)
        return np.rint(255.0 * np.clip(colour, 0.0, 1.0)).astype(np.uint8).reshape(*SIZE, 3)

    def close(self) -> None:
        """Do nothing: rays need no context of a renderer."""
