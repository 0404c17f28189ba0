"""Chapters about evaluations: success, errors from move to move, and each evaluation by class of object."""

from __future__ import annotations

from collections.abc import Sequence

from tacrefine.report.contents import Evaluation, Figures
from tacrefine.report.curves import FEW_MOVES, errors_overview, first_move, of_classes, success_overview
from tacrefine.report.files import Source
from tacrefine.report.page import Section
from tacrefine.report.words import THRESHOLDS, in_common, labels, number, percent, pose_error, range_of

DETAILS = "settings"
"""name of the chapter with every evaluation by itself"""
HEADER = (
    "trials",
    *(text.replace(" / ", "\n").replace(" ", "\u00a0") + "\n[%]" for text in THRESHOLDS.values()),
    "mean\nstart",
    "median\nend",
    "95 % end\nwithin",
    "moves to\n5°, 5\u00a0mm",
)


def chapters(sources: Sequence[Source[Evaluation]]) -> list[Section]:
    """All chapters; none without an evaluation."""
    if not sources:
        return []
    names = labels(sources)
    evaluations = [source.content for source in sources]
    return [
        _success(names, evaluations, in_common(sources)),
        _errors(names, evaluations),
        _each(names, sources),
    ]


def _success(names: Sequence[str], evaluations: Sequence[Evaluation], common: str) -> Section:
    section = Section("success", "How often does refinement succeed?")
    order = sorted(range(len(names)), key=lambda index: evaluations[index].all.success_5deg_5mm)
    worst, best = order[0], order[-1]
    ends = [percent(evaluations[index].all.success_5deg_5mm) for index in (worst, best)]
    if ends[0] == ends[1]:
        share = f"{ends[0]} %"
    else:
        share = f"Between {ends[0]} % ({names[worst]}) and {ends[1]} % ({names[best]})"
    section.finding(f"{share} of the trials end within 5° and 5 mm of the target.")
    section.text(
        "A trial counts only if both the rotation and the position of the whole grasp are within the threshold when "
        "the refinement ends, the axes that touch cannot tell included. The truth is the simulator's; "
        "the policy never sees it."
    )
    section.figure(
        success_overview(names, evaluations),
        "Success rate against threshold, one curve for each evaluated setting",
        "Higher is better. One curve for each setting; the vertical axis may start above zero.",
    )
    section.table(
        ("setting", *HEADER),
        [(name, *_row(evaluation.all)) for name, evaluation in zip(names, evaluations, strict=True)],
        "All objects of each setting: success within a threshold in %, position and rotation errors.",
    )
    section.text(f"Where a name says nothing else: {common}.", small=True)
    return section


def _errors(names: Sequence[str], evaluations: Sequence[Evaluation]) -> Section:
    section = Section("errors", "How fast does the error shrink?")
    told = first_move(evaluations[0])
    if told is not None:
        section.finding(f"The first move brings the median error {told} ({names[0]}).")
    section.text(
        "A move is one round: the hand opens, the wrist goes where touch says, the hand closes again. "
        "At 0 moves stands the disturbed grasp."
    )
    longer = any(len(evaluation.after_each_step) > FEW_MOVES + 1 for evaluation in evaluations)
    cut = f" Only the first {FEW_MOVES} moves; all of them stand below, setting by setting." if longer else ""
    section.figure(
        errors_overview(names, evaluations),
        "Median position and rotation error against the number of moves, one curve for each setting",
        f"Lower is better; both vertical axes are logarithmic. Dotted grey lines: 1 and 5 mm or degrees.{cut}",
    )
    return section


def _each(names: Sequence[str], sources: Sequence[Source[Evaluation]]) -> Section:
    section = Section(DETAILS, "Setting by setting")
    for name, source in zip(names, sources, strict=True):
        content = source.content
        section.heading(name)
        section.text(
            f"Plant {content.plant.name} ({content.plant.tactile_model} touch), {content.settings.targets} targets, "
            f"at most {content.settings.steps} moves, {content.settings.trials} trials for each object, "
            f"{content.settings.frames} frames a grasp, {range_of(content.settings)}, "
            f"seed {content.settings.seed}, model {content.model_id}; file {source.path.name}.",
            small=True,
        )
        errors = "medians of all objects together, the file has no classes here"
        if content.classes_after_each_step:
            errors = "medians, thin dotted curves: 95 % of the trials are below"
        section.figure(
            of_classes(content),
            f"Success and errors of {name} for each class of objects",
            f"Success by class of object. Errors, on logarithmic axes: {errors}.",
        )
        rows = [(f"class {key}", *_row(figures)) for key, figures in content.classes.items()]
        rows += [(key, *_row(figures)) for key, figures in content.objects.items()]
        rows.append(("all", *_row(content.all)))
        section.table(("", *HEADER), rows, f"{name}: classes, objects, all.", total=True)
    return section


def _row(figures: Figures) -> tuple[str, ...]:
    return (
        f"{figures.trials:,}",
        *(percent(getattr(figures, key)) for key in THRESHOLDS),
        pose_error(figures.start_mm, figures.start_deg),
        pose_error(figures.median_mm, figures.median_deg),
        pose_error(figures.p95_mm, figures.p95_deg),
        number(figures.mean_steps_to_5deg_5mm),
    )
