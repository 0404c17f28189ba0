"""Files on disk: written in one step, and read however they were written.

What anybody may have written is bounded in size, depth and expansion, and nothing in it is executed.

A handful of YAML aliases can stand for billions of values, and a few thousand brackets exhaust the stack: both are
refused before anything is built from them.
"""

from __future__ import annotations

import difflib
import json
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from tacrefine.errors import TacrefineError

MOST_BYTES = 64 * 2**20
"""a description, card or index is a thousand times smaller"""
MOST_DEPTH = 64
MOST_NODES = 5_000_000
"""values once all aliases are written out"""
LONGEST_QUOTE = 160
"""characters of somebody else's text that a sentence repeats"""
LONGEST_SENTENCE = 1000
LFS_POINTER = b"version https://git-lfs.github.com/spec/"
"""how the small text begins that stands in the place of a large file until Git LFS has fetched it"""
LFS_HINT = "a Git LFS pointer, not the file itself; fetch it with 'git lfs pull'"
# PyYAML's constructors meet malformed scalars with whatever the conversion raises.
FAULTS = (yaml.YAMLError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError)


LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""the parser of libyaml where it is there, ten times as fast as the one in Python"""


def first_upper(text: str) -> str:
    """Half a sentence as one that begins; names in it stay as they are."""
    return text[:1].upper() + text[1:]


def quoted(text: object, longest: int = LONGEST_QUOTE) -> str:
    """Foreign text fit for one sentence: one line, no control characters, shortened in the middle."""
    line = "".join(c if c.isprintable() else " " for c in " ".join(str(text).split()))
    if len(line) <= longest:
        return line
    half = (longest - 5) // 2
    return f"{line[:half]} ... {line[-half:]}"


def is_lfs_pointer(path: str | os.PathLike[str]) -> bool:
    """Whether a file is the pointer that Git LFS leaves in the place of the real one; False where it cannot be read."""
    try:
        with open(path, "rb") as stream:
            return stream.read(len(LFS_POINTER)) == LFS_POINTER
    except OSError:
        return False


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """The part "; did you mean 'NAME'?" of a sentence about an unknown name; empty where no known one is close."""
    close = difflib.get_close_matches(str(word), list(known), 1, 0.6)
    return f"; did you mean '{close[0]}'?" if close else ""


def read_text(path: str | os.PathLike[str], fault: type[TacrefineError], most: int = MOST_BYTES) -> str:
    """A whole text file; raises `fault` in one sentence where it cannot be read, is too large or not UTF-8."""
    try:
        about = os.stat(path)
        if stat.S_ISREG(about.st_mode) and about.st_size > most:
            raise fault(f"{path}: has {about.st_size} bytes; allowed are {most}.")
        if not (stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode)):
            raise fault(f"{path}: is a device or pipe; allowed is a file.")
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise fault(f"{path}: cannot be read ({error.strerror or error}).") from error
    except UnicodeDecodeError as error:
        raise fault(f"{path}: not a text file in UTF-8 ({quoted(error)}).") from error


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write a file in one step: a kill leaves the old file or the new one, whole. Text is written as UTF-8."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(content.encode() if isinstance(content, str) else content)
    os.replace(temporary, path)


def read_yaml(path: str | os.PathLike[str], fault: type[TacrefineError]) -> Any:
    """The content of a YAML file, plain values only; raises `fault` in one sentence."""
    return parse_yaml(read_text(path, fault), path, fault)


def parse_yaml(text: str, where: str | os.PathLike[str], fault: type[TacrefineError]) -> Any:
    """The content of YAML text that stands in `where`, plain values only; raises `fault` in one sentence."""
    try:
        _limit_depth(text)
        loader = LOADER(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            _measure(node, {}, ())
            return loader.construct_document(node)
        finally:
            loader.dispose()
    except FAULTS as error:
        raise fault(f"{where}: not valid YAML ({quoted(_reason(error))}).") from error


def read_json(path: str | os.PathLike[str], fault: type[TacrefineError], what: str = "valid JSON") -> Any:
    """The content of a JSON file; raises `fault` in one sentence that calls it not `what`."""
    text = read_text(path, fault)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise fault(f"{path}: not {what} ({quoted(_reason(error))}).") from error


def _limit_depth(text: str) -> None:
    """Raise ValueError where YAML text is nested too deep; the parser of libyaml has no limit of its own."""
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MOST_DEPTH:
                raise ValueError(f"nested deeper than {MOST_DEPTH}")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _measure(node: yaml.Node, known: dict[int, int], above: tuple[int, ...]) -> int:
    """Values below a node with every alias written out; raises ValueError where they are too many or too deep."""
    key = id(node)
    if key in above:
        raise ValueError("an alias that holds itself")
    if len(above) > MOST_DEPTH:
        raise ValueError(f"nested deeper than {MOST_DEPTH}")
    if key in known:
        return known[key]
    below: list[yaml.Node] = []
    if isinstance(node, yaml.SequenceNode):
        below = node.value
    elif isinstance(node, yaml.MappingNode):
        below = [part for pair in node.value for part in pair]
    count = 1 + sum(_measure(part, known, (*above, key)) for part in below)
    if count > MOST_NODES:
        raise ValueError(f"its aliases stand for more than {MOST_NODES} values")
    known[key] = count
    return count


def _reason(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return f"nested deeper than {MOST_DEPTH}"
    return str(error) or type(error).__name__
