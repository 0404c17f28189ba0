"""The whole report: from files to one HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tacrefine import __version__
from tacrefine.errors import DataError
from tacrefine.report.evaluations import DETAILS
from tacrefine.report.files import Kind, Source, Sources, find
from tacrefine.report.kinds import CHAPTERS, KINDS, Chapters
from tacrefine.report.page import Section, page
from tacrefine.report.style import house_style
from tacrefine.report.words import NOTHING

TITLE = "Grasp refinement by touch: what was measured"
PAGE = "report.html"
LEAD = (
    "A robot hand grasps a known object a few millimetres and degrees off. From the images of its fingertips and its "
    "joint angles alone a policy says how the wrist has to move, so that the grasp feels like a target that was shown "
    "once; hand and arm open, move and close again, until it does.",
    "Every figure here comes from a simulated robot (a “plant”), whose true pose is known; plants that training never "
    "saw stand in for real ones. Position errors are in millimetres (mm), rotation errors in degrees (° or deg).",
)


def write_report(
    given: Sequence[Path],
    out: Path,
    gallery: bool,
    hand: str,
    objects: str,
    kinds: Sequence[Kind] = KINDS,
    chapters: Sequence[Chapters] = CHAPTERS,
) -> tuple[Path, Sources]:
    """Read the files, draw and write the page; returns where it is and what it was drawn from.

    `out` is a folder, or the page itself where it ends in .html; `hand` and `objects` are those of the gallery,
    `kinds` the files that are known and `chapters` what is drawn of them, in order.
    Raises DataError for files that cannot be drawn or a place that cannot be written, ConfigError for a wrong name.
    """
    sources = find(given, kinds)
    path = out if out.suffix == ".html" else out / PAGE
    with house_style():
        text = compose(sources, gallery, hand, objects, chapters)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror}).") from error
    return path, sources


def compose(
    sources: Sources, gallery: bool, hand: str, objects: str, chapters: Sequence[Chapters] = CHAPTERS
) -> str:
    """Return the page as HTML text."""
    sections: list[Section] = []
    if gallery:
        from tacrefine.report.gallery import chapter

        sections.append(chapter(hand, objects))
    for draw in chapters:
        sections += draw(sources)
    # Long tables of single settings come last.
    sections.sort(key=lambda section: section.name == DETAILS)
    sections.append(_origins(sources.files))
    if sources.missing() or sources.left_out:
        sections.append(_left_out(sources.missing(), sources.left_out))
    made = (
        f"Drawn by tacrefine {__version__} on {datetime.now(UTC):%Y-%m-%d} from {len(sources.files)} files."
    )
    return page(TITLE, [*LEAD, made], sections)


def _origins(files: Sequence[Source[Any]]) -> Section:
    section = Section("origins", "Where the figures come from")
    rows = []
    for source in files:
        content = source.content
        command = source.command
        rows.append(
            (
                source.path.name,
                f"`{command}`" if command else NOTHING,
                _plant(content),
                _model(content),
                _seed(content),
                content.made.machine or NOTHING,
                (content.made.date or NOTHING).replace("-", "\u2011"),
            )
        )
    header = ("file", "command", "plant", "model", "seed", "machine", "date")
    section.table(
        header,
        rows,
        "One row for each file. A dash: the file does not say; commands of such files are put together from their "
        "settings.",
        words=True,
    )
    return section


def _plant(content: Any) -> str:
    plant = getattr(content, "plant", None)
    return plant if isinstance(plant, str) else getattr(plant, "name", NOTHING)


def _model(content: Any) -> str:
    return getattr(content, "model_id", None) or getattr(content, "model", None) or NOTHING


def _seed(content: Any) -> str:
    return str(getattr(getattr(content, "settings", content), "seed", NOTHING))


def _left_out(missing: Sequence[Kind], files: Sequence[Path]) -> Section:
    section = Section("missing", "What is not in this report")
    if missing:
        section.table(
            ("missing", "the command that writes it"),
            [(kind.what, f"`{kind.command}`") for kind in missing],
            "Run a command, then the report again with its file.",
            words=True,
        )
    if files:
        names = ", ".join(path.name for path in files)
        section.text(f"Files in the folder that this report does not know how to draw: {names}.")
    return section
