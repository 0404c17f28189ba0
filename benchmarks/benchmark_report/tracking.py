"""Chapter about one target and many disturbances in a row."""

from __future__ import annotations

from collections.abc import Sequence

from benchmark_report.studies import Tracking
from tacrefine.report.files import Source
from tacrefine.report.page import Section
from tacrefine.report.words import THRESHOLDS, percent, pose_error


def chapters(sources: Sequence[Source[Tracking]]) -> list[Section]:
    """The chapter; none without a file."""
    if not sources:
        return []
    section = Section("tracking", "Does it keep a target while the grasp is disturbed again and again?")
    for source in sources:
        _one(section, source)
    return [section]


def _one(section: Section, source: Source[Tracking]) -> None:
    content = source.content
    shares = ", ".join(
        f"{percent(found.all.success_5deg_5mm)} % on {plant}" for plant, found in content.plants.items()
    )
    section.finding(
        f"Within 5° and 5 mm after at most {content.steps} moves: {shares} (goal {percent(content.goal)} %)."
    )
    section.text(
        f"Targets: {content.targets}; {content.robots_per_object} robots for each object, {content.disturbances} "
        f"disturbances in a row. Seed {content.seed}, model {content.model_id}; file {source.path.name}.",
        small=True,
    )
    rows = []
    for plant, found in content.plants.items():
        for name, row in {"all": found.all, **found.classes}.items():
            cells = [percent(getattr(row, key)) for key in THRESHOLDS]
            rows.append((plant, name, str(row.trials), *cells, pose_error(row.median_mm, row.median_deg)))
    header = ("plant", "objects", "disturbances", *THRESHOLDS.values(), "median error")
    section.table(header, rows, "Percent of all disturbances that were recovered from.")
