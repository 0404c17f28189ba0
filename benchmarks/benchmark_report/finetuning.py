"""Chapter about fine-tuning: what recorded grasps of one robot are worth, and how they are used best."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from benchmark_report.contents import Finetuning, TunedRow
from tacrefine.report.files import Source
from tacrefine.report.page import Section
from tacrefine.report.style import blank, lines
from tacrefine.report.words import NOTHING, percent, pose_error

SHIPPED = "A"
PANELS = {
    "success_5deg_5mm": "within 5° and 5 mm",
    "success_2deg_2mm": "within 2° and 2 mm",
    "success_1deg_1mm": "within 1° and 1 mm",
}
HEADER = ("method", "samples", "robots", "5° / 5 mm", "2° / 2 mm", "1° / 1 mm", "median error")


def chapters(sources: Sequence[Source[Finetuning]]) -> list[Section]:
    """The chapter; none without a file."""
    if not sources:
        return []
    section = Section("finetuning", "What are recorded grasps of one robot worth?")
    section.text(
        "Each robot is one draw of the plant. It records grasps of objects that stand still; the wrist's own poses "
        "label them. The model is adapted to that robot and then refines grasps on it, at poses that were not recorded."
    )
    for source in sources:
        _one(section, source)
    return [section]


def _one(section: Section, source: Source[Finetuning]) -> None:
    content = source.content
    letters = ", ".join(f"{letter}: {what}" for letter, what in content.methods.items())
    section.figure(
        draw(content),
        "Success of each method against the number of recorded samples",
        f"{letters}. Bars: one standard error over robots. Recorded {content.comparison.recorded} on plant "
        f"{content.comparison.plant}, seed {content.comparison.seed}; file {source.path.name}.",
    )
    rows = [
        (
            row.method,
            str(row.samples) if row.samples else NOTHING,
            str(row.robots),
            *(_with_error(row, name) for name in PANELS),
            pose_error(row.median_mm, row.median_deg),
        )
        for row in content.rows
    ]
    section.table(HEADER, rows, "Percent of all trials, standard error over robots in brackets.")


def _with_error(row: TunedRow, name: str) -> str:
    error = getattr(row, f"{name}_se")
    return percent(getattr(row, name)) + (f" ({percent(error)})" if error is not None else "")


def draw(content: Finetuning) -> Figure:
    """A panel for each threshold: success against samples, the shipped model as a level line."""
    figure = blank(3.6)
    panels = figure.subplots(1, len(PANELS))
    tuned = sorted({row.method for row in content.rows} - {SHIPPED})
    for axes, (name, title) in zip(panels, PANELS.items(), strict=True):
        looks = lines(len(tuned) + 1)
        for row in content.rows:
            if row.method == SHIPPED:
                axes.axhline(100 * getattr(row, name), color="black", linestyle=":", label=SHIPPED)
        for method, look in zip(tuned, looks, strict=False):
            some = sorted((row for row in content.rows if row.method == method), key=lambda row: row.samples)
            axes.errorbar(
                [row.samples for row in some],
                [100 * getattr(row, name) for row in some],
                [100 * (getattr(row, f"{name}_se") or 0.0) for row in some],
                label=method,
                capsize=3,
                **look,
            )
        sizes = sorted({row.samples for row in content.rows if row.samples})
        if sizes:
            axes.set_xscale("log")
            axes.set_xticks(sizes, [str(size) for size in sizes])
            axes.minorticks_off()
        axes.set_title(title)
        axes.set_xlabel("recorded grasps")
    panels[0].set_ylabel("success [%]")
    handles, texts = panels[0].get_legend_handles_labels()
    figure.legend(handles, texts, loc="outside lower center", ncols=len(texts))
    return figure
