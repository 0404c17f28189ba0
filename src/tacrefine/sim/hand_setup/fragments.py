"""Parts of MJCF models, which a whole model includes: bodies without a worldbody, or what stands beside bodies."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

IN_WORLDBODY = ("body", "geom", "site", "joint", "freejoint", "inertial", "camera", "light", "frame")
LARGEST_NEIGHBOURS = 50
"""files looked through for the one that includes a part"""


def as_whole_model(path: Path) -> str | None:
    """The text of a model of its own with what the part in this file holds; None where the file is no part.

    A part has the root <mujocoinclude>, or bodies that stand in no <worldbody>.
    """
    try:
        text = path.read_bytes()
        if b"<!ENTITY" in text or b"<!DOCTYPE" in text:
            return None
        root = ElementTree.fromstring(text)  # noqa: S314 - no entities
    except (ElementTree.ParseError, OSError, LookupError, ValueError):
        return None
    loose = [child for child in root if child.tag in IN_WORLDBODY]
    if root.tag != "mujocoinclude" and not loose:
        return None
    root.tag = "mujoco"
    if loose:
        world = ElementTree.SubElement(root, "worldbody")
        for child in loose:
            root.remove(child)
            world.append(child)
    return ElementTree.tostring(root, encoding="unicode")


def who_includes(path: Path) -> str:
    """End of a sentence: which file to give instead of a part, named if it lies beside it."""
    wanted = re.compile(rf"""<include\s[^>]*file\s*=\s*["']([^"']*/)?{re.escape(path.name)}["']""")
    for folder in (path.parent, path.absolute().parent.parent):
        for other in sorted(folder.glob("*.xml"))[:LARGEST_NEIGHBOURS]:
            try:
                if other.name != path.name and wanted.search(
                    other.read_text(encoding="utf-8", errors="replace")
                ):
                    return f"give the model that includes it: {other}"
            except OSError:
                continue
    return "give the model that includes it"
