"""The JSON files that the report knows, and the chapters that it draws of them.

A program that knows more kinds of files gives `tacrefine.report.build.write_report` kinds and chapters of its own.
"""

from __future__ import annotations

from collections.abc import Callable

from tacrefine.report import demo, evaluations, regrasping
from tacrefine.report.contents import Demo, Evaluation
from tacrefine.report.files import Kind, Sources
from tacrefine.report.page import Section
from tacrefine.report.regrasp_contents import RegraspComparison, RegraspScore, RegraspTable
from tacrefine.report.words import evaluate_command

Chapters = Callable[[Sources], list[Section]]
"""draws the chapters of some kinds of files; none where there is no such file"""

KINDS = (
    Kind(
        Evaluation,
        "success and errors of refinements",
        "tacrefine evaluate --json results/evaluate.json",
        frozenset({"settings", "model_id", "classes", "after_each_step"}),
        evaluate_command,
    ),
    Kind(
        Demo,
        "one refinement over ROS 2",
        "tacrefine demo --json results/demo.json",
        frozenset({"error_per_step_mm", "error_per_step_deg", "error_code"}),
    ),
    Kind(
        RegraspComparison,
        "what vision, touch and the action are worth to a regrasp",
        "tacrefine regrasp compare --json results/regrasp_comparison.json",
        frozenset({"regrasp_comparison", "variants"}),
    ),
    Kind(
        RegraspScore,
        "what a regrasp model makes of objects that it did not learn from",
        "tacrefine regrasp score --data out/regrasp/easy --data out/regrasp/hard --json results/regrasp_score.json",
        frozenset({"regrasp_score", "datasets"}),
    ),
    Kind(
        RegraspTable,
        "regrasps that end in the air",
        "tacrefine regrasp evaluate --json results/regrasp_max_success.json",
        frozenset({"regrasp_evaluation", "sets", "attempts"}),
    ),
)


def _evaluations(sources: Sources) -> list[Section]:
    return evaluations.chapters(sources.of(Evaluation))


def _regrasping(sources: Sources) -> list[Section]:
    return regrasping.chapters(
        sources.of(RegraspComparison), sources.of(RegraspScore), sources.of(RegraspTable)
    )


def _demo(sources: Sources) -> list[Section]:
    return demo.chapters(sources.of(Demo))


CHAPTERS: tuple[Chapters, ...] = (_evaluations, _regrasping, _demo)
