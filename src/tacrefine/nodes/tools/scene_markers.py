"""Markers for RViz and Foxglove: taxels as coloured points, the target's beside them, the next pose, the covariance."""

from __future__ import annotations

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, PoseStamped, PoseWithCovarianceStamped
from numpy.typing import NDArray
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker

from tacrefine.geometry import RigidTransform
from tacrefine.hands import Hand
from tacrefine.hands.kinematics import link_segments, taxel_places
from tacrefine.nodes.core.convert import to_pose
from tacrefine.scene.looks import DEAD, PALETTE, beside, ellipsoid, levels, taxel_size

TOUCH, TARGET, NEXT, COVARIANCE = "touch", "target_touch", "next_pose", "covariance"
GHOST = ColorRGBA(r=0.25, g=0.55, b=0.95, a=0.4)
CLOUD = ColorRGBA(r=0.20, g=0.70, b=0.35, a=0.35)
WORDS = ColorRGBA(r=0.5, g=0.5, b=0.5, a=1.0)
BONE = 0.005
"""m, thickness of a finger of the ghost"""
LETTERS = 0.012
COLOURS = [ColorRGBA(r=float(r), g=float(g), b=float(b), a=1.0) for r, g, b in (*PALETTE, DEAD)]


class HandMarkers:
    """Markers of one hand; frames are behind `prefix`. Places of taxels are made once."""

    def __init__(self, hand: Hand, prefix: str, top: float) -> None:
        self._hand, self._prefix, self._top = hand, prefix, top
        self._points = [[_point(p) for p in pad.points] for pad in hand.pads]
        self._sizes = [taxel_size(pad) for pad in hand.pads]

    def touch(self, tactile: NDArray[np.floating]) -> list[Marker]:
        """Every taxel at its place on its pad, coloured by its reading (T,)."""
        markers = []
        steps = levels(tactile, self._top)
        for number, (pad, part) in enumerate(zip(self._hand.pads, self._hand.pad_slices, strict=True)):
            marker = _marker(TOUCH, number, f"{self._prefix}{pad.frame_id}", Marker.SPHERE_LIST)
            marker.scale.x = marker.scale.y = marker.scale.z = self._sizes[number]
            marker.points = self._points[number]
            marker.colors = [COLOURS[step] for step in steps[part]]
            markers.append(marker)
        return markers

    def target(self, name: str, tactile: NDArray[np.floating], joints: NDArray[np.floating]) -> list[Marker]:
        """The target's readings (T,) on a second hand beside the first, as its joints (J,) stood, and its name."""
        places = taxel_places(self._hand, joints)
        places = places + beside(places)
        frame = f"{self._prefix}{self._hand.wrist_frame}"
        marker = _marker(TARGET, 0, frame, Marker.SPHERE_LIST)
        marker.scale.x = marker.scale.y = marker.scale.z = float(np.mean(self._sizes))
        marker.points = [_point(place) for place in places]
        marker.colors = [COLOURS[step] for step in levels(tactile, self._top)]
        words = _marker(TARGET, 1, frame, Marker.TEXT_VIEW_FACING)
        words.text, words.color, words.scale.z = f"target {name}", WORDS, LETTERS
        x, y, _ = places.mean(axis=0)
        words.pose.position = _point((x, y, places[:, 2].max() + 3 * LETTERS))
        return [marker, words]

    def next_pose(self, ahead: PoseStamped, joints: NDArray[np.floating]) -> Marker:
        """The hand as a ghost where it goes next, with its joints (J,) as they are."""
        marker = _marker(NEXT, 0, ahead.header.frame_id, Marker.LINE_LIST)
        marker.pose, marker.color, marker.scale.x = ahead.pose, GHOST, BONE
        marker.points = [_point(end) for line in link_segments(self._hand, joints) for end in line]
        return marker


def covariance_marker(estimate: PoseWithCovarianceStamped) -> Marker:
    """An ellipsoid of two standard deviations of where the grasp centre has to be."""
    marker = _marker(COVARIANCE, 0, estimate.header.frame_id, Marker.SPHERE)
    turn, diameters = ellipsoid(np.reshape(estimate.pose.covariance, (6, 6))[:3, :3])
    marker.pose = to_pose(RigidTransform.from_rotation(turn))
    marker.pose.position = estimate.pose.pose.position
    marker.scale.x, marker.scale.y, marker.scale.z = map(float, diameters)
    marker.color = CLOUD
    return marker


def gone(namespace: str) -> Marker:
    """Takes the marker of a namespace away."""
    return Marker(ns=namespace, action=Marker.DELETE)


def _marker(namespace: str, number: int, frame: str, kind: int) -> Marker:
    """With a zero stamp: a marker is shown where its frame is by now."""
    marker = Marker(ns=namespace, id=number, type=kind, action=Marker.ADD, frame_locked=True)
    marker.header.frame_id, marker.header.stamp = frame, Time()
    marker.pose.orientation.w = 1.0
    return marker


def _point(place: NDArray[np.float64] | tuple[float, float, float]) -> Point:
    x, y, z = map(float, place)
    return Point(x=x, y=y, z=z)
