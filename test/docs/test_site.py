"""The documentation site: it builds without a warning, is complete, and loads nothing from other hosts."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from reference_pages import all_pages

import tacrefine
from tacrefine.bringup.registry import NODE_PARAMETERS
from tacrefine.cli import VERBS
from tacrefine.parameters import specs
from tacrefine.supervision.errors import REFINE, REGRASP, all_errors

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
LOADED = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "object": "data",
    "link": "href",
}


class Links(HTMLParser):
    """What a page loads, what it links to, and the names that others may link to."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.linked: list[str] = []
        self.classes: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.classes.update(values.get("class", "").split())
        if values.get(LOADED.get(tag, "")):
            self.loaded.append(values[LOADED[tag]])
        if tag == "a" and "href" in values:
            self.linked.append(values["href"])


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Links]:
    return {page: Links(page) for page in sorted(site.rglob("*.html"))}


def is_remote(url: str) -> bool:
    return bool(urlsplit(url).scheme or urlsplit(url).netloc) and not url.startswith("data:")


def test_no_page_loads_anything_from_another_host(site: Path, pages: dict[Path, Links]) -> None:
    remote = {url for links in pages.values() for url in links.loaded if is_remote(url)}
    for sheet in site.rglob("*.css"):
        remote |= set(re.findall(r"url\([\"']?(?:https?:)?(//[^)\"']+)", sheet.read_text(encoding="utf-8")))
    assert not remote


def test_no_page_holds_a_diagram_for_which_the_theme_would_load_a_script(pages: dict[Path, Links]) -> None:
    assert not {"mermaid"} & set().union(*(links.classes for links in pages.values()))


def test_everything_that_a_page_links_to_or_loads_is_there(site: Path, pages: dict[Path, Links]) -> None:
    for page, links in pages.items():
        for url in (*links.linked, *links.loaded):
            path = unquote(urlsplit(url).path)
            if is_remote(url) or not path:
                continue
            target = site / path.lstrip("/") if path.startswith("/") else page.parent / path
            target = target / "index.html" if target.is_dir() else target
            assert target.exists(), f"{page.relative_to(site)}: {url}"


def test_every_verb_and_every_node_has_a_page_with_all_its_options_and_parameters() -> None:
    texts = {page.path: page.text for page in all_pages()}
    for verb in VERBS:
        assert f"tacrefine {verb}" in texts[f"reference/cli/{verb}.md"]
    for node, group in NODE_PARAMETERS.items():
        missing = [
            name for name in specs(group) if f"`{name}`" not in texts[f"reference/parameters/{node}.md"]
        ]
        assert not missing, node


def test_every_error_code_of_both_actions_is_listed_with_its_name() -> None:
    text = next(page.text for page in all_pages() if page.path == "reference/error_codes.md")
    for action in (REFINE, REGRASP):
        for name, error in all_errors(action).items():
            assert re.search(rf"^\| {error.code} \| `{name}` \| .*`{action}`", text, re.MULTILINE), name


def test_every_interface_file_has_a_page_with_all_its_fields() -> None:
    texts = {page.path: page.text for page in all_pages()}
    for path in (p for kind in ("msg", "srv", "action") for p in (ROOT / kind).iterdir()):
        lines = (line.partition("#")[0].split() for line in path.read_text(encoding="utf-8").splitlines())
        names = [words[1].partition("=")[0] for words in lines if len(words) > 1]
        missing = [name for name in names if f"`{name}`" not in texts[f"reference/messages/{path.stem}.md"]]
        assert not missing, path.name


def test_every_results_file_is_named_by_a_page() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").rglob("*.md"))
    unnamed = [path.name for path in sorted((ROOT / "results").glob("*.json")) if path.name not in text]
    assert not unnamed


def test_every_name_of_the_python_api_is_on_its_page() -> None:
    text = (ROOT / "docs" / "reference" / "api" / "index.md").read_text(encoding="utf-8")
    missing = [
        name
        for name in tacrefine.__all__
        if name != "__version__" and f"`tacrefine.{name}" not in text and f"`{name}`" not in text
    ]
    assert not missing
