"""A hand ready for use: names in a fixed order, taxel geometry, the kinematic chain of every finger."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tacrefine.config import load_yaml, resolve
from tacrefine.errors import ConfigError
from tacrefine.geometry import RigidTransform, transform
from tacrefine.hands.cores import Core, fitted_core
from tacrefine.hands.description import HandDescription, JointDescription, PadDescription
from tacrefine.hands.resolution import resolved
from tacrefine.hands.taxels import spacing, tangents, taxel_points, with_files_read

MIN_FINGERS_IN_CONTACT = 3

CORE_END_MARGIN = 0.002
"""m by which the stiff core's straight part is shorter than a grid of taxels at each end"""


@dataclass(frozen=True, eq=False)
class Pad:
    """A tactile array: its taxels' centres (m) and outward normals, ``(rows * cols, 3)`` row-major, in its frame.

    Taxels that are no grid stand one below the other, rows = their number and cols = 1. Each taxel has one force
    component (normal) or three (normal, then tangential along columns and along rows).
    """

    name: str
    finger: str
    joint: str | None
    frame_id: str
    rows: int
    cols: int
    full_scale_n: float
    pose_in_link: RigidTransform
    points: NDArray[np.float64]
    normals: NDArray[np.float64]
    row_pitch: float
    """m from row to row; of taxels that are no grid the usual distance of neighbours"""
    col_pitch: float
    """m from column to column"""
    curvature_radius: float | None
    raw_full_scale: float = 255.0
    components: int = 1
    is_grid: bool = True

    @property
    def size(self) -> int:
        """Number of taxels."""
        return self.rows * self.cols

    @property
    def values(self) -> int:
        """Number of readings: taxels times components."""
        return self.size * self.components

    def core(self, backing_depth: float) -> Core:
        """The stiff capsule behind the taxels, this deep (m) under the skin."""
        if not self.is_grid:
            return fitted_core(self.points, self.normals, backing_depth)
        flat = self.cols * self.col_pitch / 2
        radius = flat if self.curvature_radius is None else self.curvature_radius - backing_depth
        half = max(self.rows * self.row_pitch / 2 - CORE_END_MARGIN, 0.0)
        return Core(transform((-(backing_depth + radius), 0.0, 0.0)), radius, half)

    @cached_property
    def tangents(self) -> NDArray[np.float64]:
        """Directions of the tangential components in the pad's frame, ``(N, 2, 3)``."""
        return tangents(self.normals)


@dataclass(frozen=True, eq=False)
class Finger:
    """A serial chain of joints from the wrist outwards, with the pads on it; a palm has no joints."""

    name: str
    joints: tuple[JointDescription, ...]
    pads: tuple[Pad, ...]
    drives: tuple[str, ...]
    """driven joints that move it, in the hand's order; those of another finger where this one follows it"""
    closing_joints: tuple[str, ...]
    """of them those that close it"""

    @property
    def closing_joint(self) -> str | None:
        """The first joint that closes it, None for a palm."""
        return self.closing_joints[0] if self.closing_joints else None

    @property
    def posture_joint(self) -> str | None:
        """The first joint of role posture, None where it has none."""
        return next((name for name in self.drives if name not in self.closing_joints), None)

    @property
    def moves(self) -> bool:
        """Whether any joint closes it; a palm is closed by none."""
        return bool(self.closing_joints)


