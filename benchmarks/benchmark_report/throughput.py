"""Chapter about the simulators of touch: grasps a second, and how well they agree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from benchmark_report.contents import RATE, TactileModels
from tacrefine.report.files import Source
from tacrefine.report.page import Section
from tacrefine.report.style import COLOURS, GREY, INK, blank, log_axis
from tacrefine.report.words import number

ELASTIC, ONE_CORE = "elastic", f"{RATE}_one_core"
HEADER = (
    "object", "quasistatic [grasps/s]", "elastic [grasps/s]", "mean correlation", "5th percentile", "smallest",
    "force ratio", "joints, median [deg]", "joints, 95 % within [deg]",
)  # fmt: skip


def chapters(sources: Sequence[Source[TactileModels]]) -> list[Section]:
    """The chapter; none without a file."""
    if not sources:
        return []
    section = Section("throughput", "How fast can touch be simulated?")
    section.text(
        "Two models of the same fingertips: the elastic one steps MuJoCo through time and is the reference; the "
        "quasistatic one solves the same mechanics at rest and makes training data at scale. Both close the hand at "
        "the same poses; the correlation compares their two images of each grasp."
    )
    for source in sources:
        _one(section, source)
    return [section]


def _one(section: Section, source: Source[TactileModels]) -> None:
    content = source.content
    fast, slow = content.rates.get(ONE_CORE), content.rates.get(f"{ELASTIC}_{ONE_CORE}")
    if fast and slow:
        section.finding(
            f"On one core the quasistatic model simulates {number(fast)} grasps a second, {number(fast / slow)} times "
            "as many as the elastic one."
        )
    section.figure(
        draw(content),
        "Grasps a second of the tactile models, logarithmic axis",
        f"Logarithmic axis, longer is better. Grey dots: single objects. Plant {content.plant}, seed {content.seed}; "
        f"file {source.path.name}.",
    )
    rows = []
    for name, agreement in content.objects.items():
        correlation = np.array(agreement.correlation)
        speed = content.grasps_per_second.get(name)
        rows.append(
            (
                name,
                number(speed),
                number(1.0 / agreement.elastic_seconds_per_grasp),
                *(number(value, 4) for value in (correlation.mean(), np.percentile(correlation, 5))),
                number(correlation.min(), 4),
                number(agreement.force_ratio, 3),
                number(agreement.joint_error_median_deg, 4),
                number(agreement.joint_error_p95_deg, 3),
            )
        )
    section.table(
        HEADER,
        rows,
        f"{content.grasps_per_object} identical grasps of each object in both models; force ratio: quasistatic over "
        "elastic.",
    )


def draw(content: TactileModels) -> Figure:
    """One bar for each rate of the file, with its single objects where the file has them."""
    rates = sorted(content.rates.items(), key=lambda item: item[1])
    single = {
        ONE_CORE: list(content.grasps_per_second.values()),
        f"{ELASTIC}_{ONE_CORE}": [1.0 / a.elastic_seconds_per_grasp for a in content.objects.values()],
    }
    figure = blank(0.9 + 0.6 * len(rates))
    axes = figure.subplots()
    for row, (name, rate) in enumerate(rates):
        axes.barh(row, rate, height=0.62, color=COLOURS[1] if ELASTIC in name else COLOURS[0])
        dots = single.get(name, [])
        offsets = np.linspace(-0.2, 0.2, len(dots)) if len(dots) > 1 else np.zeros(len(dots))
        axes.plot(dots, row + offsets, "o", color="white", markeredgecolor=INK, markersize=3.8, alpha=0.8)
        axes.annotate(
            f"{number(rate)} /s", (max([rate, *dots]), row), xytext=(7, 0), textcoords="offset points",
            va="center", fontweight="bold",
        )  # fmt: skip
    values = [value for name, rate in rates for value in (rate, *single.get(name, []))]
    axes.set_xlim(10.0 ** np.floor(np.log10(0.5 * min(values))), 6.0 * max(values))
    log_axis(axes, "x")
    axes.set_yticks(range(len(rates)), [_readable(name) for name, _ in rates])
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("simulated grasps a second", color=GREY)
    return figure


def _readable(name: str) -> str:
    """`elastic_grasps_per_second_one_core` as "elastic, one core"."""
    before, _, after = name.partition(RATE)
    model = before.strip("_").replace("_", " ") or "quasistatic"
    if ELASTIC not in model and "quasistatic" not in model:
        model = f"quasistatic, {model}"
    conditions = after.strip("_").replace("_", " ")
    return f"{model}, {conditions}" if conditions else model
