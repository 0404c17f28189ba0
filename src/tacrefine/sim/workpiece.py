"""A scene in which the object can be carried away: a fixture that lets go of it, a hand that has it then, slots for it.

Until it is released the object stands as if it were fixed, so everything that is said of grasping holds. From then on
the hand has it through a spring at the grasp centre, at the very pose at which the fingers had it; this stands for how
grip and arm give under load. The fingers no longer touch it. They could not carry it: pads that rest on a few
millimetres of an edge, with a friction that creeps as MuJoCo's does, lose a plate within a second, and a palm that is
put from place to place has no speed, so that they would brake what they should take along.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

import mujoco
import numpy as np
from pydantic import Field, PositiveFloat

from tacrefine.config import Description, Vector3, load_yaml
from tacrefine.geometry import RigidTransform, from_quaternion, transform, wxyz
from tacrefine.objects import GraspObject

WORKPIECE, GRIP = "workpiece", "grip"
FIXED, HELD = "fixture", "grip"
GRIP_MASS = 0.02
DAMPING_RATIO = 0.3
RADIUS = 0.05
"""m, of gyration of what is held, roughly: it only sets the damping of turns"""
STIFF_SOLREF = [0.004, 1.0]
STIFF_SOLIMP = [0.99, 0.999, 0.001, 0.5, 2.0]
_TOUCHES_ALL = {"contype": 7, "conaffinity": 7}
_BY_HAND, _BY_SLOTS = (1, 2), (4, 4)
"""what the object touches before and after its release, as MuJoCo's contype and conaffinity"""


class Slot(Description):
    """A straight slot along y, open at both ends.

    `position` and `rotation_vector` (m, rad) are the pose of the object's grasp frame when the object is seated, in the
    fixture's frame, which is the grasp frame before the object is released.
    """

    clearance: PositiveFloat
    """m, of both sides together: the slot is as wide as the object is thick, and this"""
    position: Vector3
    rotation_vector: Vector3 = (0.0, 0.0, 0.0)

    @property
    def pose(self) -> RigidTransform:
        """Of the seated object, in the fixture's frame."""
        return transform(self.position, self.rotation_vector)


class Scene(Description):
    """What surrounds the hand and the object. Lengths in m, masses in kg, stiffness in N/m and N m/rad."""

    name: str
    mass: PositiveFloat = Field(le=20.0)
    grip_stiffness: PositiveFloat = Field(le=1e5)
    grip_rotation_stiffness: PositiveFloat = Field(le=1e3)
    depth: PositiveFloat
    length: PositiveFloat
    wall: PositiveFloat
    friction: float = Field(ge=0.0, le=3.0)
    slots: Mapping[str, Slot]


def load_scene(path: str | os.PathLike[str]) -> Scene:
    """Read a scene's YAML; raises ConfigError with one sentence."""
    return load_yaml(path, Scene)


def add_workpiece(spec: mujoco.MjSpec, obj: GraspObject, scene: Scene) -> mujoco.MjsBody:
    """The free body to put the object's geoms on, held by the fixture, and the slots."""
    low, high = np.array(obj.shape.bounds)
    size = high - low
    body = spec.worldbody.add_body(name=WORKPIECE)
    body.add_freejoint()
    body.explicitinertial, body.mass, body.ipos = True, scene.mass, (low + high) / 2
    body.inertia = scene.mass / 12 * (np.sum(size**2) - size**2)
    _add_weld(spec, FIXED, "world", active=True)
    for name, slot in scene.slots.items():
        _add_slot(spec, name, slot, scene, low, high)
    return body


