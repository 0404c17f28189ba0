"""Solids made of outlines: extruded, turned about an axis, or joined. The solver sees them as distance grids.

Every solid knows its convex parts (``(V, 3)`` corners, m, grasp frame), of which the MuJoCo scene is built.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from tacrefine.config import Coordinate, Length
from tacrefine.objects.gridded import Gridded, Parts
from tacrefine.objects.grids import REACH, Axes, Corners
from tacrefine.objects.outlines import Outline, Point2, distance_from_outline

TURN_PARTS = 128
"""flat faces that stand for a full turn in MuJoCo: 12 micrometres off at a radius of 40 mm"""

Axis = Literal["x", "y", "z"]

_OTHERS = {"x": (1, 2), "y": (0, 2), "z": (0, 1)}


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _ascending(span: Point2) -> Point2:
    if span[0] >= span[1]:
        raise ValueError(f"a span goes from low to high, found {list(span)}")
    return span


Span = Annotated[tuple[Coordinate, Coordinate], BeforeValidator(_tuple), AfterValidator(_ascending)]
Place = Annotated[tuple[Coordinate, Coordinate], BeforeValidator(_tuple)]


def _in_frame(axis: Axis, pair: NDArray[np.float64], along: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(N, 2)`` across and ``(N,)`` along an axis as ``(N, 3)`` points."""
    points = np.empty((len(pair), 3))
    points[:, list(_OTHERS[axis])] = pair
    points[:, "xyz".index(axis)] = along
    return points


class Extrusion(Gridded):
    """A convex outline along an axis. Its two coordinates are the other axes', in the order x, y, z."""

    kind: Literal["extrusion"]
    axis: Axis
    outline: Outline
    span: Span

    @property
    def bounds(self) -> Corners:
        """Lowest and highest corner, m."""
        corners = self.parts[0]
        low, high = corners.min(0), corners.max(0)
        return (low[0], low[1], low[2]), (high[0], high[1], high[2])

    @property
    def parts(self) -> Parts:
        """Return the corners of the convex parts, here one."""
        outline = np.array(self.outline)
        ends = [_in_frame(self.axis, outline, np.full(len(outline), end)) for end in self.span]
        return [np.concatenate(ends)]

    def sample(self, axes: Axes) -> NDArray[np.float64]:
        """Signed distances (m) at a grid's points."""
        first, second = _OTHERS[self.axis]
        u, v = np.meshgrid(axes[first], axes[second], indexing="ij")
        across = distance_from_outline(self.outline, u, v)[..., None]
        w = axes["xyz".index(self.axis)]
        along = np.maximum(self.span[0] - w, w - self.span[1])
        outside = np.hypot(np.maximum(across, 0.0), np.maximum(along, 0.0))
        distance = np.where(outside > 0.0, outside, np.maximum(across, along))
        return np.moveaxis(distance, -1, "xyz".index(self.axis))


class Turned(Gridded):
    """A convex profile of (radius, place along the axis) turned about an axis through ``about`` (m)."""

    kind: Literal["turned"]
    axis: Axis
    profile: Outline
    about: Place = (0.0, 0.0)

    @model_validator(mode="after")
    def _has_no_negative_radius(self) -> Turned:
        if min(radius for radius, _ in self.profile) < 0.0:
            raise ValueError("a profile's radii (first numbers) must not be negative")
        return self

    @property
    def _is_full(self) -> bool:
        return sum(radius == 0.0 for radius, _ in self.profile) > 1

    @property
    def bounds(self) -> Corners:
        """Lowest and highest corner, m."""
        radius = max(r for r, _ in self.profile)
        along = [a for _, a in self.profile]
        box = np.add(self.about, [[-radius], [radius]])
        low, high = _in_frame(self.axis, box, np.array([min(along), max(along)]))
        return (low[0], low[1], low[2]), (high[0], high[1], high[2])

    @property
    def parts(self) -> Parts:
        """One convex body where it is full; else the sectors within the hand's reach."""
        angles = 2 * np.pi * np.arange(TURN_PARTS + 1) / TURN_PARTS
        rings = [self._turned_by(angle) for angle in angles]
        if self._is_full:
            return [np.unique(np.concatenate(rings[:-1]), axis=0)]
        sectors = [np.concatenate(pair) for pair in pairwise(rings)]
        return [s for s in sectors if (s.min(0) < REACH).all() and (s.max(0) > -np.array(REACH)).all()]

    def _turned_by(self, angle: float) -> NDArray[np.float64]:
        profile = np.array(self.profile)
        pair = self.about + profile[:, :1] * [np.cos(angle), np.sin(angle)]
        return _in_frame(self.axis, pair, profile[:, 1])

    def sample(self, axes: Axes) -> NDArray[np.float64]:
        """Signed distances (m) at a grid's points."""
        first, second = _OTHERS[self.axis]
        u, v = np.meshgrid(axes[first] - self.about[0], axes[second] - self.about[1], indexing="ij")
        radius, along = np.broadcast_arrays(np.hypot(u, v)[..., None], axes["xyz".index(self.axis)])
        distance = distance_from_outline(self.profile, radius, along, skip_axis=self._is_full)
        return np.moveaxis(distance, -1, "xyz".index(self.axis))


def _polygon(corners: int, half_axes: Point2, centre: Point2) -> tuple[Point2, ...]:
    angles = 2 * np.pi * np.arange(corners) / corners
    return tuple(
        (float(centre[0] + half_axes[0] * np.cos(a)), float(centre[1] + half_axes[1] * np.sin(a)))
        for a in angles
    )


class Ellipse(Gridded):
    """An elliptic disk about an axis, with half axes (m) along the other two, in the order x, y, z."""

    kind: Literal["ellipse"]
    axis: Axis
    half_axes: tuple[Length, Length] = Field(strict=False)
    about: Place = (0.0, 0.0)
    span: Span

    @property
    def _body(self) -> Extrusion:
        outline = _polygon(TURN_PARTS, self.half_axes, self.about)
        return Extrusion(kind="extrusion", axis=self.axis, outline=outline, span=self.span)

    @property
    def bounds(self) -> Corners:
        """Lowest and highest corner, m."""
        return self._body.bounds

    @property
    def parts(self) -> Parts:
        """One convex body."""
        return self._body.parts

    def sample(self, axes: Axes) -> NDArray[np.float64]:
        """Signed distances (m) at a grid's points."""
        return self._body.sample(axes)


class Union(Gridded):
    """Several solids as one; they may overlap."""

    kind: Literal["union"]
    of: Annotated[
        tuple[Annotated[Extrusion | Turned | Ellipse, Field(discriminator="kind")], ...],
        BeforeValidator(_tuple),
        Field(min_length=1, max_length=64),
    ]

    @property
    def bounds(self) -> Corners:
        """Lowest and highest corner, m."""
        corners = np.array([solid.bounds for solid in self.of])
        low, high = corners[:, 0].min(0), corners[:, 1].max(0)
        return (low[0], low[1], low[2]), (high[0], high[1], high[2])

    @property
    def parts(self) -> Parts:
        """The parts of all."""
        return [part for solid in self.of for part in solid.parts]

    def sample(self, axes: Axes) -> NDArray[np.float64]:
        """Signed distances (m) at a grid's points: exact outside."""
        return np.minimum.reduce([solid.sample(axes) for solid in self.of])
