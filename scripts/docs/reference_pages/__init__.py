"""Reference pages that are made from the code: commands, parameters, topics, messages, adapters, plants, codes."""

from __future__ import annotations

from functools import cache

from reference_pages import adapter, codes, command_line, files, messages, parameters, plant, topics
from reference_pages.page import Page

__all__ = ["Page", "all_pages"]


@cache
def all_pages() -> list[Page]:
    """Every generated page, in the order of the navigation."""
    return [
        *command_line.pages(),
        *parameters.pages(),
        *topics.pages(),
        *messages.pages(),
        *adapter.pages(),
        *plant.pages(),
        *codes.pages(),
        *files.pages(),
    ]