def add_grip(spec: mujoco.MjSpec, palm: mujoco.MjsBody, centre: RigidTransform, scene: Scene) -> None:
    """The sprung body at the grasp centre that holds the object once the fixture has let it go."""
    body = palm.add_body(name=GRIP, pos=centre.translation, quat=wxyz(centre))
    inertia = GRIP_MASS * 0.01**2
    body.explicitinertial, body.mass, body.inertia = True, GRIP_MASS, [inertia] * 3
    k, turn = scene.grip_stiffness, scene.grip_rotation_stiffness
    # Less than critical: as the palm has no speed, damping brakes what it takes along.
    damping = 2 * DAMPING_RATIO * np.sqrt(k * (scene.mass + GRIP_MASS))
    for axis in np.eye(3):
        kind = {"type": mujoco.mjtJoint.mjJNT_SLIDE, "axis": axis}
        body.add_joint(**kind, stiffness=[k, 0, 0], damping=[damping, 0, 0])
    turn_damping = 2 * DAMPING_RATIO * np.sqrt(turn * scene.mass * RADIUS**2)
    ball = mujoco.mjtJoint.mjJNT_BALL
    body.add_joint(type=ball, stiffness=[turn, 0, 0], damping=[turn_damping, 0, 0])
    _add_weld(spec, HELD, GRIP, active=False)


def _add_weld(spec: mujoco.MjSpec, name: str, holder: str, active: bool) -> None:
    weld = spec.add_equality(
        name=name,
        type=mujoco.mjtEq.mjEQ_WELD,
        objtype=mujoco.mjtObj.mjOBJ_BODY,
        name1=holder,
        name2=WORKPIECE,
        active=active,
        solref=STIFF_SOLREF,
        solimp=STIFF_SOLIMP,
    )
    data = np.zeros(mujoco.mjNEQDATA)
    data[6] = data[10] = 1.0  # same pose, rotation counts as much as position
    weld.data = data


def _add_slot(
    spec: mujoco.MjSpec, name: str, slot: Slot, scene: Scene, low: np.ndarray, high: np.ndarray
) -> None:
    pose = slot.pose
    body = spec.worldbody.add_body(name=f"slot_{name}", pos=pose.translation, quat=wxyz(pose))
    gap, wall = (high[0] - low[0] + slot.clearance) / 2, scene.wall / 2
    middle = (high[0] + low[0]) / 2
    surface = {
        "type": mujoco.mjtGeom.mjGEOM_BOX,
        "friction": [scene.friction, 0.005, 1e-4],
        "priority": 1,  # the slot's surface counts, not the object's, which is that of fingertips
        "solref": STIFF_SOLREF,
        "solimp": STIFF_SOLIMP,
        **_TOUCHES_ALL,
    }
    for side in (-1, 1):
        at = [middle + side * (gap + wall), 0.0, low[2] + scene.depth / 2]
        body.add_geom(pos=at, size=[wall, scene.length / 2, scene.depth / 2], **surface)
    floor = [gap + scene.wall, scene.length / 2, wall]
    body.add_geom(pos=[middle, 0.0, low[2] - wall], size=floor, **surface)


@dataclass
class Workpiece:
    """The object in a running world."""

    model: mujoco.MjModel
    data: mujoco.MjData

    def pose(self) -> RigidTransform:
        """Of the grasp frame in the world's, which is where it was before it was released."""
        return self._pose(WORKPIECE)

    @property
    def is_released(self) -> bool:
        """Whether the hand holds it instead of the fixture."""
        return not self.data.eq_active[self.model.equality(FIXED).id]

    def release(self) -> None:
        """The fixture lets go; the hand has it where it is now."""
        weld = self.model.equality(HELD).id
        relative = self._pose(GRIP).inv() * self.pose()
        self.model.eq_data[weld, 3:6] = relative.translation
        self.model.eq_data[weld, 6:10] = wxyz(relative)
        self.data.eq_active[weld] = 1
        self.data.eq_active[self.model.equality(FIXED).id] = 0
        self._touch(*_BY_SLOTS)

    def fix(self) -> None:
        """The hand touches it again; where it stands and what holds it is the data's business."""
        self._touch(*_BY_HAND)

    def _touch(self, kind: int, others: int) -> None:
        model, body = self.model, self.model.body(WORKPIECE).id
        geoms = model.geom_bodyid == body
        model.geom_contype[geoms] = model.body_contype[body] = kind
        model.geom_conaffinity[geoms] = model.body_conaffinity[body] = others

    def _pose(self, name: str) -> RigidTransform:
        body = self.data.body(name)
        return from_quaternion(body.xpos.copy(), body.xquat, scalar_first=True)
