"""What a generated page is, and how a table is written in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[3]
WIDE = "---\nhide: [toc]\n---\n\n"
"""before a page whose tables need the room of the table of contents"""


class Page(NamedTuple):
    """One page: `path` is relative to the folder of the docs, `title` is what the navigation calls it."""

    path: str
    title: str
    text: str


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; bars and line breaks inside cells are escaped."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
