"""`tacrefine regrasp train`, `compare` and `score`: learning from collected trials."""

from __future__ import annotations

import json
import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tacrefine.cli.progress import progress_bar
from tacrefine.provenance import write_figures


class Variant(StrEnum):
    """What the network looks at."""

    vision_action = "vision_action"
    tactile_action = "tactile_action"
    both_action = "both_action"
    both_no_action = "both_no_action"


Data = Annotated[
    list[Path], typer.Option("--data", help="Folder of 'tacrefine regrasp collect'; several are joined.")
]
Config = Annotated[str, typer.Option(help="A name in config/regrasp/ or a YAML file.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")]


def train(
    data: Data,
    config: Config = "training",
    variant: Annotated[Variant, typer.Option(help="What the network looks at.")] = Variant.both_action,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the model; default: models/<name of the config>.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the model; default: the config's.")] = None,
    json_file: JsonFile = None,
) -> None:
    """Train the model that predicts how a grasp ends, calibrate it on held-out objects, and write it as ONNX."""
    from tacrefine.config import share_dir
    from tacrefine.policy.regrasp.comparison import variant as variant_of
    from tacrefine.policy.regrasp.examples import load_samples
    from tacrefine.policy.regrasp.job import train_and_calibrate
    from tacrefine.policy.regrasp.publishing import publish
    from tacrefine.policy.regrasp.settings import load_regrasp_training

    settings = variant_of(load_regrasp_training(config), variant.value)
    if name is not None:
        settings = settings.model_copy(update={"name": name})
    samples, about = load_samples(data)
    with progress_bar("training", 1, "loss") as advance:
        network, figures = train_and_calibrate(
            samples,
            settings,
            lambda done, total, loss: advance(done, f"{loss:.4f}", total),
        )
    words = ["tacrefine", "regrasp", "train", *(f"--data={folder}" for folder in data), f"--config={config}"]
    command = shlex.join([*words, f"--variant={variant.value}"])
    folder = out or share_dir() / "models" / settings.name
    card = publish(network, settings, folder, command, about, figures)
    print(
        f"{card.model_id} -> {folder}: {100 * figures['accuracy']:.1f} % right on held-out objects, "
        f"calibration error {figures['calibration_error']:.3f}"
    )
    if json_file is not None:
        write_figures(json_file, json.loads(card.model_dump_json()))


def compare(
    data: Data,
    config: Config = "training",
    variants: Annotated[
        list[Variant] | None,
        typer.Option("--variant", help="One of the variants alone; may be repeated.", show_default="all"),
    ] = None,
    folds: Annotated[int, typer.Option(min=2, max=20, help="Folds; an object is in one of them.")] = 3,
    work: Annotated[
        Path,
        typer.Option(help="Folder of finished folds and variants; a stopped comparison goes on from it."),
    ] = Path("out/regrasp_comparison"),
    json_file: JsonFile = None,
) -> None:
    """Compare what vision, touch and the action are worth: accuracy on objects that were not learned from."""
    from contextlib import ExitStack

    from tacrefine.policy.regrasp.comparison import Progress
    from tacrefine.policy.regrasp.comparison import compare as run
    from tacrefine.policy.regrasp.examples import load_samples
    from tacrefine.policy.regrasp.settings import load_regrasp_training

    settings = load_regrasp_training(config)
    samples, about = load_samples(data)
    with ExitStack() as stack:

        def bar(what: str) -> Progress:
            stack.close()
            advance = stack.enter_context(progress_bar(what, 1, "loss"))
            return lambda done, total, loss: advance(done, f"{loss:.4f}", total)

        names = tuple(variant.value for variant in variants or Variant)
        figures = run(samples, settings, work, names, folds, bar)
    figures["data"] = about
    for label, row in figures["variants"].items():
        print(f"{label:16s} {100 * row['accuracy']:5.1f} % +- {100 * row['standard_error']:.1f}")
    if json_file is not None:
        write_figures(json_file, {"regrasp_comparison": figures.pop("folds"), **figures})


def score(
    data: Data,
    model: Annotated[str, typer.Option(help="Name or folder of the model.")] = "regrasp_wsg50",
    json_file: JsonFile = None,
) -> None:
    """Tell how often a model is right on objects that it did not learn from, and how well it is calibrated."""
    from tacrefine.data.regrasp.dataset import ExampleSet
    from tacrefine.evaluation.regrasp.scoring import Score
    from tacrefine.evaluation.regrasp.scoring import score as run
    from tacrefine.policy.regrasp.predictor import RegraspModel

    asked, scores = RegraspModel.load(model), {}
    for folder in data:
        examples = ExampleSet.load(folder)
        with progress_bar(f"states of {folder.name}", len(examples.examples.pose)) as advance:
            scores[folder.name] = run(asked, examples, advance)
    if len(scores) > 1:
        scores["all"] = Score.together(list(scores.values()))
    rows = {name: found.figures() for name, found in scores.items()}
    for name, row in rows.items():
        print(
            f"{name}: {100 * row['accuracy']:.1f} % of {row['examples']} examples right "
            f"(chance {100 * row['chance']:.1f} %), calibration error {row['calibration_error']:.3f}"
        )
    if json_file is not None:
        write_figures(json_file, {"regrasp_score": asked.model_id, "datasets": rows})
