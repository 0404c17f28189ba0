"""`tacrefine report`: one HTML page from the JSON files of evaluations and the demo."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def report(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="JSON files, or folders of them; default: results/.", show_default=False),
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Folder of report.html, or the page itself if it ends in .html.")
    ] = Path("out/report"),
    gallery: Annotated[
        bool, typer.Option(help="Simulate one grasp of each class and show its touch.")
    ] = True,
    hand: Annotated[str, typer.Option(help="Hand of the gallery: a name or a YAML file.")] = "five_finger",
    objects: Annotated[
        str, typer.Option(help="Object set of the gallery: a name or a YAML file.")
    ] = "fifteen",
) -> None:
    """Draw what --json files of evaluate, regrasp and demo say, as one self-contained HTML page.

    A kind of file that is missing leaves its chapter out; the page says which command would write it.
    """
    from tacrefine.report.build import write_report

    path, sources = write_report(files or [], out, gallery, hand, objects)
    for left in sources.left_out:
        print(f"{left}: left out, no file that a report can draw", file=sys.stderr)
    for kind in sources.missing():
        print(f"not in the report: {kind.what}; write it with: {kind.command}")
    print(f"{path}: drawn from {len(sources.files)} file{'' if len(sources.files) == 1 else 's'}")
