"""Options that several verbs share."""

from __future__ import annotations

from typing import Annotated

import typer

AdapterOption = Annotated[
    str,
    typer.Option(
        "--adapter",
        help="Where touch, joints and wrist are on this robot: a shipped adapter's name or a YAML file.",
    ),
]
Processes = Annotated[int | None, typer.Option(min=1, help="Processes; default: all cores.")]
RayAddress = Annotated[
    str | None,
    typer.Option(
        "--ray",
        metavar="ADDRESS",
        help="Work on this Ray cluster instead: host:port, ray://host:port, auto, or local (started for this job).",
    ),
]
"""as :func:`tacrefine.workers.open_executor` takes it"""


def mapping(names: list[str] | None) -> dict[str, str]:
    """Topics by their relative names, as --topic gives them; ConfigError for other entries."""
    from tacrefine.errors import ConfigError

    pairs = [name.partition("=") for name in names or []]
    for name, _, topic in pairs:
        if not name or not topic.startswith("/"):
            raise ConfigError(
                "--topic: give NAME=TOPIC with the full name in the bag, like wrist_pose=/arm/pose."
            )
    return {name: topic for name, _, topic in pairs}
