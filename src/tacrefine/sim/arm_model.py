"""An arm's kinematics, read from MJCF or URDF: names, limits, forward kinematics. Geometry is discarded."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import RigidTransform

from tacrefine.config import share_dir
from tacrefine.documents import quoted
from tacrefine.errors import ConfigError

SHAPES = ("visual", "collision")
LEAST_MASS = 1e-3
"""kg and kg m2: without its shapes a body may have none, and MuJoCo wants some"""


class ArmModel:
    """The chain of hinges and slides from `root` to `tip`. Arrays over joints follow `joint_names`.

    `limits` (J, 2) in rad or m, infinite where the file gives none; `speeds` (J,) in rad/s, infinite likewise;
    `home` (J,) is the file's first keyframe, zeros without one.
    """

    def __init__(
        self,
        model: mujoco.MjModel,
        tip: str,
        root: str = "",
        joints: str = "",
        speeds: dict[str, float] | None = None,
        home: ArrayLike | None = None,
    ) -> None:
        self.model, self.tip = model, tip
        self._data = mujoco.MjData(model)
        self.tip_kind = self._kind(tip, "arm_tip")
        if root and mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_BODY, root) < 0:
            raise ConfigError(f"arm_root '{root}' is no body of arm_model; it has {self._names('body')}")
        self._root = root
        self._ids = self._chosen(joints)
        self.joint_names = tuple(model.joint(number).name for number in self._ids)
        self.addresses = np.array([model.jnt_qposadr[number] for number in self._ids])
        self.degrees = np.array([model.jnt_dofadr[number] for number in self._ids])
        limited = model.jnt_limited[self._ids].astype(bool)[:, None]
        self.limits = np.where(limited, model.jnt_range[self._ids], [-np.inf, np.inf])
        self.home = np.asarray(model.qpos0 if home is None else home, float)[self.addresses]
        self.speeds = np.array([(speeds or {}).get(name, np.inf) for name in self.joint_names])

    def full(self, joints: NDArray[np.float64]) -> NDArray[np.float64]:
        """All positions of the model, with everything that is not the arm where the file puts it."""
        positions = self.model.qpos0.copy()
        positions[self.addresses] = joints
        return positions

    def pose(self, joints: NDArray[np.float64]) -> RigidTransform:
        """Pose of the tip in the root's frame at joints (J,)."""
        self._data.qpos[:] = self.full(joints)
        mujoco.mj_kinematics(self.model, self._data)
        return self.root_pose().inv() * _pose(getattr(self._data, self.tip_kind)(self.tip))

    def root_pose(self) -> RigidTransform:
        """Pose of the root in the model's world, at the joints that `pose` was asked for last."""
        if not self._root:
            return RigidTransform.identity()
        return _pose(self._data.body(self._root))

    def _kind(self, name: str, parameter: str) -> str:
        for kind, number in (("site", mujoco.mjtObj.mjOBJ_SITE), ("body", mujoco.mjtObj.mjOBJ_BODY)):
            if mujoco.mj_name2id(self.model, number, name) >= 0:
                return kind
        sites = self._names("site")
        raise ConfigError(
            f"{parameter} '{name}' is no site and no body of arm_model; it has {sites + ', ' if sites else ''}"
            f"{self._names('body')}"
        )

    def _names(self, kind: str) -> str:
        count = {"site": self.model.nsite, "body": self.model.nbody, "joint": self.model.njnt}[kind]
        return ", ".join(getattr(self.model, kind)(number).name for number in range(count))

    def _chosen(self, joints: str) -> list[int]:
        """Numbers of the joints that move the arm."""
        movable = (int(mujoco.mjtJoint.mjJNT_HINGE), int(mujoco.mjtJoint.mjJNT_SLIDE))
        chain = [number for number in self._chain() if int(self.model.jnt_type[number]) in movable]
        known = {self.model.joint(number).name: number for number in chain}
        names = [name.strip() for name in joints.split(",") if name.strip()] or list(known)
        if not names:
            raise ConfigError(
                f"arm_model has no hinge or slide between '{self._root or 'world'}' and '{self.tip}'"
            )
        unknown = [name for name in names if name not in known]
        if unknown:
            raise ConfigError(
                f"arm_joints names '{unknown[0]}'; between root and tip there are {', '.join(known)}"
            )
        return [known[name] for name in names]

    def _chain(self) -> list[int]:
        model = self.model
        body = int(model.body(self.tip).id if self.tip_kind == "body" else model.site(self.tip).bodyid[0])
        end = int(model.body(self._root).id) if self._root else 0
        chain: list[int] = []
        while body not in (0, end):
            first, count = int(model.body_jntadr[body]), int(model.body_jntnum[body])
            chain = [*range(first, first + count), *chain]
            body = int(model.body_parentid[body])
        if body != end:
            raise ConfigError(f"arm_root '{self._root}' is not between the world and arm_tip '{self.tip}'")
        return chain


