"""Chunks of trials as lines of a journal, and what an evaluation must have in common with one that it goes on with."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from tacrefine import __version__
from tacrefine.config import resolve
from tacrefine.evaluation.coverage import Coverage
from tacrefine.evaluation.settings import EvaluationSettings
from tacrefine.evaluation.trials import TrialErrors

ARRAYS = {
    "millimetres": "millimetres",
    "degrees": "degrees",
    "moves": "moves",
    "unseen": "weak",
    "final": "final",
}
"""key in the journal: field"""
COVERAGES = ("single", "fused")


def identity_of(settings: EvaluationSettings, model_id: str) -> dict[str, Any]:
    """Settings, model, version and the content of every description that is read."""
    named = [("hands", settings.hand), ("objects", settings.objects), ("plants", settings.plant)]
    named += [("plants", settings.model_based)] if settings.model_based else []
    return {
        "settings": settings.as_dict(),
        "model_id": model_id,
        "version": __version__,
        "descriptions": [hashlib.sha256(Path(resolve(*each)).read_bytes()).hexdigest() for each in named],
    }


def packed(errors: TrialErrors) -> dict[str, Any]:
    """For a line of JSON; nothing is rounded."""
    content: dict[str, Any] = {key: getattr(errors, field).tolist() for key, field in ARRAYS.items()}
    for name in COVERAGES:
        coverage: Coverage = getattr(errors, name)
        content[name] = [coverage.inside.tolist(), coverage.predicted.tolist()]
    return content


def unpacked(object_name: str, content: dict[str, Any]) -> TrialErrors:
    """The errors that `packed` made this of."""
    single, fused = (Coverage(*(np.array(part, np.int64) for part in content[name])) for name in COVERAGES)
    return TrialErrors(
        object_name,
        np.array(content["millimetres"]),
        np.array(content["degrees"]),
        np.array(content["moves"], np.int64),
        single,
        fused,
        np.array(content["unseen"], bool),
        np.array(content.get("final", [])).reshape(-1, 6),
    )
