"""A hand's file as content that can be changed and written again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tacrefine.documents import read_yaml
from tacrefine.errors import ConfigError
from tacrefine.hands import load_hand


def hand_content(path: Path) -> tuple[dict[str, Any], str]:
    """What a hand's file holds, and the comment that it begins with; raises ConfigError unless it is a whole hand.

    Files of taxels are named from where the hand's file lies, so they are read into the content.
    """
    hand = load_hand(path if path.suffix else path.with_name(f"{path.name}.yaml"))
    content = read_yaml(path, ConfigError)
    assert isinstance(content, dict)
    for finger, known in zip(content["fingers"], hand.description.fingers, strict=True):
        for pad, described in zip(finger["pads"], known.pads, strict=True):
            if isinstance(pad.get("taxels"), str):
                assert isinstance(described.taxels, tuple)
                pad["taxels"] = [[*taxel.at, *taxel.normal] for taxel in described.taxels]
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line)
    return content, "".join(f"{line}\n" for line in lines)
