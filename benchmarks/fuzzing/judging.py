"""What must come of a spoiled file: it is taken, or refused in one sentence, and nothing else happens."""

from __future__ import annotations

import hashlib
import os
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import process_time

from fuzzing.mutations import CANARY
from tacrefine.errors import TacrefineError

SLOWEST_S = 20.0
"""of the processor; a refusal that takes longer is a way to keep a robot busy"""
LONGEST = 1600
"""characters of a sentence"""


@dataclass(frozen=True)
class Kind:
    """One kind of file: `make` writes whole ones into a folder, `spoil` changes them, `load` does what a user would.

    `load` gets the folder; it may raise TacrefineError and nothing else. `may_write` are suffixes of files that loading
    leaves beside the input on purpose.
    """

    name: str
    make: Callable[[Path], None]
    spoil: Callable[[Path, Random], str]
    load: Callable[[Path], object]
    may_write: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """`outcome`: taken, refused, or what was wrong: traceback, unclear, slow, executed, changed."""

    outcome: str
    detail: str
    seconds: float

    @property
    def is_good(self) -> bool:
        """Whether it is as it must be."""
        return self.outcome in ("taken", "refused")


def judge(kind: Kind, folder: Path, number: int, seed: int) -> Verdict:
    """Spoil the files in `folder`, which `kind.make` has filled, in way `number`, and look what happens."""
    how = kind.spoil(folder, Random(f"{kind.name}/{seed}/{number}"))
    before = _contents(folder, kind.may_write)
    started = process_time()
    with _inside(folder):
        try:
            kind.load(folder)
            outcome, detail = "taken", how
        except TacrefineError as error:
            detail = str(error)
            outcome = "refused" if is_clear(detail, folder) else "unclear"
        except Exception:
            outcome, detail = "traceback", f"{how}: {traceback.format_exc(limit=-6)}"
    seconds = process_time() - started
    if seconds > SLOWEST_S:
        outcome, detail = "slow", f"{how}: {seconds:.1f} s, {detail}"
    if (folder / CANARY).exists():
        outcome, detail = "executed", how
    elif _contents(folder, kind.may_write) != before:
        outcome, detail = "changed", f"{how}: {detail}"
    return Verdict(outcome, detail, seconds)


def is_clear(sentence: str, folder: Path) -> bool:
    """One line of bearable length, printable, that names the file, the folder it lies in, or what it holds."""
    names = (str(folder), "plant '", "hand '", "Hand '", "object '", "Object '", "arm_", "parameter '")
    return sentence.isprintable() and 10 < len(sentence) < LONGEST and any(name in sentence for name in names)


def _contents(folder: Path, may_write: tuple[str, ...]) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(may_write or ("\0",))
    }


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """What is executed leaves its trace here."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
