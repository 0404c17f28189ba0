"""Where shipped files lie, and how YAML becomes a checked description.

Every description (hand, object set, plant, training run) is a pydantic model that forbids unknown keys; a
violation becomes one :class:`~tacrefine.errors.ConfigError` sentence that names the file and the key.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from tacrefine.documents import LONGEST_SENTENCE, quoted, read_yaml
from tacrefine.errors import ConfigError

KINDS = (
    "hands", "objects", "plants", "models", "data", "training", "finetuning", "drivers", "adapters", "regrasp",
    "regrasp/objects", "cells",
)  # fmt: skip


NAMED = {
    "objects": "object set",
    "regrasp/objects": "object set for the gripper",
    "data": "dataset description",
    "training": "training description",
    "finetuning": "fine-tuning description",
    "regrasp": "regrasp description",
}
"""what a sentence calls one of a kind, where the kind's own singular does not say it"""


class Description(BaseModel):
    """Base of every YAML description: frozen, unknown keys refused, no infinities or NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _vector(value: object) -> object:
    """Accept YAML lists as tuples, leave the rest to pydantic."""
    return tuple(value) if isinstance(value, list) else value


ANY_HAND_MODEL = "any_hand"
"""name of the shipped model that any hand can use"""
LARGEST = 1e12
"""magnitude that no number of a description reaches"""

Vector3 = Annotated[tuple[float, float, float], BeforeValidator(_vector)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$")]
"""What may become the name of a file or folder: no path, nothing hidden"""
Length = Annotated[float, Field(ge=1e-5, le=10.0)]
"""m, of something that a hand touches or touches with"""
Coordinate = Annotated[float, Field(ge=-10.0, le=10.0)]
"""m"""
Position = Annotated[tuple[Coordinate, Coordinate, Coordinate], BeforeValidator(_vector)]
"""m"""
Angle = Annotated[float, Field(ge=-100.0, le=100.0)]
"""rad"""

Model = TypeVar("Model", bound=BaseModel)


@cache
def share_dir() -> Path:
    """Folder that holds ``config/`` and ``models/``: a checkout, or ``share/tacrefine`` of an install.

    ``TACREFINE_SHARE`` overrides the search. Raises ConfigError where none is found.
    """
    override = os.environ.get("TACREFINE_SHARE")
    if override:
        if not (Path(override) / "config").is_dir():
            raise ConfigError(
                f"TACREFINE_SHARE={override} has no folder 'config'; it must name share/tacrefine."
            )
        return Path(override)
    here = Path(__file__).resolve()
    candidates = list(here.parents)
    candidates += [parent / "share" / "tacrefine" for parent in here.parents]
    prefixes = [p for p in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if p]
    candidates += [Path(prefix) / "share" / "tacrefine" for prefix in [*prefixes, sys.prefix]]
    for candidate in candidates:
        if (candidate / "config" / "hands").is_dir():
            return candidate
    raise ConfigError(
        "tacrefine's config folder was not found; set TACREFINE_SHARE to the share/tacrefine folder."
    )


def available(kind: str) -> list[str]:
    """Names that ``resolve`` accepts for ``kind``, sorted."""
    if kind == "models":
        return sorted(path.parent.name for path in (share_dir() / "models").glob("*/card.json"))
    return sorted(path.stem for path in (share_dir() / "config" / kind).glob("*.yaml"))


def resolve(kind: str, name_or_path: str | os.PathLike[str]) -> Path:
    """Find a description by name (``five_finger``) or by path (``my/hand.yaml``).

    ``kind`` is one of `KINDS`. A path is anything with a separator or a suffix.
    Raises ConfigError that lists the known names.
    """
    if kind not in KINDS:
        raise ConfigError(f"Unknown kind of description '{kind}'; allowed: {', '.join(KINDS)}.")
    text = os.fspath(name_or_path)
    path = Path(text)
    if os.sep in text or path.suffix in (".yaml", ".yml"):
        if not path.exists():
            raise ConfigError(f"{path}: no such file or folder (wanted one of {kind}).")
        return path
    found = (
        share_dir() / "models" / text if kind == "models" else share_dir() / "config" / kind / f"{text}.yaml"
    )
    if not found.exists():
        what, known = NAMED.get(kind, kind.rstrip("s")), ", ".join(available(kind)) or "none"
        raise ConfigError(f"No {what} named '{text}'; known: {known}, or give a path.")
    return found


def model_of(hand: str, model: str = "") -> str:
    """The model to use with a hand, each a name or a path, unless one is given.

    That is the shipped one of the hand's name, or, where there is none, the shipped one for any hand.
    """
    name, known = Path(hand).stem, available("models")
    return model or (ANY_HAND_MODEL if name not in known and ANY_HAND_MODEL in known else name)


def load_yaml(path: str | os.PathLike[str], model: type[Model]) -> Model:
    """Read a YAML file into ``model``; raises ConfigError with one sentence on the first thing wrong."""
    content = read_yaml(path, ConfigError)
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: the top level must be a mapping of keys, found {type(content).__name__}.")
    try:
        check_magnitudes(content)
        return model.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{path}: {describe(error, model)}") from error
    except OverflowError as error:
        raise ConfigError(f"{path}: {error}.") from error


def check_magnitudes(content: object) -> None:
    """Raise OverflowError with a phrase where a number is far beyond what anything here has."""
    if isinstance(content, dict):
        content = [*content.keys(), *content.values()]
    if isinstance(content, list | tuple):
        for part in content:
            check_magnitudes(part)
    elif isinstance(content, int | float) and not abs(content) <= LARGEST:
        number = quoted(f"{content:.3g}" if isinstance(content, float) else content, 40)
        raise OverflowError(f"a number is {number}, allowed are numbers from -{LARGEST:g} to {LARGEST:g}")


def describe(error: ValidationError, model: type[BaseModel]) -> str:
    """One sentence for the first violation: the key with its path, what is wrong and what is allowed."""
    # A mistyped key shows up as one unknown and one missing: the unknown one is what the user can see.
    problem = min(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")
    key = quoted(".".join(str(part) for part in problem["loc"])) or "(top level)"
    if problem["type"] == "extra_forbidden":
        allowed = ", ".join(model.model_fields) if len(problem["loc"]) == 1 else "see the shipped files"
        return f"unknown key '{key}' (allowed: {allowed})."
    if problem["type"] == "missing":
        return f"key '{key}' is missing."
    message = quoted(problem["msg"].removeprefix("Value error, "), LONGEST_SENTENCE)
    more = len(error.errors()) - 1
    tail = f" ({more} more problem{'s' if more > 1 else ''})" if more else ""
    return f"key '{key}': {message[0].lower() + message[1:]}{tail}."
