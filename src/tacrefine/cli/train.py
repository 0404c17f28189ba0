"""`tacrefine train`: from a training description to a model folder."""

from __future__ import annotations

import json
import shlex
import signal
from pathlib import Path
from typing import Annotated

import typer

from tacrefine.errors import ConfigError

QUICK_STEPS = 2500


def train(
    config: Annotated[
        str | None,
        typer.Option(
            help="Training description: a name in config/training or a YAML file. Default: from_any_hand with --hand, "
            "else five_finger.",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the model; default models/<name>.")] = None,
    dataset: Annotated[
        Path | None, typer.Option(help="Train on this dataset instead of fresh grasps.")
    ] = None,
    hand_name: Annotated[
        str | None,
        typer.Option("--hand", help="Train for this hand instead of the description's; names the model too."),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Number of steps of each stage, instead of the description's.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help=f"As --steps {QUICK_STEPS}: about ten minutes.")
    ] = False,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the card to this file.")] = None,
) -> None:
    """Train the policy on simulated touch, all stages of the description one after the other.

    With --hand it begins with the weights for any hand, and needs minutes instead of hours.

    Stopped with Ctrl-C or killed, it goes on when called again.
    """
    from tacrefine.cli.progress import progress_bar
    from tacrefine.config import share_dir
    from tacrefine.hands import load_hand
    from tacrefine.policy.job import train as run
    from tacrefine.policy.settings import load_training

    if config is None:
        config = "five_finger" if hand_name is None else "from_any_hand"
    if quick and steps is not None:
        raise ConfigError("--quick and --steps both say how many steps to make; give one of them.")
    training = load_training(config)
    steps = QUICK_STEPS if quick else steps
    if steps is not None:
        training = training.changed(steps=steps)
    hand = load_hand(hand_name or training.hand)
    if hand_name is not None:
        training = training.changed(hand=hand_name, name=hand.name)
    folder = out or share_dir() / "models" / training.name
    command = f"tacrefine train --config {shlex.quote(str(config))}"
    command += f" --hand {shlex.quote(hand_name)}" if hand_name else ""
    command += f" --dataset {dataset}" if dataset else ""
    command += f" --steps {steps}" if steps is not None else ""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with progress_bar("training", 0, "error") as advance:
        card = run(
            training,
            hand,
            folder,
            command,
            dataset,
            lambda done, total, error: advance(done, f"{error:.4f}", total=total),
        )
    if json_file is not None:
        json_file.parent.mkdir(parents=True, exist_ok=True)
        json_file.write_text(card.model_dump_json(indent=2) + "\n")
    print(json.dumps(card.figures["one_step_on_training_plants"]["all"]), f"-> {folder}")
    for name, axes in card.figures.get("cannot_tell", {}).items():
        print(f"{name}: weakly observable with hand '{hand.name}' in one grasp: {', '.join(axes)}.")
