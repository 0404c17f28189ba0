"""Chapter about what each part of the policy is worth."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from benchmark_report.studies import Ablations
from tacrefine.report.files import Source
from tacrefine.report.page import Section
from tacrefine.report.style import COLOURS, blank
from tacrefine.report.words import percent, pose_error

SHOWN = {"success_5deg_5mm": "5° / 5 mm", "success_2deg_2mm": "2° / 2 mm", "success_1deg_1mm": "1° / 1 mm"}
WHOLE = "full"


def chapters(sources: Sequence[Source[Ablations]]) -> list[Section]:
    """The chapter; none without a file."""
    if not sources:
        return []
    section = Section("ablations", "What is each part of the policy worth?")
    section.text(
        "Variants with one thing changed, trained alike for a short time and refined alike. Figures compare "
        "variants with each other, not with the shipped weights, which were trained far longer."
    )
    for source in sources:
        _one(section, source)
    return [section]


def _one(section: Section, source: Source[Ablations]) -> None:
    content = source.content
    section.figure(
        draw(content),
        "Success of every variant on every plant, as bars",
        f"{content.steps:,} steps of training each, {content.trials_per_object} trials for each object, "
        f"seed {content.seed}; file {source.path.name}.",
    )
    plants = list(next(iter(content.variants.values())).plants)
    header = (
        "variant",
        "what is changed",
        *(f"{plant}\n{text}" for plant in plants for text in SHOWN.values()),
    )
    rows = []
    for name, variant in content.variants.items():
        rows_of = [variant.plants[plant].all for plant in plants if plant in variant.plants]
        cells = [percent(getattr(row, key)) for row in rows_of for key in SHOWN]
        ends = [pose_error(row.median_mm, row.median_deg) for row in rows_of]
        rows.append((name, variant.what, *cells, *ends))
    section.table((*header, *(f"{plant}\nmedian" for plant in plants)), rows, "Percent of all trials.")


def draw(content: Ablations) -> Figure:
    """A panel for each plant, a group of bars for each variant."""
    names = list(content.variants)
    plants = list(content.variants[names[0]].plants)
    figure = blank(1.1 + 0.52 * len(names))
    panels = figure.subplots(1, len(plants), sharey=True, squeeze=False)[0]
    height = 0.8 / len(SHOWN)
    for axes, plant in zip(panels, plants, strict=True):
        for number, (key, text) in enumerate(SHOWN.items()):
            values = [100 * (getattr(content.variants[name].plants[plant].all, key) or 0.0) for name in names]
            places = [row + (number - 1) * height for row in range(len(names))]
            axes.barh(places, values, height=height, color=COLOURS[number], label=text)
        if WHOLE in names:
            whole = content.variants[WHOLE].plants[plant].all
            for number, key in enumerate(SHOWN):
                axes.axvline(
                    100 * (getattr(whole, key) or 0.0), color=COLOURS[number], linewidth=0.9, linestyle=":"
                )
        axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
        axes.set_xlim(0, 100)
        axes.set_title(f"plant {plant}")
        axes.set_xlabel("success [%]")
        axes.grid(False, axis="y")
    panels[0].invert_yaxis()
    handles, texts = panels[0].get_legend_handles_labels()
    figure.legend(handles, texts, loc="outside lower center", ncols=len(texts))
    return figure
