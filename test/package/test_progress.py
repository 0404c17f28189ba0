"""Progress where there is no terminal: lines that show life, and not too many."""

from __future__ import annotations

import pytest

from tacrefine.cli.progress import ProgressLines, progress_bar


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_line_comes_every_twentieth(clock: Clock) -> None:
    lines = ProgressLines("grasps", 1000, clock=clock)
    said = []
    for done in range(0, 1001, 10):
        lines.update(done)
        said.append(lines.line())
        clock.now += 1.0
    assert sum(line is not None for line in said) == 20
    assert "grasps 500/1000 (50 %), elapsed 0:00:50, remaining 0:00:50" in said


def test_a_job_that_stands_still_shows_life_every_ten_seconds(clock: Clock) -> None:
    lines = ProgressLines("steps", 1000, "error", clock)
    lines.update(1, "0.5")
    said = []
    for _ in range(60):
        clock.now += 0.5
        said.append(lines.line())
    assert [line for line in said if line] == [
        f"steps 1/1000 (0 %), elapsed 0:00:{second}, remaining unknown, error 0.5" for second in (10, 20, 30)
    ]


def test_a_fast_job_does_not_flood_the_log(clock: Clock) -> None:
    lines = ProgressLines("grasps", 100, clock=clock)
    said = []
    for done in range(100):
        lines.update(done)
        said.append(lines.line())
        clock.now += 0.02
    assert sum(line is not None for line in said) <= 2
    assert lines.line(last=True) is not None
    assert lines.line(last=True) is None


def test_what_was_there_before_does_not_count_as_speed(clock: Clock) -> None:
    lines = ProgressLines("steps", 1000, clock=clock)
    lines.update(900)
    clock.now = 100.0
    lines.update(950)
    assert "remaining 0:01:40" in str(lines.line())


def test_a_log_gets_lines_and_the_last_one_is_complete(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("evaluating", 0) as advance:
        advance(0, total=4)
        advance(4, total=4)
    assert "evaluating 4/4 (100 %)" in capsys.readouterr().err
