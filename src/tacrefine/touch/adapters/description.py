"""The file of an adapter: which topics hold touch, joints and wrist, and how to read them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from tacrefine.config import Description
from tacrefine.touch.adapters.paths import FieldPath

JOINT_STATE, TF_MESSAGE = "sensor_msgs/msg/JointState", "tf2_msgs/msg/TFMessage"
RECEIVED = "received"
"""in the place of a stamp's path: the time at which a message arrives"""
Unit = Literal["counts", "newton", "pascal", "normalized"]
Number = Annotated[float, Field(ge=-1e9, le=1e9)]


def _path(text: str) -> str:
    FieldPath(text)
    return text


def _kind(text: str) -> str:
    parts = text.split("/")
    if len(parts) == 2:
        parts.insert(1, "msg")
    if len(parts) != 3 or parts[1] != "msg" or not all(part.replace("_", "").isalnum() for part in parts):
        raise ValueError(f"'{text}' is no message type; a type is like sensor_msgs/msg/JointState")
    return "/".join(parts)


def _signed_path(text: str) -> str:
    FieldPath(text.removeprefix("-"))
    return text


Path = Annotated[str, AfterValidator(_path)]
SignedPath = Annotated[str, AfterValidator(_signed_path)]
Kind = Annotated[str, AfterValidator(_kind)]
Topic = Annotated[str, Field(pattern=r"^[~/A-Za-z_][A-Za-z0-9_/~]*$", max_length=256)]
StampPath = Annotated[
    Path,
    Field(
        description="path of the stamp: a Time, or a number in s; `received`: the time at which it arrives"
    ),
]


class Reading(Description):
    """How values become readings. A pad without a key takes that of its source."""

    order: Literal["rows", "columns"] | tuple[Annotated[int, Field(ge=0)], ...] | None = Field(
        default=None,
        description="how the taxels come: row by row from row 0 on (`rows`, the default), column by column, or a "
        "list: for each taxel of the pad, row by row, the number of its value",
    )
    flip_rows: bool | None = Field(default=None, description="the last row comes first")
    flip_columns: bool | None = Field(default=None, description="the last column comes first")
    rest: Number | tuple[Number, ...] | None = Field(
        default=None,
        description="what an untouched taxel reads: one number, or one for each value; default 0",
    )
    scale: Annotated[float, Field(gt=0.0, le=1e9)] | None = Field(
        default=None, description="factor from a value, less its rest, to the unit; default 1"
    )
    sign: Literal[1, -1] | None = Field(default=None, description="-1: a press lowers the value; default 1")
    full_scale: Annotated[float, Field(gt=0.0, le=1e9)] | None = Field(
        default=None,
        description="counts at full scale; default: `raw_full_scale` of the hand. For counts only",
    )
    taxel_area: Annotated[float, Field(gt=0.0, le=1.0)] | None = Field(
        default=None,
        description="m^2 of a taxel; default: the pitch of its rows times that of its columns. For pascal only",
    )
    dead_taxels: tuple[Annotated[int, Field(ge=0)], ...] | None = Field(
        default=None, description="values that tell nothing, by their number in the field"
    )


class PadField(Reading):
    """Where one pad's values stand."""

    field: Path = Field(description="path of the values: the force along the normal of each taxel")
    tangential: tuple[SignedPath, SignedPath] | None = Field(
        default=None,
        description="paths of two more components of each taxel: the force on the skin from column to column, and from "
        "row to row; a minus before a path turns its sign",
    )


