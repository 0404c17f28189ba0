"""The hand, its taxels, the object and the target in 3-D. The origin is where the grasp centre was first seen."""

from __future__ import annotations

import numpy as np
import viser
from numpy.typing import NDArray

from tacrefine.errors import TacrefineError
from tacrefine.objects import GraspObject
from tacrefine.viewer.chain import HandChain
from tacrefine.viewer.colours import Scale, pressure_colours, pressure_levels
from tacrefine.viewer.poses import quaternion
from tacrefine.viewer.solids import along, ball, cylinder, object_mesh
from tacrefine.viewer.state import Estimate, State, Target

Array = NDArray[np.float64]
BONE_RADIUS, GHOST_RADIUS = 0.004, 0.0012
BONE, GHOST, OBJECT, SIGMA = (92, 100, 114), (43, 138, 62), (168, 186, 210), (28, 126, 214)
MOVED_RAD, MOVED_M = 4e-3, 1e-5
"""joints and wrists that moved less are drawn where they were: encoders have noise of 1e-3 rad"""
ESTIMATE_MOVED_M, ESTIMATE_TURNED, RESIZED = 3e-4, 5e-3, 0.2
"""the same for the object, m and turn of an axis, and for the size of its ellipsoid: single corrections are noisy"""
FAR_M = 0.4
"""a hand that has gone so far from the origin takes the origin with it"""
SIGMAS = 2.0


