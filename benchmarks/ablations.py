"""What each part of the policy is worth: variants trained alike, with one thing changed, and refined alike.

    python benchmarks/ablations.py --json results/ablations.json

Every variant is trained anew by the same short schedule (the shipped first stage, cut to --steps), so figures compare
variants with each other and not with the shipped weights. What was finished stays in --out: a run that was broken off
goes on where it was. With --dataset a fixed set is compared too, at equal steps, with the fresh grasps of `full`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from tacrefine.cli.progress import progress_bar
from tacrefine.data.dataset import DatasetGroups
from tacrefine.data.groups import GroupSource
from tacrefine.data.stream import SimulatedGroups
from tacrefine.errors import TacrefineError
from tacrefine.evaluation.figures import summary
from tacrefine.evaluation.settings import EvaluationSettings
from tacrefine.evaluation.trials import CHUNK, run_chunk
from tacrefine.hands import Hand, load_hand
from tacrefine.objects import load_objects
from tacrefine.plants import load_plant
from tacrefine.policy import Corrections, Policy
from tacrefine.policy.backends import make_backend
from tacrefine.policy.card import read_card
from tacrefine.policy.checkpoint import CHECKPOINT
from tacrefine.policy.publishing import publish
from tacrefine.policy.settings import TrainingSettings, load_training, training_objects
from tacrefine.policy.training import Trainer
from tacrefine.policy.validation import calibrate, one_step_figures
from tacrefine.provenance import provenance, write_figures

PLANTS = ("nominal", "hard")
COLUMNS = {"success_5deg_5mm": "5/5", "success_2deg_2mm": "2/2", "success_1deg_1mm": "1/1"}


@dataclass(frozen=True)
class Variant:
    """What is changed against `full`, as values of the training description."""

    what: str
    training: Mapping[str, Any] = field(default_factory=dict)
    network: Mapping[str, Any] = field(default_factory=dict)
    mask: bool = True
    """tell the network, the loss and the correction which axes touch can tell"""
    dataset: Path | None = None


class Unmasked(Policy):
    """Moves along all six axes, whatever the object."""

    def predict_batch(self, *touches: Any) -> Corrections:
        """As the base class, with every axis open."""
        return super().predict_batch(*touches[:-1], np.ones(6, bool))


def variants(hand: Hand, datasets: list[Path]) -> dict[str, Variant]:
    """All of them by name, `full` first."""
    pads, joints = range(len(hand.pads)), range(len(hand.joint_names))
    found = {
        "full": Variant("everything on, fresh grasps of randomised robots"),
        "without_touch": Variant("joints only", network={"unseen_pads": tuple(pads)}),
        "without_joints": Variant("taxels only", network={"unseen_joints": tuple(joints)}),
    }
    for count in range(2, len(hand.fingers)):
        kept = hand.fingers[:count]
        names = {joint.name for finger in kept for joint in finger.joints}
        fingers = {finger.name for finger in kept}
        found[f"{count}_fingers"] = Variant(
            f"taxels and joints of {', '.join(finger.name for finger in kept)} only",
            network={
                "unseen_pads": tuple(i for i in pads if hand.pads[i].finger not in fingers),
                "unseen_joints": tuple(i for i in joints if hand.joint_names[i] not in names),
            },
        )
    found |= {
        "without_fusion": Variant("each finger estimates alone, then the mean", network={"fusion": False}),
        # One layer of its own estimates a pose: twice the width makes up for the layers of pairs it does not have.
        "absolute": Variant(
            "poses of both grasps, subtracted", network={"output": "absolute", "pair_width": 512}
        ),
        "increment": Variant("the change from the pair alone", network={"output": "increment"}),
        "without_randomisation": Variant("trained on the plant nominal only", training={"plant": "nominal"}),
        "without_mask": Variant("all six axes are predicted and moved on every object", mask=False),
    }
    for path in datasets:
        grasps = json.loads((path / "dataset.json").read_text())["samples"]
        found[f"fixed_{grasps}"] = Variant(f"a fixed set of {grasps} grasps, no fresh ones", dataset=path)
    return found


def train(
    settings: TrainingSettings, variant: Variant, folder: Path, advance: Callable[..., None]
) -> dict[str, Any]:
    """Train the variant into a model folder, or finish what was begun; what is known of it afterwards."""
    hand = load_hand(settings.hand)
    objects, weights = training_objects(settings)
    if not variant.mask:
        objects = [replace(item, observable=np.ones(6, bool)) for item in objects]
    source: GroupSource
    if variant.dataset is None:
        source = SimulatedGroups(hand, objects, load_plant(settings.plant), settings.groups, weights)
    else:
        source = DatasetGroups(variant.dataset, hand, [item.name for item in objects])
    folder.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(settings, hand, objects, source)
    started = time.process_time()
    first = trainer.run(folder / CHECKPOINT, lambda step, error: advance(step + 1, f"{error:.4f}"))
    seconds = time.process_time() - started
    network = trainer.averaged_network()
    calibrate(network, trainer.held_out(settings.validation_groups, 0))
    held_out = trainer.held_out(settings.validation_groups, 1)
    figures = {
        "one_step": one_step_figures(
            network, held_out, trainer.held_out_classes(settings.validation_groups, 1)
        )
    }
    card = publish(
        network, settings, hand, folder, provenance()["command"], {"variant": variant.what}, figures
    )
    (folder / CHECKPOINT).unlink()
    return {
        "what": variant.what,
        "parameters": card.parameters,
        "training_cpu_seconds": round(seconds, 1) if first == 0 else None,
        "one_step_on_its_own_training_plants": figures["one_step"]["all"],
    }


def refine(asked: EvaluationSettings, policy: Policy, advance: Callable[..., None]) -> dict[str, Any]:
    """Figures of the whole loop on one plant."""
    objects, plant = load_objects(asked.objects), load_plant(asked.plant)
    errors = []
    for item in objects.values():
        for number in range(-(-asked.trials // CHUNK)):
            errors.append(run_chunk(asked, policy.hand, policy, plant, item, number))
            advance(sum(len(e.moves) for e in errors), total=asked.trials * len(objects))
    figures = summary(errors, {name: item.object_class for name, item in objects.items()})
    return {key: figures[key] for key in ("all", "classes", "after_each_step")}


def measure(name: str, variant: Variant, arguments: argparse.Namespace) -> dict[str, Any]:
    """Figures of one variant: from its file if that was asked the same, else made now."""
    first = load_training(arguments.config).stages[0]
    changes = {"name": name, "steps": arguments.steps, **variant.training}
    changes["network"] = first.network.model_copy(update=dict(variant.network))
    settings = first.model_copy(update=changes)
    folder, path = arguments.out / name, arguments.out / f"{name}.json"
    asked = {
        "training": settings.model_dump(mode="json"),
        "mask": variant.mask,
        "dataset": variant.dataset.name if variant.dataset else None,
        "trials_per_object": arguments.trials,
        "seed": arguments.seed,
    }
    result: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    if result.get("asked") != asked:
        with progress_bar(f"{name}: training", settings.steps, "error") as advance:
            result = {"asked": asked, **train(settings, variant, folder, advance)}
        path.write_text(json.dumps(result, indent=2) + "\n")
    card = read_card(folder)
    policy = (Policy if variant.mask else Unmasked)(
        load_hand(settings.hand), card, make_backend("onnx", folder, card, load_hand(settings.hand))
    )
    for plant in [plant for plant in PLANTS if plant not in result]:
        evaluation = EvaluationSettings(
            hand=settings.hand,
            objects=settings.objects,
            plant=plant,
            model=str(folder),
            trials=arguments.trials,
            seed=arguments.seed,
        )
        with progress_bar(f"{name}: refining on {plant}", 0) as advance:
            result[plant] = refine(evaluation, policy, advance)
        path.write_text(json.dumps(result, indent=2) + "\n")
    return result


def show(results: Mapping[str, Mapping[str, Any]]) -> None:
    table = Table(title="success within degrees/millimetres in %, median final error")
    table.add_column("variant")
    for plant in PLANTS:
        for heading in (*COLUMNS.values(), "mm", "deg"):
            table.add_column(f"{plant} {heading}", justify="right")
    for name, result in results.items():
        cells = []
        for plant in PLANTS:
            row = result[plant]["all"]
            cells += [f"{100 * row[key]:.1f}" for key in COLUMNS]
            cells += [f"{row['median_mm']:.2f}", f"{row['median_deg']:.2f}"]
        table.add_row(name, *cells)
    Console(width=150).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--config", default="five_finger", help="training description whose first stage is varied"
    )
    parser.add_argument("--steps", type=int, default=4000, help="of each training")
    parser.add_argument("--trials", type=int, default=20, help="an object, on each plant")
    parser.add_argument("--seed", type=int, default=700, help="of the trials")
    parser.add_argument("--variants", help="only these, separated by commas")
    parser.add_argument(
        "--dataset", type=Path, action="append", default=[], help="compare a fixed set as well"
    )
    parser.add_argument("--out", type=Path, default=Path("out/ablations"), help="models and finished figures")
    parser.add_argument("--json", type=Path, help="write the figures here")
    arguments = parser.parse_args()

    known = variants(load_hand(load_training(arguments.config).hand), arguments.dataset)
    names = arguments.variants.split(",") if arguments.variants else list(known)
    if unknown := [name for name in names if name not in known]:
        parser.error(f"no variant '{unknown[0]}'; allowed: {', '.join(known)}")
    try:
        results = {name: measure(name, known[name], arguments) for name in names}
    except TacrefineError as error:
        parser.exit(2, f"ablations: {error}\n")
    show(results)
    if arguments.json:
        content = {
            "config": arguments.config,
            "steps": arguments.steps,
            "trials_per_object": arguments.trials,
            "seed": arguments.seed,
            "targets": "random",
            "variants": results,
        }
        write_figures(arguments.json, content)


if __name__ == "__main__":
    main()
