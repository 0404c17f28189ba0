"""Pictures about regrasping."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from tacrefine.report.regrasp_contents import (
    AttemptRow,
    RegraspComparison,
    RegraspScore,
    RegraspTable,
)
from tacrefine.report.style import COLOURS, GREY, blank, lines

MODEL = "both"
AXES = (
    (0, 1e3, "across the pads, x [mm]"),
    (1, 1e3, "between the pads, y [mm]"),
    (2, 1e3, "up, z [mm]"),
    (3, 180 / np.pi, "turn [°]"),
    (4, 1.0, "force [N]"),
)
"""number in the action, scale, label"""


def draw_variants(content: RegraspComparison, names: Mapping[str, str]) -> Figure:
    """Bars with standard errors."""
    figure = blank(3.2, 7.2)
    axes = figure.subplots()
    for place, (name, row) in enumerate(content.variants.items()):
        colour = GREY if name == "chance" else COLOURS[0]
        error = 100 * row.standard_error
        axes.bar(place, 100 * row.accuracy, 0.65, color=colour, yerr=error, capsize=4)
        axes.text(place, 100 * row.accuracy + error + 1, f"{100 * row.accuracy:.1f}", ha="center")
    axes.set_xticks(range(len(content.variants)), [names.get(name, name) for name in content.variants])
    axes.set_ylim(40, 100)
    axes.set_ylabel("outcomes predicted [%]")
    axes.grid(axis="x", visible=False)
    return figure


def draw_reliability(content: RegraspScore) -> Figure:
    """Predicted against observed success, a line for each dataset."""
    figure = blank(3.4, 4.6)
    axes = figure.subplots()
    axes.plot([0, 100], [0, 100], color=GREY, linestyle=":")
    for look, (name, row) in zip(lines(len(content.datasets)), content.datasets.items(), strict=True):
        x = [100 * each.predicted for each in row.reliability]
        y = [100 * each.observed for each in row.reliability]
        axes.plot(x, y, label=name, **look)
        axes.scatter(x, y, [300 * each.share for each in row.reliability], color=look["color"])
    axes.set_xlabel("predicted success [%]")
    axes.set_ylabel("grasps that held [%]")
    axes.legend()
    return figure


def draw_objects(content: RegraspTable) -> Figure:
    """A panel for each set: bars of each policy by object, and the mean of all as the last group."""
    figure = blank(2.9 * len(content.sets))
    panels = np.atleast_1d(figure.subplots(len(content.sets), 1))
    for axes, (name, policies) in zip(panels, content.sets.items(), strict=True):
        width = 0.8 / len(policies)
        labels: list[str] = []
        for number, (policy, row) in enumerate(policies.items()):
            values = [100 * each.success for each in row.objects.values()] + [100 * row.success]
            labels = [label.partition("_")[2] for label in row.objects] + ["all"]
            places = np.arange(len(values)) + (number - (len(policies) - 1) / 2) * width
            places[-1] += 0.3
            axes.bar(places, values, width, color=COLOURS[number], label=policy)
        axes.set_xticks([*range(len(labels) - 1), len(labels) - 0.7], labels, rotation=30, ha="right")
        axes.set_title(f"{name} objects")
        axes.set_ylabel("success [%]")
        axes.set_ylim(0, 100)
        axes.grid(axis="x", visible=False)
    handles, texts = panels[0].get_legend_handles_labels()
    figure.legend(handles, texts, loc="outside upper right", ncols=len(texts))
    return figure


def draw_actions(content: RegraspTable, policy: str = MODEL) -> Figure:
    """Histograms of the last adjustment of each grasp that held."""
    figure = blank(2.5)
    rows = [row.actions[-1] for row in _held(content, policy)]
    actions = np.array(rows) if rows else np.zeros((0, len(AXES)))
    for axes, (index, scale, label) in zip(figure.subplots(1, len(AXES)), AXES, strict=True):
        values = scale * actions[:, index]
        axes.hist(values, bins=16, weights=np.full(len(values), 100 / max(len(values), 1)), color=COLOURS[0])
        axes.set_xlabel(label)
        if index < 4:
            axes.axvline(0.0, color=GREY, linestyle=":", linewidth=1)
    figure.axes[0].set_ylabel("share [%]")
    return figure


def draw_forces(by_objective: Mapping[str, RegraspTable]) -> Figure:
    """A panel for each policy that chooses its force: both objectives, dashed lines at the means."""
    first = next(iter(by_objective.values()))
    chosen = [name for name in next(iter(first.sets.values())) if name != "cylinder"]
    figure = blank(2.8)
    panels = np.atleast_1d(figure.subplots(1, len(chosen), sharey=True))
    for axes, policy in zip(panels, chosen, strict=True):
        for colour, (objective, content) in zip(COLOURS, sorted(by_objective.items()), strict=False):
            forces = [row.force for row in _held(content, policy)]
            if not forces:
                continue
            weights = np.full(len(forces), 100 / len(forces))
            axes.hist(
                forces,
                bins=np.linspace(3, 25, 23),
                weights=weights,
                color=colour,
                alpha=0.6,
                label=objective.replace("_", " "),
            )
            axes.axvline(float(np.mean(forces)), color=colour, linestyle="--")
        axes.set_title(policy)
        axes.set_xlabel("force [N]")
    panels[0].set_ylabel("share [%]")
    panels[0].legend()
    return figure


def _held(content: RegraspTable, policy: str) -> list[AttemptRow]:
    return [row for row in content.attempts if row.success and row.policy == policy and row.actions]
