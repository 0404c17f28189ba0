"""How well weights for any hand refine grasps of hands that no training saw: random ones with fixed seeds.

    python benchmarks/unseen_hands.py --json results/unseen_hands.json
    python benchmarks/unseen_hands.py --write out/unseen    # their files, to train for them

The hands come from the family that training samples from (`tacrefine.data.hand_family`), from seeds that no training
uses: a training's hands are of the seeds [its own, number, attempt], these of [90303, number, attempt]. A hand counts
if it can hold at least nine grasps of ten. Grippers are left out: they cannot tell every axis. Each hand's standard
deviations are calibrated first, as `tacrefine hands calibrate` does it; `--as-trained` leaves them as they are.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
import typer
import yaml
from rich.console import Console
from rich.table import Table

from tacrefine.cli.hands import CALIBRATION_PLANT
from tacrefine.cli.progress import progress_bar
from tacrefine.data.hand_family import HandFamily
from tacrefine.data.random_hands import random_hand
from tacrefine.data.stream import SimulatedGroups
from tacrefine.evaluation.runner import evaluate
from tacrefine.evaluation.settings import EvaluationSettings
from tacrefine.hands import Hand
from tacrefine.objects import load_objects
from tacrefine.objects.pose_groups import GroupSettings
from tacrefine.plants import load_plant
from tacrefine.policy import load_policy
from tacrefine.policy.deviation_factors import deviation_factors
from tacrefine.provenance import write_figures

SEED = 90303
LEAST_VALID = 0.9
PROBE_GROUPS = 24
FAMILY = HandFamily(grippers=0.0)
SHOWN = (
    "success_5deg_5mm",
    "success_2deg_2mm",
    "success_1deg_1mm",
    "median_mm",
    "median_deg",
    "one_sigma_coverage",
)


def main(
    hands: Annotated[int, typer.Option(min=1, help="How many random hands.")] = 3,
    model: Annotated[str, typer.Option(help="Name or folder of the model.")] = "any_hand",
    trials: Annotated[int, typer.Option(min=1, help="Trials for each object and hand.")] = 50,
    plant: Annotated[str, typer.Option(help="Plant: a name or a YAML file.")] = "nominal",
    as_trained: Annotated[bool, typer.Option("--as-trained", help="Without calibrating deviations.")] = False,
    write: Annotated[Path | None, typer.Option(help="Only write the hands' files, into this folder.")] = None,
    json: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """Refine grasps of every hand and print the figures."""
    if write is not None:
        write.mkdir(parents=True, exist_ok=True)
        for number in range(hands):
            print(written(unseen_hand(number), write))
        return
    figures: dict[str, Any] = {
        "model": model,
        "plant": plant,
        "seed": SEED,
        "calibrated": not as_trained,
        "hands": {},
    }
    with TemporaryDirectory() as folder:
        for number in range(hands):
            hand = unseen_hand(number) if as_trained else calibrated(unseen_hand(number), model)
            path = written(hand, Path(folder))
            settings = EvaluationSettings(hand=str(path), model=model, plant=plant, trials=trials, seed=0)
            with progress_bar(hand.name, 0) as advance:
                result = evaluate(settings, lambda done, total: advance(done, total=total))
            about = {"fingers": len(hand.fingers), "joints": len(hand.joints), "taxels": hand.taxel_count}
            figures["hands"][hand.name] = about | {"all": result["all"], "classes": result["classes"]}
    show(figures)
    if json is not None:
        write_figures(json, figures)


def unseen_hand(number: int) -> Hand:
    """Random hand `number` of those that no training sees; always the same one."""
    attempt = 0
    while True:
        hand = random_hand(np.random.default_rng([SEED, number, attempt]), FAMILY, f"unseen_{number + 1}")
        source = SimulatedGroups(hand, list(load_objects().values()), load_plant("nominal"), GroupSettings())
        if source.sample(np.random.default_rng(0), PROBE_GROUPS).valid.mean() >= LEAST_VALID:
            return hand
        attempt += 1


def calibrated(hand: Hand, model: str) -> Hand:
    """The hand with the factors on the model's deviations that its own simulated grasps tell."""
    policy = load_policy(model, hand)
    factors = deviation_factors(policy, list(load_objects().values()), load_plant(CALIBRATION_PLANT))
    return Hand(hand.description.model_copy(update={"deviation_factors": {policy.model_id: factors}}))


def written(hand: Hand, folder: Path) -> Path:
    """The hand's file, newly written into a folder."""
    path = folder / f"{hand.name}.yaml"
    path.write_text(yaml.safe_dump(hand.description.model_dump(mode="json", exclude_unset=True)))
    return path


def show(figures: dict[str, Any]) -> None:
    """Print a row for each hand."""
    table = Table(title=f"{figures['model']} on hands that it never saw, plant {figures['plant']}")
    for name in ("hand", "fingers", "taxels", "5/5", "2/2", "1/1", "median mm", "median deg", "coverage"):
        table.add_column(name, justify="left" if name == "hand" else "right")
    for name, row in figures["hands"].items():
        values = [row["all"][key] for key in SHOWN]
        shares = [f"{100 * value:.1f}" for value in values[:3]]
        table.add_row(
            name, str(row["fingers"]), str(row["taxels"]), *shares, *(f"{value:.2f}" for value in values[3:])
        )
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
