"""What a hand's YAML may say: the pydantic models, with the checks that need no arithmetic."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import Field, PositiveFloat, field_validator, model_validator

from tacrefine.config import Angle, Description, Length, Name, Position, Vector3

MOST_TAXELS = 4096
"""in a row of a pad; a list of points is one row"""
FINGER_LENGTH = 0.07
"""m: what is given in rad for the joints of any hand (a noise, a stiffness) is that at a sliding joint per radian"""
SAME_PLACE = 1e-6
"""m within which two taxels lie in one place"""


AxisName = Literal["x", "y", "z", "roll", "pitch", "yaw"]


class Origin(Description):
    """A frame in its parent: position (m) and rotation vector (rad)."""

    position: Position = (0.0, 0.0, 0.0)
    rotation_vector: Vector3 = (0.0, 0.0, 0.0)


class Drive(Description):
    """A position servo with a torque limit: torque = stiffness (target - q) - damping dq/dt, clipped."""

    stiffness: PositiveFloat = Field(le=1e6, description="N m/rad")
    damping: float = Field(ge=0.0, le=1e6, description="N m s/rad")
    torque_limit: PositiveFloat = Field(le=1e4, description="N m")
    open: Angle = Field(description="rad, target of the open hand")
    closed: Angle = Field(description="rad, target of the closed hand")
    role: Literal["closing", "posture"] = "closing"
    self_locking: bool = Field(
        default=False, description="stays where it came to rest, whatever pushes (lead screw, worm gear)"
    )
    holding_torque: PositiveFloat | None = Field(
        default=None, le=1e4, description="N m that a locked drive withstands; absent: ten times torque_limit"
    )

    @property
    def withstands(self) -> float:
        """N m that it holds once it is locked."""
        return self.holding_torque or 10.0 * self.torque_limit

    @model_validator(mode="after")
    def _holds_only_if_locking(self) -> Drive:
        if self.holding_torque is not None and not self.self_locking:
            raise ValueError("holding_torque is of drives with self_locking: true")
        if self.withstands < self.torque_limit:
            raise ValueError(
                f"holding_torque must be at least torque_limit ({self.torque_limit:g}), found {self.holding_torque:g}"
            )
        return self


class Mimic(Description):
    """A coupled joint: q = ratio * q(joint) + offset."""

    joint: str
    ratio: float = Field(ge=-100.0, le=100.0)
    offset: Angle = 0.0


class JointDescription(Description):
    """A joint; its link's frame is the joint's frame turned by q about ``axis``, or moved by q along it (prismatic).

    Of prismatic joints every rad is a m, every N m a N.
    """

    name: str
    type: Literal["revolute", "continuous", "prismatic"] = "revolute"
    parent: str | None = Field(default=None, description="joint before this one; none: the wrist")
    origin: Origin = Origin()
    axis: Vector3
    limits: tuple[Angle, Angle] = Field(default=(-100.0, 100.0), description="needed unless it is continuous")
    drive: Drive | None = None
    mimic: Mimic | None = None

    @property
    def is_prismatic(self) -> bool:
        """Whether it slides."""
        return self.type == "prismatic"

    @property
    def per_radian(self) -> float:
        """What a radian of any hand's joints is on this one: 1 rad, or the length of a finger (m) where it slides."""
        return FINGER_LENGTH if self.is_prismatic else 1.0

    @model_validator(mode="after")
    def _moves_somehow(self) -> JointDescription:
        if (self.drive is None) == (self.mimic is None):
            raise ValueError(f"joint '{self.name}' needs exactly one of 'drive' and 'mimic'")
        if self.type != "continuous" and "limits" not in self.model_fields_set:
            raise ValueError(f"joint '{self.name}' is {self.type} and needs limits [lower, upper]")
        if not self.limits[0] < self.limits[1]:
            raise ValueError(f"joint '{self.name}' needs limits [lower, upper] with lower < upper")
        if abs(sum(a * a for a in self.axis) - 1.0) > 1e-6:
            raise ValueError(f"joint '{self.name}' needs a unit axis")
        return self


class Taxel(Description):
    """A taxel of a pad that is no grid, in the pad's frame."""

    at: Position
    normal: Vector3 = Field(description="outwards; its length does not matter")

    @model_validator(mode="before")
    @classmethod
    def _from_six_numbers(cls, value: Any) -> Any:
        """`[x, y, z, nx, ny, nz]` is short for a place and a normal."""
        if isinstance(value, list | tuple):
            if len(value) != 6:
                lack = " (it lacks its normal)" if len(value) == 3 else ""
                raise ValueError(f"a taxel is [x, y, z, nx, ny, nz], found {len(value)} numbers{lack}")
            return {"at": tuple(value[:3]), "normal": tuple(value[3:])}
        return value

    @model_validator(mode="after")
    def _faces_somewhere(self) -> Taxel:
        if sum(n * n for n in self.normal) < 1e-12:
            raise ValueError("a taxel's normal must not be zero")
        return self