def find_model(name_or_path: str) -> Path:
    """The file of a shipped arm (`seven_joint`) or of the user's; raises ConfigError in one sentence."""
    if not name_or_path:
        raise ConfigError("arm_model is empty; arm trajectory needs an MJCF or URDF, by path or shipped name")
    path = Path(name_or_path).expanduser()
    if os.sep not in name_or_path and not path.suffix:
        path = share_dir() / "config" / "arms" / f"{name_or_path}.xml"
        known = ", ".join(sorted(file.stem for file in path.parent.glob("*.xml")))
        if not path.is_file():
            raise ConfigError(f"no arm named '{name_or_path}'; known: {known}, or give a path")
    if not path.is_file():
        raise ConfigError(f"arm_model {path}: no such file")
    return path


def load_arm(name_or_path: str, tip: str = "wrist", root: str = "", joints: str = "") -> ArmModel:
    """Read an arm; raises ConfigError with one sentence that names the file or the parameter."""
    path = find_model(name_or_path)
    try:
        tree = ElementTree.parse(path).getroot()  # noqa: S314 - expat bounds entities, and reads no other file
        is_urdf = tree.tag == "robot"
        speeds = _urdf_speeds(path, tree) if is_urdf else None
        spec = _from_urdf(tree) if is_urdf else mujoco.MjSpec.from_file(str(path))
        home = next((np.array(key.qpos) for key in spec.keys if len(key.qpos)), None)
        _strip(spec)
        model = spec.compile()
    except (OSError, ElementTree.ParseError, UnicodeDecodeError, ValueError) as error:
        raise ConfigError(f"arm_model {path}: cannot be read ({' '.join(str(error).split())})") from error
    return ArmModel(model, tip, root, joints, speeds, home)


def _from_urdf(tree: ElementTree.Element) -> mujoco.MjSpec:
    for link in tree.iter("link"):
        for kind in SHAPES:
            for shape in link.findall(kind):
                link.remove(shape)
    for options in tree.findall("mujoco"):
        tree.remove(options)
    return mujoco.MjSpec.from_string(ElementTree.tostring(tree, encoding="unicode"))


def _urdf_speeds(path: Path, tree: ElementTree.Element) -> dict[str, float]:
    """Speed limits by joint, rad/s or m/s; joints without one, or with 0, are left out."""
    speeds = {}
    for joint in tree.iter("joint"):
        limit = joint.find("limit")
        text = limit.get("velocity", "0") if limit is not None else "0"
        try:
            speed = float(text)
        except ValueError:
            speed = -1.0
        if not speed >= 0.0:
            name = joint.get("name", "")
            raise ConfigError(
                f"arm_model {path}: joint '{name}' has the velocity '{quoted(text)}'; allowed is a number, "
                "0 for no limit"
            )
        if speed > 0.0:
            speeds[joint.get("name", "")] = speed
    return speeds


def _strip(spec: mujoco.MjSpec) -> None:
    """Keep the kinematics alone: nothing that needs other files, nothing that acts."""
    spec.compiler.fusestatic = False  # links without joints are what a tip often is
    spec.compiler.boundmass = spec.compiler.boundinertia = LEAST_MASS
    for kind in (
        "keys",
        "sensors",
        "actuators",
        "tendons",
        "equalities",
        "excludes",
        "pairs",
        "geoms",
        "meshes",
    ):
        for element in list(getattr(spec, kind)):
            spec.delete(element)
    for kind in ("materials", "textures", "hfields", "skins"):
        for element in list(getattr(spec, kind)):
            spec.delete(element)


def _pose(view: Any) -> RigidTransform:
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = np.asarray(view.xmat).reshape(3, 3), view.xpos
    return RigidTransform.from_matrix(matrix)
