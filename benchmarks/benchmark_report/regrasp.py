"""Chapter about the regrasp benchmarks: what the model learned, and how long the choice takes."""

from __future__ import annotations

from collections.abc import Sequence

from benchmark_report.regrasp_contents import RegraspLearned, RegraspSearch
from benchmark_report.regrasp_pictures import draw_curves
from tacrefine.report.files import Source
from tacrefine.report.page import Section
from tacrefine.report.words import number


def chapters(
    learned: Sequence[Source[RegraspLearned]], searches: Sequence[Source[RegraspSearch]]
) -> list[Section]:
    """The chapter; none without any file."""
    if not (learned or searches):
        return []
    section = Section("regrasp_benchmarks", "What did the regrasp model learn, and how fast does it choose?")
    for file in learned:
        _learned(section, file)
    for search in searches:
        _search(section, search)
    return [section]


def _learned(section: Section, source: Source[RegraspLearned]) -> None:
    content = source.content
    section.heading("What was learned")
    for curves, axis, what in (
        (content.force_curves, "force [N]", "the force"),
        (content.height_curves, "height of the grasp centre [mm]", "the height"),
    ):
        if curves:
            section.figure(
                draw_curves(curves, axis, 1.0 if curves is content.force_curves else 1e3),
                f"Predicted and true success against {what}",
                f"One state each, everything but {what} kept. Dots: share of simulated repetitions that truly held.",
            )


def _search(section: Section, source: Source[RegraspSearch]) -> None:
    content = source.content
    section.heading("How long the choice takes")
    names = {
        "state once, actions in one batch": content.search,
        "and refined around the best": content.search_refined,
        "whole network for each action": content.naive,
    }
    rows = [(name, number(row.p50_ms), number(row.p99_ms)) for name, row in names.items()]
    section.table(
        ("search", "median [ms]", "p99 [ms]"),
        rows,
        f"{content.actions:,} actions on one core, {content.times_faster:g} times faster.",
    )
