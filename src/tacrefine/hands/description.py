"""What a hand's YAML may say: the pydantic models, with the checks that need no arithmetic."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, PositiveFloat, model_validator

from tacrefine.config import Angle, Description, Length, Name, Position, Vector3


class Origin(Description):
    """A frame in its parent: position (m) and rotation vector (rad)."""

    position: Position = (0.0, 0.0, 0.0)
    rotation_vector: Vector3 = (0.0, 0.0, 0.0)


class Drive(Description):
    """A position servo with a torque limit: torque = stiffness (target - q) - damping dq/dt, clipped."""

    stiffness: PositiveFloat = Field(le=1e5, description="N m/rad")
    damping: float = Field(ge=0.0, le=1e5, description="N m s/rad")
    torque_limit: PositiveFloat = Field(le=1e4, description="N m")
    open: Angle = Field(description="rad, target of the open hand")
    closed: Angle = Field(description="rad, target of the closed hand")
    role: Literal["closing", "posture"] = "closing"


class Mimic(Description):
    """A coupled joint: q = ratio * q(joint) + offset."""

    joint: str
    ratio: float = Field(ge=-100.0, le=100.0)
    offset: Angle = 0.0


class JointDescription(Description):
    """A revolute joint; its link's frame is the joint's frame turned by q about ``axis``."""

    name: str
    parent: str | None = Field(default=None, description="joint before this one; none: the wrist")
    origin: Origin = Origin()
    axis: Vector3
    limits: tuple[Angle, Angle]
    drive: Drive | None = None
    mimic: Mimic | None = None

    @model_validator(mode="after")
    def _moves_somehow(self) -> JointDescription:
        if (self.drive is None) == (self.mimic is None):
            raise ValueError(f"joint '{self.name}' needs exactly one of 'drive' and 'mimic'")
        if not self.limits[0] < self.limits[1]:
            raise ValueError(f"joint '{self.name}' needs limits [lower, upper] with lower < upper")
        if abs(sum(a * a for a in self.axis) - 1.0) > 1e-6:
            raise ValueError(f"joint '{self.name}' needs a unit axis")
        return self


class PadDescription(Description):
    """A tactile array, bent to a cylinder across the finger (columns) unless ``curvature_radius`` is absent."""

    name: str
    joint: str | None = Field(
        default=None, description="joint whose link carries it; none: the wrist (a palm)"
    )
    origin: Origin = Field(description="pad frame in the link's frame: x out of the skin, z along the rows")
    rows: int = Field(ge=1, le=64)
    cols: int = Field(ge=1, le=64)
    pitch: Length | tuple[Length, Length] = Field(
        description="m between neighbouring taxels: one number, or [from row to row, from column to column]"
    )
    curvature_radius: Length | None = Field(default=None, description="m; absent: flat")
    full_scale: PositiveFloat | None = Field(
        default=None, le=1e6, description="N a taxel at reading 1; absent: the skin's"
    )
    components: Literal[1, 3] = Field(
        default=1, description="force components of a taxel: normal, or normal and two tangential"
    )


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


class HandDescription(Description):
    """A whole hand."""

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

    @model_validator(mode="after")
    def _is_consistent(self) -> HandDescription:
        seen: dict[str, JointDescription] = {}
        for joint in self.joints:
            if joint.name in seen:
                raise ValueError(f"joint '{joint.name}' is named twice")
            if joint.parent is not None and joint.parent not in seen:
                raise ValueError(f"parent '{joint.parent}' of joint '{joint.name}' must be listed before it")
            if joint.mimic is not None and (
                joint.mimic.joint not in seen or seen[joint.mimic.joint].drive is None
            ):
                raise ValueError(
                    f"joint '{joint.name}' mimics '{joint.mimic.joint}', which is no driven joint before it"
                )
            seen[joint.name] = joint
        pads = [pad for finger in self.fingers for pad in finger.pads]
        for name in {p.name for p in pads}:
            if sum(p.name == name for p in pads) > 1:
                raise ValueError(f"pad '{name}' is named twice")
        for pad in pads:
            if pad.joint is not None and pad.joint not in seen:
                raise ValueError(
                    f"pad '{pad.name}' sits on unknown joint '{pad.joint}' (known: {', '.join(seen)})"
                )
        return self
