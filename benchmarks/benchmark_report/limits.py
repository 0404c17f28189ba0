"""Chapter about the bound: how near one look comes to what touch can tell at all."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmark_report.contents import BoundOfClass, PoseBound
from tacrefine.report.files import Source
from tacrefine.report.page import Section
from tacrefine.report.style import COLOURS, GREY, INK, MARKERS, blank, log_axis
from tacrefine.report.words import NOTHING, number, percent, pose_error

BOUND, POLICY = "bound", "policy"
OTHERS = {
    "policy + synthesis": "With model-based refinement, mechanics known, one look is within {} to {} times the bound.",
    "loop": "The loop, which sees several grasps and frames, ends at {} to {} times the bound of one look.",
    "loop + synthesis": "With model-based refinement the loop ends at {} to {} times the bound of one look.",
}
"""further estimators and what is said of their smallest and largest ratio"""
GOAL = 1.5
"""times the bound: as near as one look of the policy should come in every class"""
SPACE = 0.6
"""room between two classes, in rows"""
HEADER = ("class", "estimator", "median", "95 % within", "x bound (position)", "x bound (rotation)")


def chapters(sources: Sequence[Source[PoseBound]]) -> list[Section]:
    """The chapter; none without a file."""
    if not sources:
        return []
    section = Section("bound", "How near to what touch can tell at all?")
    for source in sources:
        _one(section, source)
    return [section]


def _one(section: Section, source: Source[PoseBound]) -> None:
    content = source.content
    ratios = _ratios(content, POLICY)
    if ratios:
        section.finding(
            f"With one look the policy's median error is {number(min(ratios))} to {number(max(ratios))} times the "
            f"bound (goal: at most {GOAL} times in every class)."
        )
    for name, sentence in OTHERS.items():
        if found := _ratios(content, name):
            section.finding(sentence.format(number(min(found)), number(max(found))))
    section.text(
        "The Cramér-Rao bound is the smallest error that any estimator can have, given the noise of the taxels, the "
        "derivative of the simulated touch with respect to the pose, and the range that poses are drawn from. The two "
        "estimators without a network know the simulator, which no robot does; the policy does not, but it reads the "
        "joints as well. All but the loops see one frame of the current and one of the target grasp. The bound is "
        "worked out to first order, with the range as a bell curve, so where touch hardly tells an axis an estimator "
        "may come out a little below it."
    )
    weak = [
        f"{name} {percent(rows.weak_share)} %" for name, rows in content.classes.items() if rows.weak_share
    ]
    if weak:
        section.text(
            f"Share of poses in which touch tells some axis no better than half the range it is drawn from: "
            f"{', '.join(weak)}."
        )
    section.figure(
        draw(content),
        "Median one-look errors of each estimator beside the Cramér-Rao bound, for each class of objects",
        f"Markers: median errors; thin lines reach to the 95th percentile. Black bars: the bound; shaded: up to "
        f"{GOAL} times the bound. Logarithmic axes, further left is better. {content.pairs_per_object} pairs for each "
        f"object, noise {percent(content.noise)} % of full scale, seed {content.seed}"
        f"{f', model {content.model_id}' if content.model_id else ''}; file {source.path.name}.",
    )
    rows = [
        (name, estimator, pose_error(row.median_mm, row.median_deg), pose_error(row.p95_mm, row.p95_deg),
         *((NOTHING, NOTHING) if estimator == BOUND else (number(row.ratio_mm), number(row.ratio_deg))))
        for name, of_class in content.classes.items()
        for estimator, row in of_class.estimators.items()
    ]  # fmt: skip
    section.table(HEADER, rows, "Errors of the pose difference from one frame of each grasp.", left=2)


def _ratios(content: PoseBound, name: str) -> list[float]:
    """Median errors of one estimator over the bound's, position and rotation of every class."""
    rows = [of_class.estimators[name] for of_class in content.classes.values() if name in of_class.estimators]
    return [ratio for row in rows for ratio in (row.ratio_mm, row.ratio_deg)]


def draw(content: PoseBound) -> Figure:
    """Two panels, millimetres and degrees: a group of rows for each class, a row for each estimator."""
    names = list(dict.fromkeys(name for rows in content.classes.values() for name in rows.estimators))
    names = [name for name in names if name != BOUND]
    names.sort(key=lambda name: name != POLICY)
    height = len(content.classes) * (len(names) + SPACE)
    figure = blank(1.5 + 0.3 * height)
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, quantity, unit in ((left, "Position", "mm"), (right, "Rotation", "deg")):
        top = 0.0
        for rows in content.classes.values():
            _group(axes, rows, names, unit, top)
            top += len(names) + SPACE
        axes.set_title(f"{quantity} error")
        axes.set_xlabel(f"median error [{unit}]")
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        log_axis(axes, "x")
    step = len(names) + SPACE
    left.set_ylim(height - 0.5 - SPACE / 2, -0.5 - SPACE / 2)
    left.set_yticks(
        [i * step + (len(names) - 1) / 2 for i in range(len(content.classes))], list(content.classes)
    )
    left.tick_params(axis="y", labelsize=11.5)
    handles, texts = left.get_legend_handles_labels()
    once = dict(zip(texts, handles, strict=True))
    figure.legend(list(once.values()), list(once), loc="outside lower center", ncols=min(4, len(once)))
    return figure


def _group(axes: Axes, rows: BoundOfClass, names: Sequence[str], unit: str, top: float) -> None:
    bound = getattr(rows.estimators[BOUND], f"median_{unit}")
    low, high = top - 0.45, top + len(names) - 0.55
    axes.fill_betweenx([low, high], bound, GOAL * bound, color=INK, alpha=0.10, linewidth=0,
                       label=f"up to {GOAL} x the bound")  # fmt: skip
    axes.plot([bound, bound], [low, high], color=INK, linewidth=3.2, solid_capstyle="butt", label="bound")
    for index, name in enumerate(names):
        row = rows.estimators.get(name)
        if row is None:
            continue
        y = top + index
        median, high_value = getattr(row, f"median_{unit}"), getattr(row, f"p95_{unit}")
        colour, marker = COLOURS[index % len(COLOURS)], MARKERS[index % len(MARKERS)]
        axes.plot([median, high_value], [y, y], color=colour, linewidth=1.1)
        axes.plot(median, y, marker, color=colour, label=name, markersize=8 if name == POLICY else 6.5)
        axes.annotate(
            number(median), (median, y), xytext=(0, 6), textcoords="offset points",
            ha="center", fontsize=8, color=GREY,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.5},
        )  # fmt: skip
