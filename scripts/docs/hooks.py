"""Hooks of MkDocs: they add the reference pages that are made from the code to the site and to its navigation."""

from __future__ import annotations

from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from reference_pages import Page, all_pages

GENERATED = "generated:"
"""an entry of the navigation in mkdocs.yml that begins so stands for the generated pages of that folder"""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the generated pages where the navigation in mkdocs.yml asks for them."""
    config.nav = _filled(config.nav or [], all_pages())
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the text of the generated pages."""
    for page in all_pages():
        files.append(File.generated(config, page.path, content=page.text))
    return files


def _filled(entries: list[Any], pages: list[Page]) -> list[Any]:
    filled: list[Any] = []
    for entry in entries:
        if isinstance(entry, str) and entry.startswith(GENERATED):
            folder = entry.removeprefix(GENERATED)
            filled += [{page.title: page.path} for page in pages if page.path.startswith(folder)]
        elif isinstance(entry, dict):
            filled.append(
                {
                    key: _filled(value, pages) if isinstance(value, list) else value
                    for key, value in entry.items()
                }
            )
        else:
            filled.append(entry)
    return filled
