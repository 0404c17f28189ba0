"""`tacrefine regrasp evaluate`: how often objects that were never learned from end up in the air."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tacrefine.cli.options import Processes, RayAddress
from tacrefine.cli.progress import progress_bar
from tacrefine.provenance import write_figures
from tacrefine.regrasp.defaults import LIFT_ABOVE, LOST_BELOW, PROBE_FORCE, TRIAL_LIFT, TRIES, Objective


def evaluate(
    policies: Annotated[
        list[str] | None,
        typer.Option(
            "--policy",
            help="NAME=MODEL (a model's name or folder), or a baseline: 'cylinder' (random turn), "
            "'cylinder_long_axis'; may be repeated.",
            show_default="both, vision only and both baselines",
        ),
    ] = None,
    objects: Annotated[
        list[str] | None,
        typer.Option(help="Object set, a name or a YAML file; may be repeated.", show_default="easy, hard"),
    ] = None,
    grasps: Annotated[int, typer.Option(min=1, help="Grasps of each object by each policy.")] = 20,
    objective: Annotated[
        Objective, typer.Option(help="Most likely success, or least force among likely ones.")
    ] = Objective.max_success,
    threshold: Annotated[
        float, typer.Option(min=0.01, max=0.99, help="Probability above which a grasp is lifted.")
    ] = LIFT_ABOVE,
    tries: Annotated[int, typer.Option(min=1, max=50, help="Grasps that may be chosen.")] = TRIES,
    lift_last: Annotated[
        bool,
        typer.Option(
            help="Lift the last try, first as a trial, even if it promises less than the threshold."
        ),
    ] = True,
    look_again: Annotated[
        bool, typer.Option(help="Judge a closed grasp once more by what is felt, before it is lifted.")
    ] = True,
    lost_below: Annotated[
        float,
        typer.Option(
            min=0.0, max=0.99, help="Look for the object from above where no action promises more; 0: never."
        ),
    ] = LOST_BELOW,
    from_above: Annotated[
        bool, typer.Option(help="Begin with a look from above and come down on the middle of what is seen.")
    ] = True,
    probe_force: Annotated[
        float,
        typer.Option(min=0.0, max=25.0, help="N of a first gentle grasp, to feel before choosing; 0: none."),
    ] = PROBE_FORCE,
    trial_lift: Annotated[
        float,
        typer.Option(min=0.0, max=0.1, help="m that a grasp is lifted first, to see if it holds; 0: none."),
    ] = TRIAL_LIFT,
    refinement_rounds: Annotated[
        int, typer.Option(min=0, max=20, help="Rounds of search around the best random actions.")
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of places, gels and noise.")] = 0,
    processes: Processes = None,
    ray: RayAddress = None,
    journal: Annotated[
        Path | None,
        typer.Option(
            help="File of finished objects; a stopped evaluation goes on from it. "
            "Default: one in out/evaluations/ that follows from the settings, until it is done.",
        ),
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            help="Draw success by object into this PNG, and the actions beside it into NAME_actions.png."
        ),
    ] = None,
) -> None:
    """Grasp unseen objects again and again by each policy, and count what stays in the air for four seconds."""
    from tacrefine.evaluation.regrasp.evaluation import RegraspEvaluation, parse_policies
    from tacrefine.evaluation.regrasp.evaluation import evaluate as run
    from tacrefine.policy.regrasp.predictor import DEFAULT_REGRASP_MODEL, VISION_MODEL

    chosen = policies or [
        f"both={DEFAULT_REGRASP_MODEL}",
        f"vision={VISION_MODEL}",
        "cylinder",
        "cylinder_long_axis",
    ]
    settings = RegraspEvaluation(
        policies=parse_policies(chosen),
        objects=tuple(objects or ("easy", "hard")),
        grasps=grasps,
        seed=seed,
        objective=objective,
        threshold=threshold,
        tries=tries,
        lift_last=lift_last,
        look_again=look_again,
        lost_below=lost_below,
        from_above=from_above,
        probe_force=probe_force,
        trial_lift=trial_lift,
        refinement_rounds=refinement_rounds,
    )
    with progress_bar("objects x policies", 1) as advance:
        figures = run(settings, lambda done, total: advance(done, "", total), processes, journal, ray)
    for name, found in figures["sets"].items():
        for policy, row in found.items():
            force = f"{row['mean_force']:.1f} N" if row["mean_force"] is not None else "-"
            print(
                f"{name:8s} {policy:10s} {100 * row['success']:5.1f} % of {row['grasps']}, "
                f"{row['mean_tries']:.2f} tries, {force}"
            )
    if json_file is not None:
        write_figures(json_file, figures)
    if plot is not None:
        _draw(figures, plot)


def _draw(figures: dict[str, Any], path: Path) -> None:
    from tacrefine.provenance import provenance
    from tacrefine.report.regrasp_contents import RegraspTable
    from tacrefine.report.regrasp_pictures import draw_actions, draw_objects

    content = RegraspTable.model_validate({"made": provenance(), **figures})
    path.parent.mkdir(parents=True, exist_ok=True)
    draw_objects(content).savefig(path, dpi=110)
    draw_actions(content, next(iter(next(iter(content.sets.values()))))).savefig(
        path.with_name(f"{path.stem}_actions{path.suffix}"), dpi=110
    )
