"""Chapters about runs over ROS 2: many goals in a row, and the demo."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from tacrefine.report.benchmarks import Demo, Goals
from tacrefine.report.files import Source
from tacrefine.report.page import Section
from tacrefine.report.studies import Latency
from tacrefine.report.style import COLOURS, GREY, INK, blank, log_axis
from tacrefine.report.words import THRESHOLDS, number, percent, pose_error

SMALLEST = 0.01
"""mm or deg; what a logarithmic axis shows of a smaller error"""
SQUARES = (1.0, 2.0, 5.0, 10.0)
TOLERANCE = 5.0
"""mm and deg within which a demo has succeeded"""


def chapters(
    goals: Sequence[Source[Goals]], demos: Sequence[Source[Demo]], latencies: Sequence[Source[Latency]]
) -> list[Section]:
    """The chapter; none without a file."""
    if not goals and not demos and not latencies:
        return []
    section = Section("ros", "Does it hold over ROS 2?")
    section.text(
        "Simulated robot, policy and refine server run as processes of their own and talk over ROS 2; a client calls "
        "the action and knows the truth, the others do not."
    )
    for source in goals:
        _goals(section, source)
    for demo in demos:
        _demo(section, demo)
    for latency in latencies:
        _latency(section, latency)
    return [section]


def _goals(section: Section, source: Source[Goals]) -> None:
    content = source.content
    section.heading(f"{content.goals} goals in a row")
    section.finding(
        f"{content.ended} of {content.goals} goals came to an end; {percent(content.success_5deg_5mm)} % of all "
        f"goals ended within 5° and 5 mm."
    )
    section.figure(
        draw_goals(content),
        "Rotation error against position error of every goal, before and after refinement",
        f"One line for each goal; the nearer to the lower left it ends, the better. Both axes are logarithmic. Plant "
        f"{content.plant}, seed {content.seed}, model "
        f"{content.model}; file {source.path.name}.",
    )
    shares = {text: getattr(content, key) for key, text in THRESHOLDS.items()}
    rows = [
        (f"success within {text} [%]", percent(value)) for text, value in shares.items() if value is not None
    ]
    rows.append(("moves, mean", number(content.mean_steps)))
    rows += [(f"goals that ended with code {code}", str(count)) for code, count in content.codes.items()]
    section.table(("", "value"), rows, "Goals in a row.")
    for failure in content.failures:
        section.text(f"Did not end: {failure}", small=True)


def _demo(section: Section, source: Source[Demo]) -> None:
    run = source.content
    section.heading(f"One refinement: {run.object}")
    section.finding(
        f"From {pose_error(run.start_mm, run.start_deg)} off to {pose_error(run.final_mm, run.final_deg)} in "
        f"{run.steps} move{'' if run.steps == 1 else 's'}: {run.message}."
    )
    section.figure(
        draw_demo(run),
        "True position and rotation error after every move of the demo",
        f"The true error after each move. Plant {run.plant}, model {run.model}; file {source.path.name}.",
    )
    if run.latency_p50_ms is not None and run.latency_p99_ms is not None:
        section.text(
            f"From the stamp of a tactile message to its published correction: median {number(run.latency_p50_ms)} ms, "
            f"99 % within {number(run.latency_p99_ms)} ms."
        )


def _latency(section: Section, source: Source[Latency]) -> None:
    content = source.content
    section.heading("From touch to correction")
    section.finding(
        f"A correction is published {number(content.latency_p50_ms)} ms after the reading that it comes from "
        f"(median; 99 % within {number(content.latency_p99_ms)} ms)."
    )
    rows = [
        ("stamp to published correction", content.latency_p50_ms, content.latency_p99_ms),
        ("stamp to received correction", content.received_p50_ms, content.received_p99_ms),
        ("the network alone, no nodes", content.inference_p50_ms, content.inference_p99_ms),
        ("goal, published", content.goal_median_ms, content.goal_p99_ms),
    ]
    section.table(
        ("", "median [ms]", "99 % within [ms]"),
        [(name, number(p50), number(p99)) for name, p50, p99 in rows],
        f"Simulator and policy node over DDS for {content.seconds:g} s, {content.latency_samples} messages, "
        f"load average {number(content.load_average)}, model {content.model}; file {source.path.name}.",
    )


def draw_goals(content: Goals) -> Figure:
    """Every goal as an arrow from start to end in the plane of position and rotation error."""
    figure = blank(5.2, 7.4)
    axes = figure.subplots()
    for run in content.runs:
        start = max(SMALLEST, run.start_mm), max(SMALLEST, run.start_deg)
        end = max(SMALLEST, run.final_mm), max(SMALLEST, run.final_deg)
        axes.plot(*zip(start, end, strict=True), color="#bdbdbd", linewidth=0.8, zorder=1)
        axes.plot(*start, "o", color="white", markeredgecolor=GREY, markersize=6, zorder=2)
        look = ("o", COLOURS[0]) if run.success else ("X", COLOURS[1])
        axes.plot(*end, look[0], color=look[1], markersize=7.5, zorder=3)
    log_axis(axes, "x")
    log_axis(axes, "y")
    axes.set_xlim(left=axes.get_xlim()[0], right=max(12.0, axes.get_xlim()[1]))
    axes.set_ylim(bottom=axes.get_ylim()[0], top=max(12.0, axes.get_ylim()[1]))
    low = axes.get_xlim()[0], axes.get_ylim()[0]
    for size in SQUARES:
        if size > max(low):
            axes.add_patch(Rectangle(low, size - low[0], size - low[1], fill=False, edgecolor=INK, linewidth=0.8,
                                     linestyle=(0, (3, 3)), zorder=1))  # fmt: skip
            axes.annotate(f"{size:g}° / {size:g} mm", (low[0], size), xytext=(4, -3), textcoords="offset points",
                          va="top", fontsize=8.5, color=INK)  # fmt: skip
    for marker, face, edge, text in (
        ("o", "white", GREY, "before"),
        ("o", COLOURS[0], COLOURS[0], "after, within 5° and 5 mm"),
        ("X", COLOURS[1], COLOURS[1], "after, not within"),
    ):
        axes.plot([], [], marker, color=face, markeredgecolor=edge, label=text)
    figure.legend(loc="outside lower center", ncols=3)
    axes.set_xlabel("position error [mm]")
    axes.set_ylabel("rotation error [deg]")
    return figure


def draw_demo(run: Demo) -> Figure:
    """Both parts of the true error after every move."""
    figure = blank(2.7)
    left, right = figure.subplots(1, 2)
    for axes, title, unit, values in (
        (left, "Position error", "mm", run.error_per_step_mm),
        (right, "Rotation error", "deg", run.error_per_step_deg),
    ):
        axes.plot(range(len(values)), values, "o-", color=COLOURS[0])
        for step, value in enumerate(values):
            axes.annotate(
                number(value), (step, value), xytext=(7, 5), textcoords="offset points", fontsize=9.5
            )
        axes.axhline(TOLERANCE, color=GREY, linewidth=0.9, linestyle=(0, (1, 2)))
        axes.annotate(
            f"{TOLERANCE:g} {unit}", (1.0, TOLERANCE), xycoords=("axes fraction", "data"), xytext=(0, 2),
            textcoords="offset points", ha="right", fontsize=8.5, color=GREY,
        )  # fmt: skip
        axes.set_ylim(0.0, 1.25 * max(TOLERANCE, *values))
        axes.set_xlim(-0.3, max(1, len(values) - 1) + 0.4)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.set_title(title)
        axes.set_ylabel(f"true error [{unit}]")
        axes.set_xlabel("moves of the wrist made")
    return figure
