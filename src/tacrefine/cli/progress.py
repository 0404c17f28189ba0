"""One progress bar with elapsed and remaining time for all long jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(what: str, total: int, figure: str = "") -> Iterator[Callable[..., None]]:
    """Yields ``advance(done, text="", total=None)``; `figure` names the text that is shown beside the bar."""
    from rich.console import Console
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
        TextColumn("left"),
        TimeRemainingColumn(elapsed_when_finished=False),
        TextColumn("{task.fields[text]}"),
    )
    with Progress(*columns, console=Console(stderr=True), speed_estimate_period=120) as progress:
        task = progress.add_task(what, total=total, text="")

        def advance(done: int, text: str = "", total: int | None = None) -> None:
            progress.update(
                task, completed=done, total=total, text=f"{figure} {text}".strip() if text else ""
            )

        yield advance
