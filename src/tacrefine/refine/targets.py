"""Grasp targets on disk: one JSON file for each, readable by people, written whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from tacrefine.config import describe
from tacrefine.errors import DataError
from tacrefine.geometry import RigidTransform, from_quaternion
from tacrefine.hands import Hand
from tacrefine.supervision.errors import UnknownTarget
from tacrefine.touch.comparison import MeanTouch
from tacrefine.touch.frame import NEWTON, NORMALIZED, RAW, PadReading, frame_from_arrays

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

UNITS = {"raw": RAW, "normalized": NORMALIZED, "newton": NEWTON}


class StoredPad(BaseModel):
    """One pad's readings, row-major, a taxel's components side by side; None stands for a dead taxel."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str
    frame_id: str
    rows: int = Field(ge=1)
    cols: int = Field(ge=1)
    unit: Literal["raw", "normalized", "newton"]
    data: tuple[float | None, ...]
    components: int = Field(default=1, ge=1, le=3)

    @model_serializer(mode="wrap")
    def _without_default(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """One component goes unsaid, so that ids of targets, which hash this, stay what they were."""
        return {key: value for key, value in write(self).items() if (key, value) != ("components", 1)}

    @model_validator(mode="after")
    def _is_whole(self) -> StoredPad:
        if len(self.data) != self.rows * self.cols * self.components:
            of_each = "" if self.components == 1 else f" x {self.components}"
            raise ValueError(
                f"pad '{self.name}' needs {self.rows} x {self.cols}{of_each} readings, found {len(self.data)}"
            )
        return self

    @classmethod
    def from_array(
        cls, name: str, frame_id: str, rows: int, cols: int, unit: str, data: NDArray, components: int = 1
    ) -> StoredPad:
        """From readings (rows * cols * components,) in which NaN marks a dead taxel."""
        values = tuple(None if np.isnan(value) else float(value) for value in data)
        return cls.model_validate(
            {
                "name": name,
                "frame_id": frame_id,
                "rows": rows,
                "cols": cols,
                "unit": unit,
                "data": values,
                "components": components,
            }
        )

    def array(self) -> NDArray[np.float32]:
        """The readings (rows * cols * components,), NaN where a taxel is dead."""
        return np.array([np.nan if value is None else value for value in self.data], np.float32)


class StoredTarget(BaseModel):
    """A grasp shown once. Wrist pose in `frame_id`: position m, quaternion x y z w. Joints in rad. `stamp` in s."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    format: Literal["tacrefine-target-1"] = "tacrefine-target-1"
    name: str
    object: str
    hand: str
    signature: str
    observable_axes: tuple[bool, bool, bool, bool, bool, bool]
    stamp: float
    frame_id: str
    wrist_frame: str
    wrist_position: tuple[float, float, float]
    wrist_quaternion: tuple[float, float, float, float]
    joints: Mapping[str, float]
    pads: tuple[StoredPad, ...] = Field(min_length=1)
    frames: int = Field(default=0, ge=0)
    """readings that were averaged, 0: unknown"""

    @property
    def wrist(self) -> RigidTransform:
        """Pose of the wrist in `frame_id`, m."""
        return from_quaternion(self.wrist_position, self.wrist_quaternion)

    def touch(self, hand: Hand) -> MeanTouch:
        """What was felt, in the order of the hand that it was captured with, readings 0..1."""
        pads = {pad.name: pad for pad in self.pads}
        readings = [
            PadReading(pad.name, pad.rows, pad.cols, UNITS[pad.unit], pad.array(), pad.components)
            for pad in (pads[pad.name] for pad in hand.pads)
        ]
        frame = frame_from_arrays(hand, readings, self.joints)
        return MeanTouch(frame.tactile, frame.joints, max(self.frames, 1))

    @property
    def id(self) -> str:
        """Name and content hash: two captures under one name have different ids."""
        digest = hashlib.sha256(self.model_dump_json().encode()).hexdigest()
        return f"{self.name}-{digest[:12]}"


class TargetStore:
    """Targets in one folder, `<name>.json` each."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder).expanduser()

    def names(self) -> list[str]:
        """Names of the stored targets, sorted."""
        if not self.folder.is_dir():
            return []
        return sorted(path.stem for path in self.folder.glob("*.json") if NAME.fullmatch(path.stem))

    def load(self, name: str) -> StoredTarget:
        """Read a target; raises UnknownTarget or DataError in one sentence."""
        path = self._path(name, UnknownTarget)
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            known = ", ".join(self.names()) or "none"
            raise UnknownTarget(f"no target named '{name}' in {self.folder}; known: {known}") from None
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{path}: cannot be read ({error})") from error
        try:
            target = StoredTarget.model_validate_json(text)
        except ValidationError as error:
            raise DataError(f"{path}: not a usable target, {describe(error, StoredTarget)}") from error
        if target.name != name:
            raise DataError(f"{path}: holds a target named '{target.name}', the file name must agree")
        return target

    def save(self, target: StoredTarget, overwrite: bool = False) -> Path:
        """Write a target; raises DataError if the name is taken and `overwrite` is False."""
        path = self._path(target.name, DataError)
        if path.exists() and not overwrite:
            raise DataError(f"a target named '{target.name}' exists already; set overwrite to replace it")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor, draft = tempfile.mkstemp(dir=self.folder, prefix=f".{target.name}-", suffix=".tmp")
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                    json.dump(target.model_dump(mode="json"), stream, indent=1)
                    stream.flush()
                    os.fsync(stream.fileno())
                os.replace(draft, path)
            except BaseException:
                Path(draft).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise DataError(f"{path}: cannot be written ({error.strerror})") from error
        return path

    def _path(self, name: str, error: type[Exception]) -> Path:
        check_name(name, error)
        return self.folder / f"{name}.json"


def check_name(name: str, error: type[Exception] = DataError) -> None:
    """Raise `error` unless `name` is fit for a file: up to 64 letters, digits, '_' and '-', a letter or digit first."""
    if not NAME.fullmatch(name):
        raise error(
            f"target name '{name}' is not allowed; use up to 64 letters, digits, '_' and '-', no path"
        )