class Hand:
    """A hand's description with everything derived from it. Arrays over joints follow ``joint_names``."""

    @classmethod
    def load(cls, name_or_path: str | os.PathLike[str] = "five_finger") -> Hand:
        """The shipped hand of this name, or the hand that a YAML file describes; ConfigError in one sentence."""
        return load_hand(name_or_path)

    def __init__(self, description: HandDescription) -> None:
        self.description = description
        self.name = description.name
        self.wrist_frame = description.wrist_frame
        self.skin = description.skin
        self.closing_time = description.closing_time
        self.contact_force = description.contact_force
        try:
            self.joints = resolved(description.joints)
        except ValueError as error:
            raise ConfigError(f"Hand '{self.name}': {error}.") from error
        self.joint_names = tuple(joint.name for joint in self.joints)
        self.per_radian = np.array([joint.per_radian for joint in self.joints])
        """(J,) 1 rad, or m where the joint slides: scales noise that is given in rad for the joints of any hand"""
        self.joint_limits = np.array([joint.limits for joint in self.joints])
        self.driven = tuple(joint for joint in self.joints if joint.drive is not None)
        self.actuated_joints = tuple(joint.name for joint in self.driven)
        self.wrist_from_centre = transform(
            description.grasp_centre.position, description.grasp_centre.rotation_vector
        )
        self.centre_from_wrist = self.wrist_from_centre.inv()
        self._by_name = {joint.name: joint for joint in self.joints}
        self.fingers = tuple(self._finger(i) for i in range(len(description.fingers)))
        self.pads = tuple(pad for finger in self.fingers for pad in finger.pads)

    def _finger(self, index: int) -> Finger:
        described = self.description.fingers[index]
        chains = [self._chain(pad.joint) for pad in described.pads]
        longest = max(chains, key=len)
        if any(chain != longest[: len(chain)] for chain in chains):
            raise ConfigError(
                f"Hand '{self.name}': the pads of finger '{described.name}' must lie on one chain of joints."
            )
        moving = {joint.name if joint.mimic is None else joint.mimic.joint for joint in longest}
        drives = tuple(joint.name for joint in self.driven if joint.name in moving)
        closing = tuple(
            joint.name
            for joint in self.driven
            if joint.name in moving and joint.drive and joint.drive.role == "closing"
        )
        if longest and not closing:
            raise ConfigError(
                f"Hand '{self.name}': finger '{described.name}' has no driven joint of role 'closing' "
                f"(its joints are {', '.join(joint.name for joint in longest)})."
            )
        pads = tuple(self._pad(described.name, pad) for pad in described.pads)
        return Finger(described.name, longest, pads, drives, closing)

    def _chain(self, joint_name: str | None) -> tuple[JointDescription, ...]:
        chain: list[JointDescription] = []
        name = joint_name
        while name is not None:
            chain.append(self._by_name[name])
            name = chain[-1].parent
        return tuple(reversed(chain))

    def _pad(self, finger: str, pad: PadDescription) -> Pad:
        points, normals = taxel_points(pad)
        if pad.is_grid:
            assert pad.rows is not None
            assert pad.cols is not None
            (row_pitch, col_pitch), rows, cols = pad.pitches, pad.rows, pad.cols
        else:
            row_pitch = col_pitch = spacing(points)
            rows, cols = len(points), 1
        return Pad(
            name=pad.name,
            finger=finger,
            joint=pad.joint,
            frame_id=f"{pad.name}_pad",
            rows=rows,
            cols=cols,
            full_scale_n=pad.full_scale or self.skin.full_scale,
            pose_in_link=transform(pad.origin.position, pad.origin.rotation_vector),
            points=points,
            normals=normals,
            row_pitch=row_pitch,
            col_pitch=col_pitch,
            curvature_radius=pad.curvature_radius,
            raw_full_scale=self.skin.raw_full_scale,
            components=pad.components,
            is_grid=pad.is_grid,
        )

    @cached_property
    def pad_names(self) -> frozenset[str]:
        """Names of all pads."""
        return frozenset(pad.name for pad in self.pads)

    @cached_property
    def pad_slices(self) -> tuple[slice, ...]:
        """Where each pad's taxels lie on the flat taxel axis."""
        ends = np.cumsum([0] + [pad.size for pad in self.pads])
        return tuple(slice(int(a), int(b)) for a, b in itertools.pairwise(ends))

    @cached_property
    def value_slices(self) -> tuple[slice, ...]:
        """Where each pad's readings lie among all components of all taxels."""
        ends = np.cumsum([0] + [pad.values for pad in self.pads])
        return tuple(slice(int(a), int(b)) for a, b in itertools.pairwise(ends))

    @cached_property
    def has_shear(self) -> bool:
        """Whether any pad has tangential force components."""
        return any(pad.components > 1 for pad in self.pads)

    def components_of(
        self, tactile: NDArray[np.floating], shear: NDArray[np.floating] | None
    ) -> NDArray[np.floating]:
        """All components of all taxels ``(V,)``, a taxel's side by side, from normal ``(T,)`` and shear ``(T, 2)``."""
        if not self.has_shear:
            return tactile
        if shear is None:
            shear = np.zeros((len(tactile), 2), tactile.dtype)
        every = np.concatenate([tactile[:, None], shear], axis=1)
        return np.concatenate(
            [
                every[part, : pad.components].ravel()
                for pad, part in zip(self.pads, self.pad_slices, strict=True)
            ]
        )

    @cached_property
    def finger_slices(self) -> tuple[slice, ...]:
        """Where each finger's taxels lie on the flat taxel axis."""
        slices, start = [], 0
        for finger in self.fingers:
            size = sum(pad.size for pad in finger.pads)
            slices.append(slice(start, start + size))
            start += size
        return tuple(slices)

    @property
    def taxel_count(self) -> int:
        """T, over all pads."""
        return sum(pad.size for pad in self.pads)

    @cached_property
    def full_scale(self) -> NDArray[np.float32]:
        """Force of each taxel at reading 1, ``(T,)`` N."""
        return np.concatenate([np.full(pad.size, pad.full_scale_n, np.float32) for pad in self.pads])

    @property
    def open_positions(self) -> NDArray[np.float64]:
        """Targets of the actuated joints with the hand open, ``(A,)`` rad."""
        return np.array([joint.drive.open for joint in self.driven if joint.drive])

    @property
    def closed_positions(self) -> NDArray[np.float64]:
        """Targets of the actuated joints with the hand closed, ``(A,)`` rad."""
        return np.array([joint.drive.closed for joint in self.driven if joint.drive])

    def joint_positions_at(self, actuated: NDArray[np.float64]) -> NDArray[np.float64]:
        """All joints ``(J,)`` rad when the actuated ones stand at ``(A,)`` rad and couplings hold exactly."""
        value = dict(zip(self.actuated_joints, np.asarray(actuated, float), strict=True))
        for joint in self.joints:
            if joint.mimic is not None:
                value[joint.name] = joint.mimic.ratio * value[joint.mimic.joint] + joint.mimic.offset
        return np.array([value[name] for name in self.joint_names])

    def fingers_in_contact(self, force: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Which fingers touch, ``(..., F)``, from taxel forces ``(..., T)`` in N."""
        sums = np.stack([force[..., part].sum(axis=-1) for part in self.finger_slices], axis=-1)
        if np.isnan(sums).any():
            # Dead taxels count as nothing; to look for them in every image would cost a tenth of simulating it.
            sums = np.stack([np.nansum(force[..., part], axis=-1) for part in self.finger_slices], axis=-1)
        return self.touches(sums)

    def touches(self, loads: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Which fingers touch, from the sums of their taxels' forces in N, of any shape."""
        return loads > self.contact_force

    def is_valid_grasp(self, force: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Whether a grasp counts, ``(...)``: the fingers that it needs touch (`grasp_sentence`)."""
        return self.counts_as_grasp(self.fingers_in_contact(force))

    def counts_as_grasp(self, touching: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Whether fingers ``(..., F)`` that touch make a grasp, ``(...)``; a palm is no finger."""
        needed, others = self._needed
        moving = (touching & self._closing).sum(-1)
        return np.asarray(touching[..., needed].all(-1) & (moving >= self._closing[needed].sum() + others))

    @cached_property
    def grasp_sentence(self) -> str:
        """Which fingers have to touch for a grasp, as "'thumb' and two more fingers"."""
        needed, others = self._needed
        named = " and ".join(f"'{self.fingers[index].name}'" for index in needed)
        counts = ["no", "one", "two", "three", "four"]
        more = counts[others] if others < len(counts) else str(others)
        return named + (f" and {more} more finger{'s' * (others > 1)}" if others else "")

    @cached_property
    def _needed(self) -> tuple[list[int], int]:
        """Indices of the fingers that a grasp needs, and how many more that move."""
        rule, names = self.description.grasp, [finger.name for finger in self.fingers]
        if rule is not None:
            return [names.index(name) for name in rule.needs], rule.others
        moving = int(self._closing.sum())
        return [0], max(min(MIN_FINGERS_IN_CONTACT, moving) - int(self._closing[0]), 0)

    @cached_property
    def _closing(self) -> NDArray[np.bool_]:
        """Which fingers move, ``(F,)``."""
        return np.array([finger.moves for finger in self.fingers])

    @cached_property
    def signature(self) -> str:
        """Hash of what a trained model depends on: joints, pads, their order, shapes and full scale."""
        content = {
            "joints": self.joint_names,
            "pads": [
                (pad.name, pad.rows, pad.cols, pad.full_scale_n)
                + (() if pad.components == 1 else (pad.components,))
                + (() if pad.is_grid else (_digest(pad.points, pad.normals),))
                for pad in self.pads
            ],
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def load_hand(name_or_path: str | os.PathLike[str] = "five_finger") -> Hand:
    """Read ``config/hands/<name>.yaml`` or a path; raises ConfigError with one sentence."""
    path = resolve("hands", name_or_path)
    try:
        return Hand(with_files_read(load_yaml(path, HandDescription), path.parent))
    except ConfigError as error:
        sentence = str(error)
        raise ConfigError(sentence if str(path) in sentence else f"{path}: {sentence}") from error


def _digest(*arrays: NDArray[np.float64]) -> str:
    """Hash of numbers, to the nanometre."""
    return hashlib.sha256(b"".join(np.round(array, 9).tobytes() for array in arrays)).hexdigest()[:16]
