"""`tacrefine regrasp`: examples of grasps and adjustments, the model that learns from them, and how well it does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tacrefine.cli.options import Processes, RayAddress
from tacrefine.cli.regrasp_evaluation import evaluate
from tacrefine.cli.regrasp_learning import compare, score, train

regrasp = typer.Typer(no_args_is_help=True, help="Regrasp by vision and touch: collect, train, evaluate.")


@regrasp.command()
def collect(
    out: Annotated[
        Path, typer.Option("--out", "--output", help="Folder of the dataset; an unfinished one is completed.")
    ],
    objects: Annotated[
        str, typer.Option(help="Object set: a name in config/regrasp/objects or a YAML file.")
    ] = "training",
    trials: Annotated[
        int, typer.Option(min=1, help="Trials; each gives three examples, or two without a first grasp.")
    ] = 6500,
    seed: Annotated[int, typer.Option(min=0, help="Seed; the same one gives the same bytes.")] = 1,
    policy: Annotated[
        str | None,
        typer.Option(help="Model that chooses the adjustments (a second, on-policy round); default: chance."),
    ] = None,
    explore: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of adjustments left to chance all the same.")
    ] = 0.2,
    touch_first: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of trials that grasp once before they adjust.")
    ] = 1.0,
    actions: Annotated[
        str, typer.Option(help="Limits of adjustments: a name in config/regrasp or a YAML file.")
    ] = "actions",
    processes: Processes = None,
    ray: RayAddress = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """Grasp, adjust, lift and hold simulated objects, and write what was seen and felt with the outcome.

    Killed and called again, it goes on where it was.
    """
    import time

    from tacrefine.cli.progress import progress_bar
    from tacrefine.data.regrasp.collection import collect as collect_trials
    from tacrefine.data.regrasp.collection import collection_settings, random_chooser
    from tacrefine.policy.regrasp.on_policy import ModelChooser
    from tacrefine.provenance import write_figures

    settings = collection_settings(
        objects, actions, trials=trials, seed=seed, policy=policy, explore=explore, touch_first=touch_first
    )
    make_chooser = random_chooser if policy is None else ModelChooser(policy, explore)
    make_chooser()  # a missing model is reported before anything begins
    there = len(list(out.glob("shard-*.safetensors")))
    started = time.monotonic()
    with progress_bar("trials", settings.trials) as advance:
        index = collect_trials(
            settings, out, lambda done, total: advance(done, total=total), processes, ray, make_chooser
        )
    seconds = time.monotonic() - started
    made = sum(shard["trials"] for shard in index["shards"][there:])
    figures: dict[str, Any] = {
        "trials": index["trials"],
        "examples": index["examples"],
        "success": index["success"],
        "shards": len(index["shards"]),
        "trials_in_this_run": made,
        "seconds": round(seconds, 2),
        "settings": index["settings"],
    }
    print(
        f"{figures['trials']} trials, {figures['examples']} examples, {100 * figures['success']:.1f} % of grasps held "
        f"-> {out} ({seconds:.1f} s, {made / seconds:.1f} trials/s)"
    )
    if json_file is not None:
        write_figures(json_file, figures)


for command in (train, compare, score, evaluate):
    regrasp.command()(command)
