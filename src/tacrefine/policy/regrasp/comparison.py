"""Compares variants of the network, with and without each sense, by cross-validation over objects.

Every fold of every variant is stored once it is known, so that a comparison that was stopped goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from tacrefine.policy.regrasp.examples import Samples
from tacrefine.policy.regrasp.probability_calibration import calibration_error, fit_platt
from tacrefine.policy.regrasp.settings import RegraspTraining
from tacrefine.policy.regrasp.training import logits_of, train_network

VARIANTS: dict[str, dict[str, bool]] = {
    "vision_action": {"tactile": False},
    "tactile_action": {"camera": False},
    "both_action": {},
    "both_no_action": {"action": False},
}
"""name: switches of :class:`NetworkSettings` that differ from the whole network"""
CHANCE = "chance"
Progress = Callable[[int, int, float], None]


def variant(settings: RegraspTraining, name: str) -> RegraspTraining:
    """The same training of another variant of the network."""
    return settings.model_copy(update={"network": settings.network.model_copy(update=VARIANTS[name])})


def folds_of(objects: NDArray[np.int64], count: int, seed: int = 0) -> list[NDArray[np.bool_]]:
    """For each fold which examples are tested; an object is in one fold only, sizes are as equal as objects allow."""
    names, sizes = np.unique(objects, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(-sizes[order], kind="stable")]
    totals, owner = np.zeros(count), np.zeros(len(names), int)
    for index in order:
        owner[index] = int(np.argmin(totals))
        totals[owner[index]] += sizes[index]
    return [np.isin(objects, names[owner == fold]) for fold in range(count)]


def run_fold(
    samples: Samples, settings: RegraspTraining, test: NDArray[np.bool_], progress: Progress
) -> dict[str, Any]:
    """Learn from the other folds and predict this one. Logits of tested examples are in it, to calibrate others by."""
    began = time.perf_counter()
    network = train_network(samples.take(~test), settings, progress)
    seconds = time.perf_counter() - began
    tested = samples.take(test)
    logits = logits_of(network, tested)
    return {
        "accuracy": float(np.mean((logits > 0) == tested.success)),
        "examples": len(tested),
        "objects": len(np.unique(tested.object)),
        "training_seconds": round(seconds, 1),
        "logits": [round(float(value), 4) for value in logits],
    }


def compare(
    samples: Samples,
    settings: RegraspTraining,
    folder: Path,
    names: Sequence[str] = tuple(VARIANTS),
    count: int = 3,
    progress: Callable[[str], Progress] | None = None,
) -> dict[str, Any]:
    """Table of accuracies on objects that were not learned from, with standard errors over folds.

    Each finished fold and variant is a file in `folder`; files of other settings or data do not count.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tests = folds_of(samples.object, count)
    stored: dict[str, list[dict[str, Any]]] = {}
    for name in names:
        for fold, test in enumerate(tests):
            identity = _identity(samples, variant(settings, name), test)
            path = folder / f"{name}-{fold}-{identity}.json"
            if not path.exists():
                tell = progress(f"{name}, fold {fold + 1} of {count}") if progress else _silent
                _write(path, run_fold(samples, variant(settings, name), test, tell))
            stored.setdefault(name, []).append(json.loads(path.read_text(encoding="utf-8")))
    majority = [max(rate := float(np.mean(samples.success[test])), 1 - rate) for test in tests]
    rows = {CHANCE: _row(majority)}
    for name, folds in stored.items():
        rows[name] = _row([fold["accuracy"] for fold in folds]) | {
            "calibration_error": _crosswise_calibration(samples, tests, folds),
            "training_seconds": round(float(np.mean([fold["training_seconds"] for fold in folds])), 1),
        }
    return {
        "folds": count,
        "examples": len(samples),
        "trials": len(np.unique(samples.trial)),
        "objects": len(np.unique(samples.object)),
        "success_rate": float(np.mean(samples.success)),
        "settings": json.loads(settings.model_dump_json()),
        "variants": rows,
    }


def _row(values: Sequence[float]) -> dict[str, Any]:
    error = float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0
    return {
        "accuracy": float(np.mean(values)),
        "standard_error": error,
        "folds": [round(v, 4) for v in values],
    }


def _crosswise_calibration(
    samples: Samples, tests: Sequence[NDArray[np.bool_]], folds: Sequence[dict[str, Any]]
) -> float:
    """Calibration error where each fold's probabilities are scaled by what the other folds showed."""
    logits = [np.array(fold["logits"]) for fold in folds]
    truth = [samples.success[test] for test in tests]
    probability = []
    for index in range(len(folds)):
        others = [i for i in range(len(folds)) if i != index] or [index]
        slope, offset = fit_platt(
            np.concatenate([logits[i] for i in others]), np.concatenate([truth[i] for i in others])
        )
        probability.append(expit(slope * logits[index] + offset))
    return calibration_error(np.concatenate(probability), np.concatenate(truth))


def _identity(samples: Samples, settings: RegraspTraining, test: NDArray[np.bool_]) -> str:
    """Return a short hash of everything that a fold's figures depend on."""
    digest = hashlib.sha256(settings.model_dump_json().encode())
    for array in (test, samples.state, samples.action, samples.success):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:10]


def _write(path: Path, content: dict[str, Any]) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(content) + "\n", encoding="utf-8")
    os.replace(temporary, path)


def _silent(done: int, total: int, loss: float) -> None:
    del done, total, loss
