"""A hand's file as content that can be changed and written again."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from tacrefine.documents import read_yaml
from tacrefine.errors import ConfigError
from tacrefine.hands import load_hand


class HandContent(NamedTuple):
    """What a hand's file holds; taxels that it names (a CSV file, a sensor) are read into `values`."""

    values: dict[str, Any]
    comment: str
    """the lines that the file begins with"""
    named: dict[str, str]
    """what the file names for the taxels of a pad, by pad"""

    def as_written(self, values: dict[str, Any]) -> dict[str, Any]:
        """Changed values with the names of taxels as the file has them."""
        fingers = [
            {
                **finger,
                "pads": [
                    {**pad, "taxels": self.named[pad["name"]]} if pad["name"] in self.named else pad
                    for pad in finger["pads"]
                ],
            }
            for finger in values["fingers"]
        ]
        return {**values, "fingers": fingers}


def hand_content(path: Path) -> HandContent:
    """What a hand's file holds; raises ConfigError in one sentence unless it is a whole hand."""
    hand = load_hand(path if path.suffix else path.with_name(f"{path.name}.yaml"))
    content = read_yaml(path, ConfigError)
    assert isinstance(content, dict)
    named = {}
    for finger, known in zip(content["fingers"], hand.description.fingers, strict=True):
        for pad, described in zip(finger["pads"], known.pads, strict=True):
            if isinstance(pad.get("taxels"), str):
                assert isinstance(described.taxels, tuple)
                named[pad["name"]] = pad["taxels"]
                pad["taxels"] = [[*taxel.at, *taxel.normal] for taxel in described.taxels]
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line)
    return HandContent(content, "".join(f"{line}\n" for line in lines), named)
