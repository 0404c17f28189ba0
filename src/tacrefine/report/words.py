"""Numbers, names of evaluations, and commands, as a reader sees them."""

from __future__ import annotations

import math
import shlex
from collections import Counter
from collections.abc import Sequence

from tacrefine.report.contents import Evaluation, Settings
from tacrefine.report.files import Source

NOTHING = "-"

THRESHOLDS = {
    "success_10deg_10mm": "10° / 10 mm",
    "success_5deg_10mm": "5° / 10 mm",
    "success_5deg_5mm": "5° / 5 mm",
    "success_2deg_2mm": "2° / 2 mm",
    "success_1deg_1mm": "1° / 1 mm",
}
"""name of a figure: what it asks for, from easy to hard"""


def number(value: float | None, digits: int = 2) -> str:
    """About three digits that count, grouped thousands for large numbers, a dash for none."""
    if value is None or math.isnan(value):
        return NOTHING
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.{max(3, digits)}f}" if 0 < abs(value) < 0.1 else f"{value:.{digits}f}"


def percent(value: float | None) -> str:
    """A fraction in percent, without the sign."""
    return NOTHING if value is None else f"{100 * value:.1f}".removesuffix(".0")


def pose_error(millimetres: float | None, degrees: float | None) -> str:
    """Both parts of a pose error."""
    return f"{number(millimetres)} mm, {number(degrees)}°"


def labels(sources: Sequence[Source[Evaluation]]) -> list[str]:
    """A short name of each evaluation: its plant, and whatever is unlike most of the others."""
    parts = [_parts(source.content) for source in sources]
    common = {key: Counter(part[key] for part in parts).most_common(1)[0][0] for key in parts[0]}
    named = [
        ", ".join([source.content.plant.name, *(text for key, text in part.items() if text != common[key])])
        for source, part in zip(sources, parts, strict=True)
    ]
    twice = {name for name, count in Counter(named).items() if count > 1}
    return [
        f"{name} ({source.path.stem})" if name in twice else name
        for name, source in zip(named, sources, strict=True)
    ]


def in_common(sources: Sequence[Source[Evaluation]]) -> str:
    """What holds for evaluations whose name says nothing else."""
    parts = [_parts(source.content) for source in sources]
    common = (Counter(part[key] for part in parts).most_common(1)[0][0] for key in parts[0])
    return ", ".join(common)


def _parts(content: Evaluation) -> dict[str, str]:
    settings = content.settings
    moves = "1 move" if settings.steps == 1 else f"{settings.steps} moves"
    return {
        "targets": f"{settings.targets} targets",
        "steps": f"at most {moves}",
        "range": range_of(settings),
        "frames": f"{settings.frames} frame{'' if settings.frames == 1 else 's'} a grasp",
        "objects": f"objects {_last(settings.objects)}",
        "hand": f"hand {_last(settings.hand)}",
        "model": f"model {content.model_id}",
        "seed": f"seed {settings.seed}",
    }


def range_of(settings: Settings) -> str:
    """How wide the boxes of starts and targets were."""
    targets = settings.range_scale
    starts = targets if settings.start_scale is None else settings.start_scale
    if starts != targets:
        return f"starts x {starts:g}, targets x {targets:g}"
    return "full range of starts" if targets == 1.0 else f"range x {targets:g}"


def _last(name_or_path: str) -> str:
    return name_or_path.rstrip("/").rpartition("/")[2].removesuffix(".yaml")


def evaluate_command(content: Evaluation) -> str:
    """The `tacrefine evaluate` command with the settings of a file."""
    settings = content.settings
    words = ["tacrefine", "evaluate"]
    for name in ("objects", "plant", "targets", "steps", "trials", "seed", "frames", "model", "hand"):
        words += [f"--{name}", str(getattr(settings, name))]
    words += ["--range-scale", f"{settings.range_scale:g}"]
    if settings.start_scale is not None:
        words += ["--start-scale", f"{settings.start_scale:g}"]
    return shlex.join(words)
