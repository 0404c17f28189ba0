"""Chapter about one refinement over ROS 2: a file of `tacrefine demo`."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tacrefine.report.contents import Demo
from tacrefine.report.files import Source
from tacrefine.report.page import Section
from tacrefine.report.style import COLOURS, GREY, blank
from tacrefine.report.words import number, pose_error

TOLERANCE = 5.0
"""mm and deg within which a demo has succeeded"""


def chapters(sources: Sequence[Source[Demo]]) -> list[Section]:
    """The chapter; none without a file."""
    if not sources:
        return []
    section = Section("demo", "One refinement over ROS 2")
    section.text(
        "Simulated robot, policy and refine server run as processes of their own and talk over ROS 2; a client calls "
        "the action and knows the truth, the others do not."
    )
    for source in sources:
        _demo(section, source)
    return [section]


def _demo(section: Section, source: Source[Demo]) -> None:
    run = source.content
    section.heading(f"Object {run.object}")
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
