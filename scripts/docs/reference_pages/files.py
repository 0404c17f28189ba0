"""Pages that are files of the repository outside `docs/`: the changelog and what the examples say of themselves."""

from __future__ import annotations

import re

from reference_pages.page import ROOT, Page

EXAMPLES = {
    "pick_refine_insert": "Pick, refine, insert",
}


def pages() -> list[Page]:
    """The examples, then the changelog."""
    examples = [
        Page(
            f"examples/{name}.md", title, _read(f"examples/{name}/README.md").replace("(../../docs/", "(../")
        )
        for name, title in EXAMPLES.items()
    ]
    return [*examples, Page("changelog.md", "Changelog", _read("CHANGELOG.md").replace("(docs/", "("))]


def _read(path: str) -> str:
    """The file's text; a link to a file that is no page of the site is written as the file's name."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return re.sub(r"\[([^\]]+)\]\((?!https?://|\.\./\.\./docs/|docs/|#)([^)]+)\)", r"\1 (`\2`)", text)
