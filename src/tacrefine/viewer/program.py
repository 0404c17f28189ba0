"""`tacrefine view` from start to end: one loop that takes what has come and draws it, twenty times a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from tacrefine.bags.schemas import Topic
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.touch import SourceSettings
from tacrefine.touch.adapters import Adapter
from tacrefine.viewer.feed import Feed
from tacrefine.viewer.live import Arrivals, take_arrivals
from tacrefine.viewer.page.console import Page
from tacrefine.viewer.page.controls import Controls, Operator
from tacrefine.viewer.page.timeline import TimeLine
from tacrefine.viewer.player import Player
from tacrefine.viewer.topics import LIVE

PERIOD_S = 0.05
"""from one picture to the next"""
UNSEEN_S = 1.0
"""the same while no browser has the page open"""


class Source(Protocol):
    """Where messages of a running stack come from."""

    def poll(self) -> Iterable[Arrivals]:
        """Everything that has come since the last call."""


def view_stack(
    page: Page,
    hand: str,
    objects: str,
    settings: SourceSettings,
    adapter: Adapter | None,
    open_source: Callable[[Sequence[Topic]], Source],
    operator: Operator | None,
    goes_on: Callable[[], bool],
) -> None:
    """Show a running stack until `goes_on` is False; `operator` does what buttons ask for, None: there are none."""
    known = load_objects(objects)
    feed = Feed(load_hand(hand), known, settings, LIVE, adapter)
    panels = page.build(feed.state, is_bag=False)
    controls = None
    if operator is not None:
        panels.middle.visible = True
        with panels.middle:
            controls = Controls(page.server, operator, list(known))
    source = open_source(feed.sensors.topics)
    clock = _Pace(page)
    while goes_on():
        now = time.monotonic()
        take_arrivals(feed, source.poll(), now)
        if controls is not None:
            state = feed.state
            controls.show_stop(state.stopped)
            if state.target is not None or state.simulated_object:
                target = state.target
                controls.suggest(
                    target.name if target else "", target.object if target else state.simulated_object
                )
        clock.draw(feed, now, now)


def view_bag(
    page: Page, path: Path, feed: Feed, names: Mapping[str, str], goes_on: Callable[[], bool]
) -> None:
    """Show a bag with its time line until `goes_on` is False; the feed is that of `player.open_feed`."""
    panels = page.build(feed.state, is_bag=True)
    panels.middle.visible = True
    with Player(path, feed, names) as player:
        with panels.middle:
            line = TimeLine(page.server, player)
        clock, before = _Pace(page), time.monotonic()
        while goes_on():
            now = time.monotonic()
            line.update(now - before)
            before = now
            clock.draw(feed, now, player.time)


class _Pace:
    """Draws no more often than a picture is due, less often while nobody looks, and waits for the next."""

    def __init__(self, page: Page) -> None:
        self._page, self._due, self._drawn = page, time.monotonic(), -float("inf")

    def draw(self, feed: Feed, now: float, shown: float) -> None:
        """Draw at `now` the state at `shown`, which may be a bag's time, and wait."""
        if self._page.is_open or now - self._drawn >= UNSEEN_S:
            self._drawn = now
            self._page.show(feed.state, shown)
        self._due = max(self._due + PERIOD_S, now)
        time.sleep(max(0.0, self._due - time.monotonic()))
