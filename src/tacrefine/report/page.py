"""Building blocks of one HTML page that needs no network, no scripts and no file beside it.

How the blocks look stands in the Jinja2 templates of the folder `templates`; all text is escaped there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import ClassVar

from jinja2 import Environment, PackageLoader
from matplotlib.figure import Figure

from tacrefine.report.style import WIDTH, embedded


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; `style` is a class of the style sheet, or empty."""

    template: ClassVar[str] = "paragraph.html.j2"
    text: str
    style: str = ""


@dataclass(frozen=True)
class Heading:
    """The heading of a part."""

    template: ClassVar[str] = "heading.html.j2"
    text: str


@dataclass(frozen=True)
class Picture:
    """A picture as a `data:` address; `says` tells what it shows to who cannot see it, `width` is its share."""

    template: ClassVar[str] = "picture.html.j2"
    address: str
    says: str
    caption: str
    width: float


@dataclass(frozen=True)
class Table:
    """A table; a cell between backticks is a command."""

    template: ClassVar[str] = "table.html.j2"
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str
    total: bool
    style: str


@dataclass
class Section:
    """A chapter of the page: blocks under one heading."""

    name: str
    """anchor, also what tests and links know it by"""
    title: str
    blocks: list[Paragraph | Heading | Picture | Table] = field(default_factory=list)

    def finding(self, text: str) -> None:
        """Add the sentence that the pictures below show."""
        self.blocks.append(Paragraph(text, "finding"))

    def text(self, text: str, small: bool = False) -> None:
        """Add a paragraph."""
        self.blocks.append(Paragraph(text, "small" if small else ""))

    def heading(self, text: str) -> None:
        """Add a heading of a part."""
        self.blocks.append(Heading(text))

    def figure(self, figure: Figure, says: str, caption: str, picture: str = "svg") -> None:
        """Add a picture; `says` tells what it shows to who cannot see it."""
        self.image(embedded(figure, picture), says, caption, figure.get_figwidth() / WIDTH)

    def image(self, address: str, says: str, caption: str, width: float = 1.0) -> None:
        """Add a picture that is a `data:` address already; `width` is its share of the page's."""
        self.blocks.append(Picture(address, says, caption, width))

    def table(
        self,
        header: Sequence[str],
        rows: Sequence[Sequence[str]],
        caption: str,
        total: bool = False,
        words: bool = False,
        left: int = 1,
    ) -> None:
        """Add a table; with `total` the last row is a summary, the first `left` columns are text, with `words` all."""
        self.blocks.append(Table(header, rows, caption, total, "text" if words else f"left{left}"))


@cache
def _templates() -> Environment:
    return Environment(loader=PackageLoader("tacrefine.report"), autoescape=True)


def page(title: str, lead: Sequence[str], sections: Sequence[Section]) -> str:
    """The whole document as HTML text: title, the paragraphs of `lead`, a table of contents and the chapters."""
    return _templates().get_template("page.html.j2").render(title=title, lead=lead, sections=sections)
