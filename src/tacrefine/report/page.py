"""Building blocks of one HTML page that needs no network, no scripts and no file beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from matplotlib.figure import Figure

from tacrefine.report.style import WIDTH, embedded

STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; color: #1b1b1b; background: #fff;
  max-width: 62rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; }
h1 { font-size: 1.8rem; line-height: 1.2; margin: 0.5rem 0; }
h2 { font-size: 1.3rem; margin: 2.8rem 0 0.4rem; border-top: 2px solid #1b1b1b; padding-top: 0.5rem; }
h3 { font-size: 1.05rem; margin: 2rem 0 0.3rem; }
p { max-width: 48rem; margin: 0.5rem 0; }
p.finding { font-size: 1.08rem; font-weight: 600; }
p.small, figcaption, caption { color: #4a4a4a; font-size: 0.88rem; }
nav ol { columns: 2; max-width: 48rem; padding-left: 1.4rem; }
a { color: #0b5394; }
figure { margin: 1rem 0 1.4rem; }
figure img { height: auto; display: block; }
figcaption { max-width: 52rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.86rem; margin: 0.8rem 0 1.2rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: 0.3rem; caption-side: top; }
th, td { padding: 0.22rem 0.55rem; border-bottom: 1px solid #d9d9d9; text-align: right; vertical-align: top; }
th { white-space: pre-line; }
td { white-space: nowrap; }
th:first-child, td:first-child, .left2 :is(th, td):nth-child(2), .text :is(th, td) { text-align: left; }
td:first-child, .text td { white-space: normal; }
thead th { border-bottom: 1.5px solid #1b1b1b; font-weight: 600; vertical-align: bottom; }
tr.total td { font-weight: 600; border-top: 1.5px solid #1b1b1b; }
td code { overflow-wrap: anywhere; }
code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 0.92em; }
@page { margin: 14mm; }
@media print {
  body { font-size: 10.5pt; max-width: none; padding: 0; }
  a { color: inherit; text-decoration: none; }
  figure, tr, h2 + p { break-inside: avoid; }
  h2, h3, caption { break-after: avoid; }
  .wide { overflow: visible; }
  table { font-size: 7.6pt; }
  th, td { padding: 0.15rem 0.35rem; }
}
"""


@dataclass
class Section:
    """A chapter of the page: blocks of HTML under one heading."""

    name: str
    """anchor, also what tests and links know it by"""
    title: str
    blocks: list[str] = field(default_factory=list)

    def finding(self, text: str) -> None:
        """Add the sentence that the pictures below show."""
        self.blocks.append(f'<p class="finding">{escape(text)}</p>')

    def text(self, text: str, small: bool = False) -> None:
        """Add a paragraph."""
        self.blocks.append(f"<p{' class=small' if small else ''}>{escape(text)}</p>")

    def heading(self, text: str) -> None:
        """Add a heading of a part."""
        self.blocks.append(f"<h3>{escape(text)}</h3>")

    def figure(self, figure: Figure, says: str, caption: str, picture: str = "svg") -> None:
        """Add a picture; `says` tells what it shows to who cannot see it."""
        self.image(embedded(figure, picture), says, caption, figure.get_figwidth() / WIDTH)

    def image(self, address: str, says: str, caption: str, width: float = 1.0) -> None:
        """Add a picture that is a `data:` address already; `width` is its share of the page's."""
        self.blocks.append(
            f'<figure><img src="{address}" alt="{escape(says)}" style="width: {width:.0%}">'
            f"<figcaption>{escape(caption)}</figcaption></figure>"
        )

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
        head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
        body = "".join(
            f"<tr{' class=total' if total and row is rows[-1] else ''}>{''.join(map(_cell, row))}</tr>"
            for row in rows
        )
        kind = "text" if words else f"left{left}"
        self.blocks.append(
            f'<div class="wide"><table class="{kind}"><caption>{escape(caption)}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )

    def html(self) -> str:
        """The chapter."""
        inside = "\n".join(self.blocks)
        return f'<section id="{self.name}">\n<h2>{escape(self.title)}</h2>\n{inside}\n</section>'


def _cell(text: str) -> str:
    """A cell; text between backticks is a command."""
    inside = f"<code>{escape(text.strip('`'))}</code>" if text.startswith("`") else escape(text)
    return f"<td>{inside}</td>"


def page(title: str, lead: Sequence[str], sections: Sequence[Section]) -> str:
    """The whole document."""
    links = "".join(f'<li><a href="#{part.name}">{escape(part.title)}</a></li>' for part in sections)
    paragraphs = "".join(f"<p>{escape(text)}</p>" for text in lead)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n{paragraphs}\n<nav><ol>{links}</ol></nav>\n"
        + "\n".join(part.html() for part in sections)
        + "\n</body>\n</html>\n"
    )
