"""What the demo prints while it runs, the table at its end, and its figures as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from tacrefine.demo.scenario import Refinement

SUCCESS_MM, SUCCESS_DEG = 5.0, 5.0
WORDS = {
    "closing": "closing the hand",
    "settling": "waiting until the fingers rest",
    "sensing": "reading the fingertips",
    "opening": "opening the hand",
    "moving": "moving the wrist",
    "finishing": "bringing hand and arm to a safe state",
}


class Teller:
    """Prints every event of a refinement as it happens."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __call__(self, event: str, value: Any) -> None:
        """One event of `tacrefine.demo.scenario.refine`."""
        say = self._console.print
        if event == "shown":
            say("hand closed on the object as it should be held")
        elif event == "captured":
            say(f"target '{value.name}' captured over capture_target")
        elif event == "disturbed":
            say(
                f"grasp disturbed: [bold red]{value[0]:.1f} mm, {value[1]:.1f} deg[/] off "
                "(the truth, which the policy never sees)"
            )
            say("calling the action refine_grasp")
        elif event == "feedback":
            self._feedback(value)
        elif event == "ended":
            colour = "green" if value.code == 0 else "yellow"
            say(
                f"action ended: [{colour}]{value.message}[/] (code {value.code}, hand and arm: {value.safe_state})"
            )

    def _feedback(self, feedback: Any) -> None:
        where = f"  step {feedback.step}  "
        if feedback.state_name != "deciding":
            self._console.print(f"{where}{WORDS.get(feedback.state_name, feedback.state_name)}")
        elif not math.isnan(feedback.remaining_position_error):
            millimetres, degrees = (
                feedback.remaining_position_error * 1e3,
                math.degrees(feedback.remaining_rotation_error),
            )
            self._console.print(
                f"{where}expected error by touch: [bold]{millimetres:.2f} mm, {degrees:.2f} deg[/]"
            )


def is_success(run: Refinement) -> bool:
    """Whether the final true error lies within 5 mm and 5 deg."""
    millimetres, degrees = run.errors[-1]
    return millimetres <= SUCCESS_MM and degrees <= SUCCESS_DEG


def figures(run: Refinement, latencies: Mapping[str, float]) -> dict[str, Any]:
    """Everything measured, for result.json."""
    (start_mm, start_deg), (final_mm, final_deg) = run.errors[0], run.errors[-1]
    return {
        "start_mm": round(start_mm, 4),
        "start_deg": round(start_deg, 4),
        "final_mm": round(final_mm, 4),
        "final_deg": round(final_deg, 4),
        "steps": run.steps,
        "success": is_success(run),
        "object": run.object,
        "plant": run.plant,
        "model": run.model,
        "error_code": run.code,
        "message": run.message,
        "error_per_step_mm": [round(mm, 4) for mm, _ in run.errors],
        "error_per_step_deg": [round(deg, 4) for _, deg in run.errors],
        "estimated_remaining_mm": round(run.estimate[0] * 1e3, 4),
        "estimated_remaining_deg": round(math.degrees(run.estimate[1]), 4),
        **{name: round(value, 3) for name, value in latencies.items()},
        "refinement_s": round(run.seconds, 2),
    }


def latency_figures(diagnostics: Mapping[str, Mapping[str, str]]) -> dict[str, float]:
    """Time from the stamp of a tactile message to its published correction in ms, as the policy node measured it."""
    for values in diagnostics.values():
        if "stamp to correction p99 [ms]" in values:
            return {
                "latency_p50_ms": float(values["stamp to correction p50 [ms]"]),
                "latency_p99_ms": float(values["stamp to correction p99 [ms]"]),
                "latency_samples": int(values["stamp to correction samples"]),
            }
    return {}


def table(run: Refinement, result: Mapping[str, Any]) -> Table:
    """The table at the end."""
    table = Table(title=f"Grasp of '{run.object}' on plant {run.plant}", title_justify="left")
    if "latency_p99_ms" in result:
        table.caption = (
            f"from a reading's stamp to its correction: median {result['latency_p50_ms']:.1f} ms, "
            f"99 % within {result['latency_p99_ms']:.1f} ms"
        )
        table.caption_justify = "left"
    for name in ("after", "position error", "rotation error"):
        table.add_column(name, justify="left" if name == "after" else "right")
    for step, (millimetres, degrees) in enumerate(run.errors):
        name = "disturbance" if step == 0 else f"move {step}"
        table.add_row(name, f"{millimetres:.2f} mm", f"{degrees:.2f} deg")
    table.add_section()
    estimate = (result["estimated_remaining_mm"], result["estimated_remaining_deg"])
    table.add_row("expected by touch", f"{estimate[0]:.2f} mm", f"{estimate[1]:.2f} deg")
    table.add_row("within 5 mm, 5 deg", "[green]yes[/]" if result["success"] else "[red]no[/]", "")
    return table
