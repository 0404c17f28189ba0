"""The demo as a user starts it: a process that starts processes, and leaves none behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tacrefine.bringup.processes import NodeProcesses
from tacrefine.cli import EXIT_BAD_INPUT, main

pytestmark = [pytest.mark.ros, pytest.mark.slow]


def start(folder: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tacrefine", "demo", "--out", str(folder), *options]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


def nodes_of(process: subprocess.Popen[str]) -> set[int]:
    """Processes that are children of the demo, by the environment they inherited from it."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != process.pid:
            try:
                if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == process.pid:
                    found.add(int(entry.name))
            except (OSError, ValueError):
                continue
    return found


def assert_gone(pids: set[int]) -> None:
    deadline = time.monotonic() + 10.0
    while alive := [pid for pid in pids if os.path.exists(f"/proc/{pid}")]:
        assert time.monotonic() < deadline, f"still running: {alive}"
        time.sleep(0.05)


@pytest.fixture
def no_processes(monkeypatch):
    """Whatever starts a node fails."""

    def start_one(*_words):
        raise AssertionError("a node was started")

    monkeypatch.setattr(NodeProcesses, "start", start_one)


def test_the_demo_refines_a_grasp_and_shows_it(tmp_path):
    process = start(tmp_path, "--json", str(tmp_path / "figures.json"))
    text, _ = process.communicate(timeout=120)
    assert process.returncode == 0, text
    result = json.loads((tmp_path / "result.json").read_text())
    assert result == json.loads((tmp_path / "figures.json").read_text())
    assert result["success"]
    assert result["final_mm"] < result["start_mm"]
    assert result["latency_samples"] > 100
    assert (tmp_path / "refinement.png").stat().st_size > 10_000
    for words in ("grasp disturbed", "reading the fingertips", "moving the wrist", "within 5 mm"):
        assert words in text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_leaves_no_process_behind(tmp_path, number):
    process = start(tmp_path)
    deadline = time.monotonic() + 60.0
    while len(children := nodes_of(process)) < 3:
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.05)
    process.send_signal(number)
    text, _ = process.communicate(timeout=30)
    assert process.returncode != 0
    assert "Traceback" not in text
    assert_gone(children)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--object", "banana"], "banana"),
        (["--model", "nowhere"], "nowhere"),
        (["--plant", "nominal"], "elastic"),
    ],
)
def test_a_wrong_choice_is_named_before_anything_starts(tmp_path, no_processes, capfd, options, word):
    assert main(["demo", "--out", str(tmp_path), *options]) == EXIT_BAD_INPUT
    text = "".join(capfd.readouterr())
    assert word in text
    assert len(text.strip().splitlines()) == 1


def test_the_regrasp_demo_lifts_an_object_and_shows_how(tmp_path):
    options = ("--regrasp", "--real-time-factor", "3", "--json", str(tmp_path / "figures.json"))
    for seed in ("5", "6"):  # grasps may fail, and then the demo says so
        process = start(tmp_path, *options, "--seed", seed)
        text, _ = process.communicate(timeout=240)
        result = json.loads((tmp_path / "regrasp.json").read_text())
        assert result == json.loads((tmp_path / "figures.json").read_text())
        assert result["lifted"] == (process.returncode == 0)
        for words in ("looking at the table", "action ended", "the simulator's truth"):
            assert words in text
        if result["lifted"]:
            break
    assert result["lifted"], text
    assert result["error_code"] == 0
    assert result["decisions"][-1]["lifts"]
    assert (tmp_path / "regrasp.png").stat().st_size > 10_000
    for words in ("feeling with both pads", "chosen: ", "both pads still feel"):
        assert words in text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--object", "teapot"), "object 'teapot' is unknown"),
        (("--regrasp-objects", "nowhere"), "nowhere"),
        (("--regrasp-model", "nothing"), "nothing"),
    ],
)
def test_a_wrong_choice_for_the_regrasp_demo_is_told_before_anything_starts(
    tmp_path, no_processes, capfd, options, words
):
    assert main(["demo", "--out", str(tmp_path), "--regrasp", *options]) == EXIT_BAD_INPUT
    text = "".join(capfd.readouterr())
    assert words in text
    assert "Traceback" not in text


@pytest.mark.timeout(900)
def test_a_task_is_done_without_touch_and_with_it_told_and_filmed(tmp_path):
    process = start(tmp_path, "--task", "plate", "--rendering", "rays")
    told, _ = process.communicate(timeout=880)
    figures = json.loads((tmp_path / "plate.json").read_text())
    assert process.returncode == (0 if figures["success"] else 1), told
    assert "refines the grasp by touch" in told
    assert told.index("Without touch") < told.index("With touch")
    assert figures["with"]["error_deg"] < 2.0 < figures["without"]["error_deg"], told
    assert figures["rendering"] == "rays"
    assert (tmp_path / "plate.gif").stat().st_size < 1_500_000
    assert (tmp_path / "plate.png").stat().st_size > 10_000


def test_an_unknown_task_is_refused_before_any_node_starts(tmp_path):
    process = start(tmp_path, "--task", "cook")
    told, _ = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "task 'cook' is unknown; allowed are plate, peg" in told
