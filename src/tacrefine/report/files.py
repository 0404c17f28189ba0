"""Finds JSON files, tells by their content what they are, and refuses what no report can draw."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from tacrefine.config import describe, share_dir
from tacrefine.errors import DataError
from tacrefine.report.contents import MadeContent

RESULTS = "results"


@dataclass(frozen=True)
class Kind:
    """One kind of JSON file: how to know it, and which command writes it."""

    model: type[MadeContent]
    what: str
    command: str
    keys: frozenset[str]
    """a file that has all of these is of this kind"""
    command_of: Callable[[Any], str] | None = None
    """puts the command together from the settings of a file that does not say it"""


C = TypeVar("C", bound=MadeContent)


@dataclass(frozen=True)
class Source(Generic[C]):
    """One file that was read."""

    path: Path
    content: C
    kind: Kind | None = None

    @property
    def command(self) -> str | None:
        """The command that wrote the file: as the file says, else put together from its settings."""
        if self.content.made.command is not None:
            return self.content.made.command
        rebuilt = self.kind.command_of if self.kind else None
        return rebuilt(self.content) if rebuilt else None


@dataclass(frozen=True)
class Sources:
    """All files of a report, and those that a folder holds but no report draws."""

    files: list[Source[Any]]
    kinds: Sequence[Kind]
    left_out: list[Path] = field(default_factory=list)

    def of(self, model: type[C]) -> list[Source[C]]:
        """The files of one kind, in the order they were given."""
        return [source for source in self.files if type(source.content) is model]

    def missing(self) -> list[Kind]:
        """Kinds of which there is no file."""
        return [kind for kind in self.kinds if not self.of(kind.model)]


def find(given: Sequence[Path], kinds: Sequence[Kind]) -> Sources:
    """Read the given files of these kinds, of given folders every `*.json`; with nothing given, those of `results/`.

    A file that was named must be of a known kind; one that only lies in a folder may be something else and is left
    out. Raises DataError with one sentence: unreadable, no JSON, unknown, a figure missing, or nothing to draw.
    """
    files: dict[Path, Source[Any]] = {}
    left_out: list[Path] = []
    for path, named in _paths(given):
        if path.resolve() in files:
            continue
        content = _read_json(path)
        kind = kind_of(content, kinds)
        if kind is not None:
            files[path.resolve()] = Source(path, _checked(path, content, kind), kind)
        elif named:
            raise DataError(f"{path}: not a file that a report can draw; known are those of {_known(kinds)}.")
        else:
            left_out.append(path)
    if not files:
        where = ", ".join(map(str, given)) or f"{RESULTS}/"
        raise DataError(
            f"{where}: no JSON file here that a report can draw; name some, or write one with, for example, "
            f"'{kinds[0].command}'."
        )
    return Sources(list(files.values()), kinds, left_out)


def kind_of(content: Any, kinds: Sequence[Kind]) -> Kind | None:
    """The kind of a parsed JSON file, None if it is unknown."""
    keys = set(content) if isinstance(content, dict) else set()
    return next((kind for kind in kinds if kind.keys <= keys), None)


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


def _known(kinds: Sequence[Kind]) -> str:
    names = [f"'{kind.command.partition(' --json')[0]} --json'" for kind in kinds]
    return f"{', '.join(names[:-1])} and {names[-1]}"
