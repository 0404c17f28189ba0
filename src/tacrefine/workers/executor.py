"""What every executor can do, and the one that works in this very process."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class Executor(ABC):
    """Runs functions. `ahead` more tasks are submitted than results are waited for."""

    def __init__(self, ahead: int) -> None:
        self.ahead = ahead

    @abstractmethod
    def submit(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Have one call made; the future raises what the function raises."""

    def ordered(self, function: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
        """Results in the order of `tasks`. Of endless tasks, `ahead` are made more than are asked for."""
        waiting: deque[Future[R]] = deque()
        for task in tasks:
            waiting.append(self.submit(function, task))
            if len(waiting) > self.ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def as_done(self, function: Callable[[T], R], tasks: Iterable[T]) -> Iterator[tuple[T, R]]:
        """Each task with its result, in the order in which they end; `tasks` must end."""
        futures: dict[Future[R], T] = {}
        for task in tasks:
            futures[self.submit(function, task)] = task
            if len(futures) > self.ahead:
                yield from _finished(futures)
        while futures:
            yield from _finished(futures)


class InlineExecutor(Executor):
    """Makes each call at once, in this process."""

    def __init__(self) -> None:
        super().__init__(ahead=0)

    def submit(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Make the call; an exception is raised here."""
        future: Future[R] = Future()
        future.set_result(function(*args, **kwargs))
        return future


def _finished(futures: dict[Future[R], T]) -> Iterator[tuple[T, R]]:
    """Wait for at least one of `futures`; remove and return all that are done."""
    for future in wait(futures, return_when=FIRST_COMPLETED).done:
        yield futures.pop(future), future.result()


def reworded(future: Future[R], reword: Callable[[BaseException], BaseException]) -> Future[R]:
    """A future with the same result, and with other errors."""
    outer: Future[R] = Future()

    def pass_on(inner: Future[Any]) -> None:
        if inner.cancelled():
            outer.cancel()
        elif (error := inner.exception()) is not None:
            outer.set_exception(reword(error))
        else:
            outer.set_result(inner.result())

    future.add_done_callback(pass_on)
    return outer