class PadDescription(Description):
    """A tactile array: a grid, bent to a cylinder across the finger (columns) unless ``curvature_radius`` is absent,
    or single points, `taxels`.
    """

    name: str
    joint: str | None = Field(
        default=None, description="joint whose link carries it; none: the wrist (a palm)"
    )
    origin: Origin = Field(description="pad frame in the link's frame: x out of the skin, z along the rows")
    rows: int | None = Field(default=None, ge=1, le=64)
    cols: int | None = Field(default=None, ge=1, le=64)
    pitch: Length | tuple[Length, Length] | None = Field(
        default=None,
        description="m between neighbouring taxels: one number, or [from row to row, from column to column]",
    )
    curvature_radius: Length | None = Field(default=None, description="m; absent: flat")
    taxels: Annotated[tuple[Taxel, ...], Field(min_length=1, max_length=MOST_TAXELS)] | str | None = Field(
        default=None,
        description="instead of a grid: a list of [x, y, z, nx, ny, nz] in m, a CSV file beside this one, or the "
        "name of a PaXini GEN3 sensor (PXSR-STDDP03B or PX6AX-GEN3-DP-M2826-Omega; needs the package paxini-sdk)",
    )
    full_scale: PositiveFloat | None = Field(
        default=None, le=1e6, description="N a taxel at reading 1; absent: the skin's"
    )
    components: Literal[1, 3] = Field(
        default=1, description="force components of a taxel: normal, or normal and two tangential"
    )

    @property
    def is_grid(self) -> bool:
        """Whether its taxels are told by rows, columns and pitch."""
        return self.taxels is None

    @property
    def pitches(self) -> tuple[float, float]:
        """Distances in m from row to row and from column to column of a grid."""
        assert self.pitch is not None
        return self.pitch if isinstance(self.pitch, tuple) else (self.pitch, self.pitch)

    @model_validator(mode="after")
    def _is_grid_or_points(self) -> PadDescription:
        grid = {"rows": self.rows, "cols": self.cols, "pitch": self.pitch}
        if self.taxels is None:
            missing = [key for key, value in grid.items() if value is None]
            if missing:
                raise ValueError(f"pad '{self.name}' needs {', '.join(missing)}, or taxels")
        else:
            grid["curvature_radius"] = self.curvature_radius
            odd = [key for key, value in grid.items() if value is not None]
            if odd:
                raise ValueError(f"pad '{self.name}' has taxels and {odd[0]}; give one or the other")
        return self

    @model_validator(mode="after")
    def _has_one_taxel_in_each_place(self) -> PadDescription:
        if isinstance(self.taxels, tuple):
            seen: dict[tuple[float, ...], int] = {}
            for number, taxel in enumerate(self.taxels, 1):
                place = tuple(round(x / SAME_PLACE) for x in taxel.at)
                if place in seen:
                    raise ValueError(f"pad '{self.name}' has taxels {seen[place]} and {number} in one place")
                seen[place] = number
        return self


class FingerDescription(Description):
    """A finger is named by its pads; its joints follow from where they sit. On the wrist alone it is a palm."""

    name: str
    pads: tuple[PadDescription, ...] = Field(min_length=1, max_length=64)


class Skin(Description):
    """The elastic skin: spheres on springs over a stiff core."""

    taxel_radius: Length
    backing_depth: Length
    full_scale: PositiveFloat = Field(le=1e6)
    raw_full_scale: PositiveFloat = Field(
        default=255.0, le=1e9, description="counts of the converter at reading 1"
    )


class GraspRule(Description):
    """Which fingers have to touch for a grasp to count."""

    needs: tuple[str, ...] = Field(min_length=1, max_length=64, description="each of these fingers")
    others: int = Field(default=0, ge=0, le=64, description="and so many more that move")


class HandDescription(Description):
    """Everything that a hand's YAML says."""

    name: Name
    wrist_frame: str
    grasp_centre: Origin
    skin: Skin
    closing_time: PositiveFloat = Field(le=600.0)
    contact_force: PositiveFloat = Field(
        default=0.15,
        le=1e6,
        description="N summed over a finger's pads from which on the finger counts as touching",
    )
    joints: tuple[JointDescription, ...] = Field(min_length=1, max_length=128)
    fingers: tuple[FingerDescription, ...] = Field(min_length=1, max_length=64)

    grasp: GraspRule | None = Field(
        default=None, description="absent: the first finger and two others, or all where there are fewer"
    )

    deviation_factors: dict[str, dict[str, dict[AxisName, PositiveFloat]]] = Field(
        default_factory=dict,
        description="by model id, axes of the object that touch can tell ('z roll') and axis: what the model's "
        "standard deviations are multiplied by on this hand; 'tacrefine hands calibrate' writes them",
    )

    @field_validator("deviation_factors")
    @classmethod
    def _names_axes(cls, value: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        names = get_args(AxisName)
        for told in (told for factors in value.values() for told in factors):
            if not told.split() or told.split() != [name for name in names if name in told.split()]:
                raise ValueError(
                    f"'{told}' must name axes out of {', '.join(names)}, in that order, with a space between"
                )
        return value

    @model_validator(mode="after")
    def _is_consistent(self) -> HandDescription:
        names = [joint.name for joint in self.joints]
        pads = [pad for finger in self.fingers for pad in finger.pads]
        for name in {p.name for p in pads}:
            if sum(p.name == name for p in pads) > 1:
                raise ValueError(f"pad '{name}' is named twice")
        for pad in pads:
            if pad.joint is not None and pad.joint not in names:
                raise ValueError(
                    f"pad '{pad.name}' sits on unknown joint '{pad.joint}' (known: {', '.join(names)})"
                )
        self._check_grasp()
        return self

    def _check_grasp(self) -> None:
        fingers = [finger.name for finger in self.fingers]
        for name in fingers:
            if fingers.count(name) > 1:
                raise ValueError(f"finger '{name}' is named twice")
        if self.grasp is None:
            return
        for name in self.grasp.needs:
            if name not in fingers:
                raise ValueError(f"grasp needs '{name}', which is no finger (known: {', '.join(fingers)})")
        if len(self.grasp.needs) + self.grasp.others > len(fingers):
            raise ValueError(
                f"grasp needs {len(self.grasp.needs)} fingers and {self.grasp.others} others, of {len(fingers)}"
            )
