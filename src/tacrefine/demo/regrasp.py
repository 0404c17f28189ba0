"""The demo of regrasping: one object, one goal of the action `regrasp`, printed as it happens."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from tacrefine.bringup import ros
from tacrefine.bringup.arguments import Arguments
from tacrefine.demo.program import running_stack
from tacrefine.demo.regrasp_picture import draw
from tacrefine.demo.regrasp_run import Grasp, RegraspRun, describe
from tacrefine.errors import ConfigError
from tacrefine.objects.free_objects import load_regrasp_objects
from tacrefine.policy.regrasp.predictor import RegraspModel
from tacrefine.provenance import write_figures

WORDS = {
    "opening": "opening the gripper",
    "observing": "looking at the table",
    "moving": "moving the open gripper",
    "closing": "closing the gripper",
    "sensing": "feeling with both pads",
    "lifting": "lifting",
    "holding": "holding in the air",
    "verifying": "do both pads still feel the object?",
    "lowering": "putting it back",
    "finishing": "bringing gripper and arm to a safe state",
}


def check_choices(obj: str, objects: str, model: str) -> str:
    """Name of the object; raises before any node starts if a name is wrong or a model is missing."""
    names = [item.name for item in load_regrasp_objects(objects)]
    if obj and obj not in names:
        raise ConfigError(f"object '{obj}' is unknown; allowed are {', '.join(names)}")
    RegraspModel.load(model)
    return obj or names[0]


def run_regrasp_demo(
    arguments: Arguments, objective: str, out: Path, json_file: Path | None, console: Console
) -> dict[str, Any]:
    """Run it and return the figures; leaves no process behind, however it ends."""
    name = check_choices(arguments.regrasp_object, arguments.regrasp_objects, arguments.regrasp_model)
    run = RegraspRun(name, arguments.regrasp_model)
    with running_stack(arguments, client=ros.client("regrasp")) as client:
        console.print("nodes are up: gripper_bridge, regrasp_server, each a process of its own")
        client.place(name, arguments.seed)
        console.print(f"'{name}' lies on the table; calling the action regrasp ({objective})")
        _follow(client, run, objective, console)
    result = figures(run)
    console.print(table(run))
    draw(run, out / "regrasp.png")
    console.print(f"picture: {out / 'regrasp.png'}")
    for path in [out / "regrasp.json", *([json_file] if json_file else [])]:
        write_figures(path, result)
    console.print(f"figures: {out / 'regrasp.json'}")
    return result


def _follow(client: Any, run: RegraspRun, objective: str, console: Console) -> None:
    """Send the goal and note what happens until it has ended."""
    before = client.height
    teller = Teller(client, run, console)
    goal = client.send(teller, objective=objective)
    _, result = goal.result(600.0)
    run.code, run.message, run.safe_state = int(result.error_code), result.message, result.safe_state
    run.tries, run.force, run.probability = int(result.tries), float(result.force), float(result.probability)
    run.end = client.images["camera"]
    run.risen = client.height - before
    colour = "green" if run.code == 0 else "yellow"
    console.print(f"action ended: [{colour}]{run.message}[/] (code {run.code}, gripper: {run.safe_state})")


class Teller:
    """Prints the action's feedback, and stores what camera and pads show at each decision."""

    def __init__(self, client: Any, run: RegraspRun, console: Console) -> None:
        self._client, self._run, self._console = client, run, console
        self._force = math.nan

    def __call__(self, feedback: Any) -> None:
        """One message of feedback."""
        state, run, grasps = feedback.state_name, self._run, self._run.grasps
        if state == "observing" and run.scene is None:
            run.scene = self._client.images["camera"]
        if state == "sensing":
            self._force = float(feedback.force)
        if state == "lifting" and grasps:
            grasps[-1].lifts = True
        if state != "deciding":
            self._console.print(f"  try {feedback.tries}  {WORDS.get(state, state)}")
            return
        motion = np.array(feedback.motion, float)
        before = grasps[-1] if grasps else None
        decided = feedback.tries > (before.tries if before else 0)
        # After another look from above, the next grasp is a probe again.
        probes = before is None or before.lifts or before.looks_again
        grasp = Grasp(
            "probe" if before is None or probes else f"try {before.tries}",
            self._client.images,
            self._force,
            float(feedback.probability),
            int(feedback.tries),
            motion,
            float(feedback.force),
        )
        grasps.append(grasp)
        decided = decided or grasp.looks_again
        what = f"chosen: {describe(motion)}, success" if decided else "felt again: success"
        self._console.print(f"  try {feedback.tries}  {what} [bold]{feedback.probability:.0%}[/]")


def figures(run: RegraspRun) -> dict[str, Any]:
    """Everything measured, for regrasp.json."""
    return {
        "object": run.object,
        "lifted": run.lifted,
        "risen_mm": round(1e3 * run.risen, 1),
        "tries": run.tries,
        "force_n": _rounded(run.force),
        "probability": _rounded(run.probability),
        "error_code": run.code,
        "message": run.message,
        "safe_state": run.safe_state,
        "model": run.model,
        "decisions": [
            {
                "grasp": grasp.name,
                "try": grasp.tries,
                "force_n": _rounded(grasp.force),
                "probability": _rounded(grasp.probability),
                "lifts": grasp.lifts,
            }
            for grasp in run.grasps
        ],
    }


def _rounded(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)


def table(run: RegraspRun) -> Table:
    """The table at the end."""
    table = Table(title=f"Regrasping '{run.object}'", title_justify="left")
    for heading in ("grasp", "force", "decided on it", "promised"):
        table.add_column(heading, justify="right" if heading in ("force", "promised") else "left")
    for grasp in run.grasps:
        decided = "lift" if grasp.lifts else describe(grasp.motion)
        table.add_row(grasp.name, f"{grasp.force:.1f} N", decided, f"{grasp.probability:.0%}")
    table.add_section()
    yes = "[green]yes[/]" if run.lifted else "[red]no[/]"
    table.add_row("lifted", "", f"{yes}, by {1e3 * run.risen:.0f} mm (the simulator's truth)", "")
    return table
