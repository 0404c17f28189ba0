"""A magnetic skin made up for the tests: three magnetometers that feel a press at a known place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import yaml

PLACES = np.array([[-5.0, 0.0], [5.0, 0.0], [0.0, 6.0]])
COLUMNS = [f"m{i}_{axis}" for i in range(3) for axis in "xyz"]


def sensed(places: np.ndarray, noise: float = 0.0, seed: int = 0) -> np.ndarray:
    """Counts (n, 9) around a rest of 40 for presses at x, y mm."""
    away = places[:, None] - PLACES
    size = 1.0 / (4.0 + (away**2).sum(-1))
    vectors = np.concatenate([away * size[..., None] ** 1.5, 5.0 * size[..., None]], axis=2)
    values = 40.0 + 1000.0 * vectors.reshape(len(places), 9)
    return values + noise * np.random.default_rng(seed).standard_normal(values.shape)


def places(count: int = 240, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-6, 6, (count, 2))


def table(path: Path, where: np.ndarray, seed: int = 0, groups: int = 4, labelled: bool = True) -> Path:
    """A CSV file."""
    values = sensed(where, 1.0, seed)
    names = [*COLUMNS, "session", *(["px", "py"] if labelled else [])]
    lines = [",".join(names)]
    for i, (row, place) in enumerate(zip(values, where, strict=True)):
        cells = [f"{v:.4f}" for v in row] + [f"s{i * groups // len(where)}"]
        lines.append(",".join(cells + ([f"{v:.5f}" for v in place] if labelled else [])))
    path.write_text("\n".join(lines) + "\n")
    return path


DESCRIPTION = {
    "name": "skin",
    "taxels": {"columns": ["m*"], "components": 3, "rest": 40.0, "full_scale": 500.0},
    "coordinates": [
        {"name": "x", "column": "px", "unit": "mm"},
        {"name": "y", "column": "py", "unit": "mm"},
    ],
    "group_by": "session",
}


def description(path: Path, **changes) -> Path:
    """A YAML file; `changes` replace keys at the top."""
    path.write_text(yaml.safe_dump(DESCRIPTION | changes))
    return path
