"""Messages, services and actions of this package: their fields with the comments of the interface files."""

from __future__ import annotations

import re

from reference_pages.page import ROOT, Page, table

FOLDER = "reference/messages"
PARTS = {"msg": ("",), "srv": ("Request", "Response"), "action": ("Goal", "Result", "Feedback")}
LINE = re.compile(r"^(?P<type>\S+)\s+(?P<name>\w+)\s*(?:=\s*(?P<value>[^#\s]+))?\s*(?:#\s*(?P<meaning>.*))?$")


def pages() -> list[Page]:
    """One page for each interface file."""
    found = []
    for kind in PARTS:
        for path in sorted((ROOT / kind).glob(f"*.{kind}")):
            text = path.read_text(encoding="utf-8")
            found.append(Page(f"{FOLDER}/{path.stem}.md", path.stem, _page(path.stem, kind, text)))
    return found


def _page(name: str, kind: str, text: str) -> str:
    described, sections = _summary(text), text.split("\n---\n")
    lines = [f"# {name}", "", f"`tacrefine/{kind}/{name}`. {described}", ""]
    for heading, section in zip(PARTS[kind], sections, strict=True):
        lines += [f"## {heading}", ""] if heading else []
        lines += [_fields(section), ""]
    return "\n".join(lines)


def _summary(text: str) -> str:
    """The comment at the top of the file, as one paragraph."""
    comments = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        comments.append(line.removeprefix("#").strip())
    return " ".join(comments)


def _fields(section: str) -> str:
    constants, fields = [], []
    for line in section.splitlines():
        match = LINE.match(line) if line and not line.startswith("#") else None
        if match is None:
            continue
        meaning = match["meaning"] or ""
        if match["value"] is not None:
            constants.append((f"`{match['name']}`", f"`{match['value']}`", meaning))
        else:
            fields.append((f"`{match['name']}`", f"`{match['type']}`", meaning))
    tables = [table(("field", "type", "meaning"), fields)] if fields else ["No fields."]
    if constants:
        tables.append(table(("constant", "value", "meaning"), constants))
    return "\n\n".join(tables)
