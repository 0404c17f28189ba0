"""Finds JSON files, tells by their content what they are, and refuses what no report can draw."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from tacrefine.config import describe, share_dir
from tacrefine.errors import DataError
from tacrefine.report.benchmarks import Demo, Finetuning, Goals, PoseBound, TactileModels
from tacrefine.report.contents import Evaluation, MadeContent
from tacrefine.report.regrasp_contents import (
    RegraspComparison,
    RegraspLearned,
    RegraspScore,
    RegraspSearch,
    RegraspTable,
)
from tacrefine.report.studies import Ablations, Latency, Tracking

RESULTS = "results"


@dataclass(frozen=True)
class Kind:
    """One kind of JSON file: how to know it, and which command writes it."""

    model: type[MadeContent]
    what: str
    command: str
    keys: frozenset[str]
    """a file that has all of these is of this kind"""


KINDS = (
    Kind(
        Evaluation,
        "success and errors of refinements",
        "tacrefine evaluate --json results/evaluate.json",
        frozenset({"settings", "model_id", "classes", "after_each_step"}),
    ),
    Kind(
        PoseBound,
        "errors beside the bound of what touch can tell",
        "python benchmarks/pose_bound.py --json results/pose_bound.json",
        frozenset({"pairs_per_object", "noise"}),
    ),
    Kind(
        Goals,
        "goals in a row over ROS 2",
        "python benchmarks/action_server.py --json results/action_server.json",
        frozenset({"goals", "ended", "runs"}),
    ),
    Kind(
        Demo,
        "one refinement over ROS 2",
        "tacrefine demo --json results/demo.json",
        frozenset({"error_per_step_mm", "error_per_step_deg", "error_code"}),
    ),
    Kind(
        TactileModels,
        "speed and agreement of the tactile models",
        "python benchmarks/tactile_models.py --json results/tactile_models.json",
        frozenset({"grasps_per_object", "grasps_per_second", "objects"}),
    ),
    Kind(
        Finetuning,
        "what recorded grasps of one robot are worth",
        "python benchmarks/finetuning.py --json results/finetuning.json",
        frozenset({"comparison", "methods", "rows", "cells"}),
    ),
    Kind(
        Ablations,
        "what each part of the policy is worth",
        "python benchmarks/ablations.py --json results/ablations.json",
        frozenset({"variants", "trials_per_object"}),
    ),
    Kind(
        Tracking,
        "one target, many disturbances in a row",
        "python benchmarks/tracking.py --json results/tracking.json",
        frozenset({"disturbances", "plants", "goal"}),
    ),
    Kind(
        Latency,
        "from a reading's stamp to its correction",
        "python benchmarks/latency.py --json results/latency.json",
        frozenset({"latency_p50_ms", "inference_p50_ms", "load_average"}),
    ),
    Kind(
        RegraspComparison,
        "what vision, touch and the action are worth to a regrasp",
        "tacrefine regrasp compare --json results/regrasp_comparison.json",
        frozenset({"regrasp_comparison", "variants"}),
    ),
    Kind(
        RegraspScore,
        "what a regrasp model makes of objects that it did not learn from",
        "tacrefine regrasp score --data out/regrasp/easy --data out/regrasp/hard --json results/regrasp_score.json",
        frozenset({"regrasp_score", "datasets"}),
    ),
    Kind(
        RegraspTable,
        "regrasps that end in the air",
        "tacrefine regrasp evaluate --json results/regrasp_max_success.json",
        frozenset({"regrasp_evaluation", "sets", "attempts"}),
    ),
    Kind(
        RegraspLearned,
        "what the regrasp model learned",
        "python benchmarks/regrasp_learned.py --json results/regrasp_learned.json",
        frozenset({"force_curves", "height_curves"}),
    ),
    Kind(
        RegraspSearch,
        "speed of the choice of a regrasp",
        "python benchmarks/regrasp_search.py --json results/regrasp_search.json",
        frozenset({"search", "naive", "times_faster"}),
    ),
)

C = TypeVar("C", bound=MadeContent)


@dataclass(frozen=True)
class Source(Generic[C]):
    """One file that was read."""

    path: Path
    content: C


@dataclass(frozen=True)
class Sources:
    """All files of a report, and those that a folder holds but no report draws."""

    files: list[Source[Any]]
    left_out: list[Path] = field(default_factory=list)

    def of(self, model: type[C]) -> list[Source[C]]:
        """The files of one kind, in the order they were given."""
        return [source for source in self.files if type(source.content) is model]

    def missing(self) -> list[Kind]:
        """Kinds of which there is no file."""
        return [kind for kind in KINDS if not self.of(kind.model)]


def find(given: Sequence[Path]) -> Sources:
    """Read the given files, and of given folders every `*.json`; with nothing given, those of `results/`.

    A file that was named must be of a known kind; one that only lies in a folder may be something else and is left
    out. Raises DataError with one sentence: unreadable, no JSON, unknown, a figure missing, or nothing to draw.
    """
    files: dict[Path, Source[Any]] = {}
    left_out: list[Path] = []
    for path, named in _paths(given):
        if path.resolve() in files:
            continue
        content = _read_json(path)
        kind = kind_of(content)
        if kind is not None:
            files[path.resolve()] = Source(path, _checked(path, content, kind))
        elif named:
            raise DataError(f"{path}: not a file that a report can draw; known are those of {_known()}.")
        else:
            left_out.append(path)
    if not files:
        where = ", ".join(map(str, given)) or f"{RESULTS}/"
        raise DataError(
            f"{where}: no JSON file here that a report can draw; name some, or write one with, for example, "
            f"'{KINDS[0].command}'."
        )
    return Sources(list(files.values()), left_out)


def kind_of(content: Any) -> Kind | None:
    """The kind of a parsed JSON file, None if it is unknown."""
    keys = set(content) if isinstance(content, dict) else set()
    return next((kind for kind in KINDS if kind.keys <= keys), None)


def _results_folder() -> Path:
    here = Path(RESULTS)
    return here if here.is_dir() else share_dir() / RESULTS


def _paths(given: Sequence[Path]) -> Iterator[tuple[Path, bool]]:
    """Every file, and whether it was named itself."""
    for path in given or [_results_folder()]:
        if path.is_dir() or not given:
            yield from ((found, False) for found in sorted(path.glob("*.json")))
        else:
            yield path, True


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}).") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: not valid JSON ({error}).") from error


def _checked(path: Path, content: Any, kind: Kind) -> MadeContent:
    try:
        return kind.model.model_validate(content)
    except ValidationError as error:
        program = kind.command.partition(" --json")[0]
        raise DataError(
            f"{path}: looks like a file of '{program}', but {describe(error, kind.model)}"
        ) from error


def _known() -> str:
    names = [f"'{kind.command.partition(' --json')[0]} --json'" for kind in KINDS]
    return f"{', '.join(names[:-1])} and {names[-1]}"
