"""Made-up contents of JSON files, one of each kind, small but complete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import made_up_regrasp

MADE = {"command": "make up", "version": "0.1.0", "machine": "3 cores of abacus", "date": "2030-01-02"}
SUCCESS = {
    "success_10deg_10mm": 1.0,
    "success_5deg_10mm": 0.95,
    "success_5deg_5mm": 0.9,
    "success_2deg_2mm": 0.75,
    "success_1deg_1mm": 0.5,
}
FIGURES = SUCCESS | {
    "trials": 20, "median_mm": 0.21, "median_deg": 0.34, "p95_mm": 1.2, "p95_deg": 2.3,
    "start_mm": 5.1, "start_deg": 7.8, "mean_steps_to_5deg_5mm": 0.9,
}  # fmt: skip
SETTINGS = {
    "hand": "five_finger", "objects": "fifteen", "plant": "nominal", "model": "five_finger", "targets": "random",
    "steps": 2, "trials": 20, "seed": 41, "frames": 8, "range_scale": 1.0,
}  # fmt: skip


def steps(count: int) -> list[dict[str, float]]:
    errors = {"median_mm": 4.0, "median_deg": 6.0, "p95_mm": 9.0, "p95_deg": 12.0}
    return [SUCCESS | {"step": n} | {key: v / 4**n for key, v in errors.items()} for n in range(count)]


def evaluation(**changes: Any) -> dict[str, Any]:
    settings = SETTINGS | changes
    return {
        "made": MADE,
        "settings": settings,
        "plant": {"name": settings["plant"], "tactile_model": "quasistatic"},
        "model_id": "five_finger-12345678",
        "all": FIGURES,
        "classes": {"rod": FIGURES, "plate": FIGURES},
        "objects": {"rod_8": FIGURES, "plate_3": FIGURES},
        "after_each_step": steps(settings["steps"] + 1),
        "classes_after_each_step": {
            "rod": steps(settings["steps"] + 1),
            "plate": steps(settings["steps"] + 1),
        },
    }


def bound() -> dict[str, Any]:
    def row(times: float) -> dict[str, float]:
        errors = {"median_mm": 0.02, "median_deg": 0.05, "p95_mm": 0.06, "p95_deg": 0.2}
        ratios = {"ratio_mm": times, "ratio_deg": 1.1 * times}
        return {key: times * value for key, value in errors.items()} | ratios

    rows = {
        "share_of_poses_with_a_weak_axis": 0.17,
        "bound": row(1.0),
        "policy": row(1.3),
        "nearest of 4000": row(4.0),
    }
    return {"pairs_per_object": 50, "noise": 0.03, "seed": 900, "rod": rows, "plate": rows}


def tactile() -> dict[str, Any]:
    agreement = {
        "correlation": [0.99, 0.999, float("nan")], "force_ratio": 1.001, "joint_error_median_deg": 0.002,
        "joint_error_p95_deg": 0.01, "elastic_seconds_per_grasp": 0.5,
    }  # fmt: skip
    return {
        "grasps_per_object": 3,
        "seed": 100,
        "plant": "ideal",
        "mean_correlation": 0.99,
        "grasps_per_second_one_core": 40000.0,
        "elastic_grasps_per_second_one_core": 2.0,
        "grid_grasps_per_second_one_core": 20000.0,
        "objects": {"rod_8": agreement, "plate_3": agreement},
        "grasps_per_second": {"rod_8": 41000.0, "plate_3": 39000.0},
    }


def run(final: float) -> dict[str, Any]:
    return {
        "start_mm": 5.0, "start_deg": 9.0, "final_mm": final, "final_deg": final, "steps": 1, "success": final < 5.0,
        "object": "plate_6", "plant": "nominal_elastic", "model": "five_finger-12345678", "error_code": 0,
        "message": "the grasp matches the target", "error_per_step_mm": [5.0, final],
        "error_per_step_deg": [9.0, final], "latency_p50_ms": 1.25, "latency_p99_ms": 3.5,
    }  # fmt: skip


def goals() -> dict[str, Any]:
    some = {key: value for key, value in SUCCESS.items() if key != "success_5deg_10mm"}
    return some | {
        "goals": 3,
        "ended": 2,
        "failures": ["rod_8: the <action> never ended"],
        "mean_steps": 1.5,
        "codes": {"0": 2},
        "plant": "nominal_elastic",
        "model": "five_finger-12345678",
        "seed": 1,
        "runs": [run(0.0), run(7.0)],
    }


def finetuning() -> dict[str, Any]:
    def row(method: str, samples: int, success: float, error: float | None) -> dict[str, Any]:
        names = [f"success_{n}deg_{n}mm" for n in (5, 2, 1)]
        of_all = dict.fromkeys(names, success) | {f"{name}_se": error for name in names}
        about = {"method": method, "samples": samples, "robots": 2, "trials": 40}
        return about | of_all | {"median_mm": 0.3, "median_deg": 0.4}

    return {
        "comparison": {
            "plant": "hard", "model_id": "five_finger-12345678", "trials": 20, "seed": 70,
            "recorded": "simulated directly",
        },
        "methods": {"A": "as shipped", "B": "both", "C": "recorded only"},
        "rows": [
            row("A", 0, 0.9, 0.01), row("B", 50, 0.94, 0.01), row("B", 300, 0.97, 0.005), row("C", 50, 0.2, None),
        ],
        "cells": [],
    }  # fmt: skip


def ablations() -> dict[str, Any]:
    on_plant = {"all": FIGURES, "classes": {"rod": FIGURES}, "after_each_step": steps(2)}
    variant = {
        "asked": {"steps": 10},
        "what": "everything on",
        "parameters": 5,
        "nominal": on_plant,
        "hard": on_plant,
    }
    return {
        "made": MADE,
        "steps": 2000,
        "trials_per_object": 20,
        "seed": 70,
        "variants": {"full": variant, "without_touch": variant | {"what": "joints only"}},
    }


def tracking() -> dict[str, Any]:
    on_plant = {"all": FIGURES, "classes": {"rod": FIGURES, "plate": FIGURES}}
    return {
        "model_id": "five_finger-12345678", "targets": "fixed", "disturbances": 200, "robots_per_object": 2, "steps": 2,
        "seed": 60, "goal": 0.98, "plants": {"nominal": on_plant, "hard": on_plant},
    }  # fmt: skip


def latency() -> dict[str, Any]:
    return {
        "model": "five_finger-12345678", "seconds": 60.0, "load_average": 1.5, "latency_p50_ms": 1.11,
        "latency_p99_ms": 2.22, "latency_samples": 6000, "received_p50_ms": 1.6, "received_p99_ms": 3.2,
        "inference_p50_ms": 0.14, "inference_p99_ms": 0.3, "goal_median_ms": 1.5, "goal_p99_ms": 4.0,
    }  # fmt: skip


CONTENTS: dict[str, Callable[[], dict[str, Any]]] = {
    "evaluate": evaluation,
    "demo": lambda: run(0.4),
    "regrasp_comparison": made_up_regrasp.comparison,
    "regrasp_score": made_up_regrasp.score,
    "regrasp_max_success": made_up_regrasp.table,
}
BENCHMARKS: dict[str, Callable[[], dict[str, Any]]] = {
    "pose_bound": bound,
    "action_server": goals,
    "tactile_models": tactile,
    "finetuning": finetuning,
    "ablations": ablations,
    "tracking": tracking,
    "latency": latency,
    "regrasp_learned": made_up_regrasp.learned,
    "regrasp_search": made_up_regrasp.search,
}