class Scene:
    """Everything in three dimensions; `show` brings it up to date and sends only what changed."""

    def __init__(self, server: viser.ViserServer, state: State) -> None:
        self._server, self._hand = server, state.hand
        self._chain, self._moved = HandChain(state.hand), MOVED_RAD * state.hand.per_radian
        self.scale = Scale()
        self._origin: Array | None = None
        self._joints: Array | None = None
        self._wrist: Array | None = None
        self._target: Target | None = None
        self._object: GraspObject | None = None
        self._estimate: Estimate | None = None
        self._object_pose: Array | None = None
        self._size: Array | None = None
        self._levels: NDArray[np.int64] | None = None
        self._build()

    def _build(self) -> None:
        scene, hand = self._server.scene, self._hand
        open_joints = hand.joint_positions_at(hand.open_positions)
        links = self._chain.links(open_joints)
        self._resting = open_joints
        scene.set_up_direction("+z")
        scene.configure_default_lights(True, cast_shadow=False)
        self._grid = scene.add_grid(
            "/grid", width=0.4, height=0.4, cell_size=0.01, section_size=0.05, position=(0, 0, -0.12),
            cell_color=(225, 227, 231), section_color=(200, 203, 210), shadow_opacity=0.0,
        )  # fmt: skip
        self._hand_frame = scene.add_frame("/hand", show_axes=False)
        bones = along(self._chain.bones(links), BONE_RADIUS)
        corners, faces = cylinder()
        self._bones = scene.add_batched_meshes_simple(
            "/hand/bones", corners, faces, bones[1], bones[0], batched_scales=bones[2], batched_colors=BONE,
            lod="off", cast_shadow=False, receive_shadow=False, opacity=0.55,
        )  # fmt: skip
        taxels = self._chain.taxels(links)
        self._taxels = scene.add_point_cloud(
            "/hand/taxels", taxels.astype(np.float32), pressure_colours(np.zeros(len(taxels), np.int64)),
            point_size=float(np.median([_size(pad.points) for pad in hand.pads])), point_shape="circle",
            precision="float32",
        )  # fmt: skip
        self._ghost_frame = scene.add_frame("/target", show_axes=False, visible=False)
        ghost = along(self._chain.bones(links), GHOST_RADIUS)
        corners, faces = cylinder()
        self._ghost = scene.add_batched_meshes_simple(
            "/target/bones", corners, faces, ghost[1], ghost[0], batched_scales=ghost[2], batched_colors=GHOST,
            lod="off", cast_shadow=False, receive_shadow=False,
        )  # fmt: skip
        self._object_frame = scene.add_frame("/object", show_axes=False, visible=False)
        corners, faces = ball()
        self._sigma = scene.add_mesh_simple(
            "/object/deviation", corners, faces, color=SIGMA, opacity=0.45, scale=1e-4, cast_shadow=False,
            receive_shadow=False,
        )  # fmt: skip
        camera = self._server.initial_camera
        camera.look_at, camera.position = (0.0, 0.0, 0.015), (0.19, -0.14, 0.02)
        camera.fov = 0.8

    def show(self, state: State, now: float) -> None:
        """Draw the state."""
        with self._server.atomic():
            self._show_wrist(state)
            self._show_touch(state, now)
            self._show_target(state)
            self._show_object(state)

    def _show_wrist(self, state: State) -> None:
        wrist = np.eye(4) if state.wrist is None else state.wrist
        centre = (wrist @ state.wrist_from_centre)[:3, 3]
        if self._origin is None or np.linalg.norm(centre - self._origin) > FAR_M:
            self._origin = centre
            self._wrist = self._estimate = self._object_pose = None
        if _same(wrist, self._wrist):
            return
        self._wrist = wrist
        _put(self._hand_frame, wrist, self._origin)

    def _show_touch(self, state: State, now: float) -> None:
        joints = self._resting if state.joints is None else state.joints
        if self._joints is None or (np.abs(joints - self._joints) > self._moved).any():
            self._joints = joints
            links = self._chain.links(joints)
            positions, turns, scales = along(self._chain.bones(links), BONE_RADIUS)
            self._bones.batched_positions = positions.astype(np.float32)
            self._bones.batched_wxyzs = turns.astype(np.float32)
            self._bones.batched_scales = scales.astype(np.float32)
            self._taxels.points = self._chain.taxels(links).astype(np.float32)
        if state.tactile is None:
            return
        readings = [state.tactile] if state.target is None else [state.tactile, state.target.tactile]
        peak = max(float(np.nan_to_num(values).max(initial=0.0)) for values in readings)
        levels = pressure_levels(state.tactile, self.scale.observe(peak, now))
        if self._levels is None or not np.array_equal(levels, self._levels):
            self._levels = levels
            self._taxels.colors = pressure_colours(levels)

    def _show_target(self, state: State) -> None:
        if state.target is self._target:
            return
        self._target = state.target
        if state.target is not None:
            positions, turns, scales = along(
                self._chain.bones(self._chain.links(state.target.joints)), GHOST_RADIUS
            )
            self._ghost.batched_positions = positions.astype(np.float32)
            self._ghost.batched_wxyzs = turns.astype(np.float32)
            self._ghost.batched_scales = scales.astype(np.float32)

    def _show_object(self, state: State) -> None:
        item = state.object
        if item is not self._object:
            self._object = item
            self._replace_object(item)
        if state.estimate is self._estimate:
            return
        if (state.estimate is None) != (self._estimate is None):
            self._object_frame.visible = self._ghost_frame.visible = state.estimate is not None
        self._estimate = state.estimate
        if state.estimate is None or self._origin is None:
            return
        pose = state.object_pose
        assert pose is not None
        if not _same(pose - _shift(self._origin), self._object_pose, ESTIMATE_MOVED_M, ESTIMATE_TURNED):
            self._object_pose = pose - _shift(self._origin)
            _put(self._object_frame, pose, self._origin)
            _put(self._ghost_frame, state.estimate.wrist, self._origin)
        size = np.maximum(SIGMAS * state.estimate.deviation[:3], 1e-4)
        if self._size is None or np.abs(size / self._size - 1.0).max() > RESIZED:
            self._size = size
            self._sigma.scale = (float(size[0]), float(size[1]), float(size[2]))

    def _replace_object(self, item: GraspObject | None) -> None:
        scene = self._server.scene
        try:
            mesh = None if item is None else object_mesh(item)
        except TacrefineError:  # a mesh file that is not here; the rest of the picture is worth having
            mesh = None
        if mesh is None:
            scene.remove_by_name("/object/shape")
            return
        corners, faces = mesh
        scene.add_mesh_simple(
            "/object/shape", corners.astype(np.float32), faces, color=OBJECT, opacity=0.55, flat_shading=True,
            side="double", cast_shadow=False, receive_shadow=False,
        )  # fmt: skip


def _put(frame: viser.FrameHandle, pose: Array, origin: Array) -> None:
    frame.position = pose[:3, 3] - origin
    frame.wxyz = quaternion(pose)


def _same(pose: Array, drawn: Array | None, metres: float = MOVED_M, turn: float = MOVED_M) -> bool:
    if drawn is None or pose is drawn:
        return drawn is not None
    change = np.abs(pose - drawn)
    return bool(change[:3, 3].max() < metres and change[:3, :3].max() < turn)


def _shift(origin: Array) -> Array:
    shift = np.zeros((4, 4))
    shift[:3, 3] = origin
    return shift


def _size(points: Array) -> float:
    """How large a taxel is drawn: nearly up to its neighbour, m."""
    if len(points) < 2:
        return 0.003
    apart = np.linalg.norm(points[:, None] - points[None], axis=2) + np.diag(np.full(len(points), np.inf))
    return float(np.clip(0.95 * np.median(apart.min(axis=1)), 6e-4, 6e-3))
