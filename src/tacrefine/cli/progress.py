"""One progress bar with elapsed and remaining time for all long jobs, and lines of text where there is no terminal."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

LONGEST_PAUSE = 10.0
"""s between two lines"""
SHORTEST_PAUSE = 1.0
"""s between two lines"""
SHARE = 0.05
"""of the whole that is worth a line"""


@contextmanager
def progress_bar(what: str, total: int, figure: str = "") -> Iterator[Callable[..., None]]:
    """Yields ``advance(done, text="", total=None)``; `figure` names the text that is shown beside the bar."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        with _lines(ProgressLines(what, total, figure)) as advance:
            yield advance
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("elapsed"),
        TimeElapsedColumn(),
        TextColumn("remaining"),
        TimeRemainingColumn(elapsed_when_finished=False),
        TextColumn("{task.fields[text]}"),
    )
    with Progress(*columns, console=console, speed_estimate_period=120) as progress:
        task = progress.add_task(what, total=total, text="")

        def advance(done: int, text: str = "", total: int | None = None) -> None:
            progress.update(
                task, completed=done, total=total, text=f"{figure} {text}".strip() if text else ""
            )

        yield advance


class ProgressLines:
    """Progress as lines of a log: one for every twentieth of the whole, at least every ten seconds, never two a second.

    The first report counts as where the job began: what an earlier run had done says nothing of the speed.
    """

    def __init__(
        self, what: str, total: int, figure: str = "", clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._what, self._total, self._figure, self._clock = what, total, figure, clock
        self._begun = self._reported_at = clock()
        self._first: int | None = None
        self._done = self._reported = 0
        self._text = ""

    def update(self, done: int, text: str = "", total: int | None = None) -> None:
        """Take note of how far the job is."""
        self._total = self._total if total is None else total
        if self._first is None:
            self._first = self._reported = done
        self._done, self._text = done, text

    def line(self, last: bool = False) -> str | None:
        """What is to be written now, if anything; `last` asks for whatever was not said yet."""
        pause, news = self._clock() - self._reported_at, self._done - self._reported
        worth = news >= max(1.0, SHARE * self._total) and pause >= SHORTEST_PAUSE
        if not (worth or pause >= LONGEST_PAUSE or (last and news)):
            return None
        self._reported_at, self._reported = self._clock(), self._done
        elapsed = self._clock() - self._begun
        made = self._done - (self._first or 0)
        share = f" ({100 * self._done / self._total:.0f} %)" if self._total else ""
        left = _time(elapsed * (self._total - self._done) / made) if made and self._total else "unknown"
        text = f", {self._figure} {self._text}".rstrip() if self._text else ""
        return f"{self._what} {self._done}/{self._total}{share}, elapsed {_time(elapsed)}, remaining {left}{text}"


@contextmanager
def _lines(lines: ProgressLines) -> Iterator[Callable[..., None]]:
    """Writes lines to stderr as the job goes, from a thread too, since a single part of it may take long."""
    ended, one_at_a_time = threading.Event(), threading.Lock()

    def report(last: bool = False) -> None:
        with one_at_a_time:
            line = lines.line(last)
            if line is not None:
                print(line, file=sys.stderr, flush=True)

    def advance(done: int, text: str = "", total: int | None = None) -> None:
        lines.update(done, text, total)
        report()

    def watch() -> None:
        while not ended.wait(SHORTEST_PAUSE):
            report()

    thread = threading.Thread(target=watch, name="progress", daemon=True)
    thread.start()
    try:
        yield advance
    finally:
        ended.set()
        thread.join()
        report(last=True)


def _time(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
