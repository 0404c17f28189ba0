"""Files about regrasping, as their commands would write them."""

from __future__ import annotations

from typing import Any


def comparison() -> dict[str, Any]:
    row = {"accuracy": 0.85, "standard_error": 0.01, "folds": [0.84, 0.86], "calibration_error": 0.02}
    return {
        "regrasp_comparison": 2,
        "trials": 1000,
        "examples": 3000,
        "objects": 65,
        "variants": {"chance": row | {"accuracy": 0.5}, "both_action": row},
    }


def score() -> dict[str, Any]:
    bins = [
        {"predicted": 0.1, "observed": 0.12, "share": 0.4},
        {"predicted": 0.9, "observed": 0.85, "share": 0.6},
    ]
    row = {
        "examples": 600,
        "objects": 11,
        "chance": 0.55,
        "accuracy": 0.84,
        "calibration_error": 0.021,
        "reliability": bins,
    }
    return {"regrasp_score": "regrasp_wsg50-12345678", "datasets": {"easy": row, "hard": row}}


def table(objective: str = "max_success", force: float = 20.0) -> dict[str, Any]:
    one = {"grasps": 2, "success": 0.5, "standard_error": 0.1, "mean_tries": 1.5, "mean_force": force}
    attempt = {
        "set": "easy",
        "object": "easy_00_box",
        "success": True,
        "tries": 1,
        "force": force,
        "probability": 0.95,
        "actions": [[0.01, 0.0, -0.02, 0.1, force]],
    }
    return {
        "regrasp_evaluation": {"objective": objective},
        "sets": {
            "easy": {
                policy: one | {"objects": {"easy_00_box": one, "easy_01_can": one}}
                for policy in ("both", "cylinder")
            }
        },
        "attempts": [attempt | {"policy": policy} for policy in ("both", "cylinder")],
    }


def learned() -> dict[str, Any]:
    curve = {
        "name": "stable",
        "object": "easy_00_box",
        "values": [3.0, 25.0],
        "predicted": [0.4, 0.9],
        "observed": [0.5, None],
    }
    return {"model_id": "regrasp_wsg50-12345678", "force_curves": [curve, curve], "height_curves": [curve]}


def search() -> dict[str, Any]:
    time = {"p50_ms": 7.12, "p99_ms": 9.0}
    return {
        "model_id": "regrasp_wsg50-12345678",
        "actions": 5000,
        "goal_ms": 30.0,
        "encode": time,
        "search": time,
        "search_refined": time,
        "naive": time,
        "times_faster": 200.0,
    }
