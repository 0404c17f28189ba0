"""The sentences on the page about common problems are those that the software writes."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how_to" / "common_problems.md").read_text(encoding="utf-8")
SENTENCES = re.findall(r"^`([^`]+)`\n:   ", PAGE, re.MULTILINE)
GAP = "…"


@cache
def written() -> tuple[str, ...]:
    """Every text in the sources, a gap where a value is put in; the lines of the set-up script."""
    texts = []
    for path in sorted((ROOT / "src").rglob("*.py")):
        texts += [text_of(node) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    scripts = (
        line for name in ("setup.sh", "env.sh") for line in (ROOT / "scripts" / name).open(encoding="utf-8")
    )
    return tuple(
        text for text in (*texts, *(re.sub(r"\$[{(]?\w+[%*} ]*", GAP, line) for line in scripts)) if text
    )


def text_of(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) or GAP for part in node.values)
    return ""


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_on_the_page_is_one_that_the_software_writes(sentence: str) -> None:
    parts = [part.strip() for part in sentence.split(GAP) if len(part.strip()) > 3]
    longest = max(parts, key=len)
    assert len(longest) > 5
    assert any(all(part in text for part in parts) for text in written()), parts


def test_the_page_has_entries_for_each_area() -> None:
    assert len(SENTENCES) > 40
    for area in ("Set-up", "Starting nodes", "Topics", "Touch and joints", "Goals", "Bags", "Meshes"):
        assert f"\n## {area}\n" in PAGE