class TouchSource(Reading):
    """One topic with touch: of the whole hand, of a finger, or of a pad."""

    topic: Topic
    type: Kind = Field(description="message type by its full name")
    stamp: StampPath = "header.stamp"
    sequence: Path | None = Field(
        default=None,
        description="path of the number by which the device counts its readings; default: counted here",
    )
    unit: Unit = Field(description="what a value means once rest, sign and scale are applied")
    field: Path | None = Field(
        default=None, description="path of the values of all pads of `pads`, one pad after the other"
    )
    tangential: tuple[SignedPath, SignedPath] | None = Field(
        default=None, description="the same for the two tangential components, see below"
    )
    pads: dict[str, Path | PadField] | tuple[str, ...] = Field(
        default=(),
        description="names of the hand's pads: with `field` a list in the order in which they come (default: the "
        "hand's), without it for each pad its path, or its path and its own keys",
    )

    @model_validator(mode="after")
    def _has_its_values(self) -> TouchSource:
        if self.field is None and not (isinstance(self.pads, dict) and self.pads):
            raise ValueError("'field' is missing, or 'pads' with a path for each pad")
        if self.field is not None and isinstance(self.pads, dict):
            raise ValueError(
                "with 'field' the pads are a list of names; give each pad a path, or the source one"
            )
        if self.field is None and self.tangential is not None:
            raise ValueError("'tangential' needs 'field'; give it to each pad instead")
        return self


class PositionField(Description):
    """Where a joint's position stands."""

    field: Path
    scale: Number = Field(
        default=1.0, description="rad for each unit of the value; negative: it counts backwards"
    )
    offset: Number = Field(default=0.0, description="rad at value 0")


class JointSource(Description):
    """One topic with positions of joints."""

    topic: Topic = "joint_states"
    type: Kind = JOINT_STATE
    stamp: StampPath = "header.stamp"
    degrees: bool = Field(default=False, description="positions are in degrees, not in rad")
    prefix: str = Field(
        default="",
        max_length=128,
        description="what stands before the hand's joint names; others are not the hand's",
    )
    names: dict[str, str] = Field(default={}, description="the hand's joint for names that are otherwise")
    positions: dict[str, Path | PositionField] = Field(
        default={},
        description="where each joint's position stands, for messages that do not name their joints",
    )

    @model_validator(mode="after")
    def _has_its_positions(self) -> JointSource:
        if self.type != JOINT_STATE and not self.positions:
            raise ValueError(f"'positions' is missing: a {self.type} does not name its joints")
        if self.positions and (self.prefix or self.names):
            raise ValueError("with 'positions' no joint is found by its name; leave out 'prefix' and 'names'")
        return self


class Frames(Description):
    """Two frames of TF."""

    base: str = Field(min_length=1, max_length=256, description="frame in which the arm is commanded")
    tip: str = Field(min_length=1, max_length=256, description="frame of the wrist")


class WristSource(Description):
    """Where the wrist's pose stands: on a topic, or in TF."""

    topic: Topic | None = None
    type: Kind | None = Field(
        default=None,
        description="PoseStamped, TransformStamped, PoseWithCovarianceStamped, Odometry, or any type with a pose in "
        "`field`",
    )
    stamp: StampPath = "header.stamp"
    field: Path | None = Field(
        default=None, description="path of the pose or transform; default: found by itself"
    )
    frame_id: str | None = Field(
        default=None, max_length=256, description="frame in which the pose is; default: the header's"
    )
    tf: Frames | None = Field(default=None, description="take it from TF instead")

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> WristSource:
        if (self.tf is None) == (self.topic is None):
            raise ValueError("give either 'topic' and 'type', or 'tf' with 'base' and 'tip'")
        if self.topic is not None and self.type is None:
            raise ValueError("'type' is missing, like geometry_msgs/msg/TransformStamped")
        return self


class AdapterDescription(Description):
    """A robot's topics. What is left out is expected under its usual name: `tactile`, `joint_states`, `wrist_pose`."""

    touch: tuple[TouchSource, ...] = Field(default=(), max_length=64)
    joints: tuple[JointSource, ...] = Field(default=(), max_length=64)
    wrist: WristSource | None = None
    merge_window: float = Field(
        default=0.02,
        gt=0.0,
        le=1.0,
        description="s: how far the stamps of pads from several topics may lie apart to be one moment",
    )
    source_timeout: float = Field(
        default=0.3,
        gt=0.0,
        le=10.0,
        description="s without a message of one topic of touch, after which the others go on without its pads",
    )

    @model_validator(mode="after")
    def _says_something(self) -> AdapterDescription:
        if not (self.touch or self.joints or self.wrist):
            raise ValueError("it has none of 'touch', 'joints' and 'wrist'")
        return self
