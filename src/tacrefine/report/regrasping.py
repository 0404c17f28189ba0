"""Chapter about regrasping: what each sense is worth, and which grasps hold."""

from __future__ import annotations

from collections.abc import Sequence

from tacrefine.report.files import Source
from tacrefine.report.page import Section
from tacrefine.report.regrasp_contents import (
    RegraspComparison,
    RegraspScore,
    RegraspTable,
)
from tacrefine.report.regrasp_pictures import (
    draw_actions,
    draw_forces,
    draw_objects,
    draw_reliability,
    draw_variants,
)
from tacrefine.report.words import NOTHING, number, percent

VARIANTS = {
    "chance": "chance",
    "vision_action": "vision + action",
    "tactile_action": "touch + action",
    "both_action": "both + action",
    "both_no_action": "both, no action",
}
MIN_FORCE = "min_force"


def chapters(
    comparisons: Sequence[Source[RegraspComparison]],
    scores: Sequence[Source[RegraspScore]],
    tables: Sequence[Source[RegraspTable]],
) -> list[Section]:
    """The chapter; none without any file."""
    if not (comparisons or scores or tables):
        return []
    section = Section("regrasping", "Does a grasp hold, and which adjustment makes it hold?")
    section.text(
        "A parallel gripper with two optical tactile pads and a camera predicts whether a grasp will hold after an "
        "adjustment, asks about 5,000 adjustments, makes the best one, and lifts when success is likely enough."
    )
    for comparison in comparisons:
        _comparison(section, comparison)
    for score in scores:
        _score(section, score)
    for table in sorted(tables, key=lambda source: source.content.regrasp_evaluation.objective):
        _table(section, table)
    _forces(section, tables)
    return [section]


def _comparison(section: Section, source: Source[RegraspComparison]) -> None:
    content = source.content
    section.heading("What each sense is worth")
    section.figure(
        draw_variants(content, VARIANTS),
        "Accuracy of each variant of the network as bars",
        f"Outcome of a grasp predicted on objects that were not learned from: {content.regrasp_comparison} folds over "
        f"{content.objects} objects, {content.trials:,} trials, {content.examples:,} examples. Bars: standard errors.",
    )
    rows = [
        (
            VARIANTS.get(name, name),
            percent(row.accuracy),
            percent(row.standard_error),
            " ".join(percent(value) for value in row.folds),
            number(row.calibration_error, 3),
        )
        for name, row in content.variants.items()
    ]
    header = ("variant", "right [%]", "standard error", "folds", "calibration error")
    section.table(header, rows, "Percent of examples whose outcome was predicted.")


def _score(section: Section, source: Source[RegraspScore]) -> None:
    content = source.content
    section.heading("Do the probabilities mean what they say?")
    section.figure(
        draw_reliability(content),
        "Observed against predicted success for each dataset",
        f"Model {content.regrasp_score} on objects that it did not learn from; on the dotted line a probability is "
        "exactly how often the grasp held. The larger a dot, the more examples are in it.",
    )
    rows = [
        (
            name,
            str(row.objects),
            str(row.examples),
            percent(row.chance),
            percent(row.accuracy),
            number(row.calibration_error, 3),
        )
        for name, row in content.datasets.items()
    ]
    header = ("data", "objects", "examples", "chance [%]", "right [%]", "calibration error")
    section.table(header, rows, "The calibration error is the mean distance from the line over all examples.")


def _table(section: Section, source: Source[RegraspTable]) -> None:
    content = source.content
    asked = content.regrasp_evaluation
    section.heading(f"What ends in the air ({asked.objective.replace('_', ' ')})")
    section.figure(
        draw_objects(content),
        "Success of each policy on each object as bars",
        f"Grasps that held for four seconds, by object; file {source.path.name}.",
    )
    rows = [
        (
            name,
            policy,
            str(row.grasps),
            f"{percent(row.success)} ({percent(row.standard_error)})",
            number(row.mean_tries),
            number(row.mean_force) if row.mean_force is not None else NOTHING,
        )
        for name, policies in content.sets.items()
        for policy, row in policies.items()
    ]
    header = ("objects", "policy", "grasps", "success [%]", "mean tries", "mean force [N]")
    section.table(header, rows, "Standard error in brackets; force of the grasps that held.", left=2)
    section.figure(
        draw_actions(content),
        "Histograms of the actions that were made",
        "Adjustments of the grasps that held, in the gripper's own axes, by the policy with both senses.",
    )


def _forces(section: Section, tables: Sequence[Source[RegraspTable]]) -> None:
    by_objective = {source.content.regrasp_evaluation.objective: source.content for source in tables}
    if len(by_objective) < 2:
        return
    section.heading("Gentle grasps")
    section.figure(
        draw_forces(by_objective),
        "Histograms of grasp forces under both objectives",
        "Force of the grasps that held, most likely success against least force; dashed: means.",
    )
