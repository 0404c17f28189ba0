"""Chapter about runs over ROS 2: many goals in a row, and latency."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from benchmark_report.contents import Goals
from benchmark_report.studies import Latency
from tacrefine.report.files import Source
from tacrefine.report.page import Section
from tacrefine.report.style import COLOURS, GREY, INK, blank, log_axis
from tacrefine.report.words import THRESHOLDS, number, percent

SMALLEST = 0.01
"""mm or deg; what a logarithmic axis shows of a smaller error"""
SQUARES = (1.0, 2.0, 5.0, 10.0)


def chapters(goals: Sequence[Source[Goals]], latencies: Sequence[Source[Latency]]) -> list[Section]:
    """The chapter; none without a file."""
    if not goals and not latencies:
        return []
    section = Section("ros", "Does it hold over ROS 2?")
    section.text(
        "Simulated robot, policy and refine server run as processes of their own and talk over ROS 2; a client calls "
        "the action and knows the truth, the others do not."
    )
    for source in goals:
        _goals(section, source)
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
