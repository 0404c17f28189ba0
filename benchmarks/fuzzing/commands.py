"""Commands of the command line with spoiled files, each in a process of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from fuzzing.corpus import KINDS
from fuzzing.mutations import CANARY


class Run(NamedTuple):
    """A kind of file and the command that is to refuse it; `{}` stands for its folder."""

    kind: str
    words: tuple[str, ...]


RUNS = (
    Run("hand", ("evaluate", "--trials", "1", "--hand", "{}/five_finger.yaml")),
    Run("objects", ("evaluate", "--trials", "1", "--objects", "{}/fifteen.yaml")),
    Run("plant", ("evaluate", "--trials", "1", "--plant", "{}/training.yaml")),
    Run("training", ("train", "--steps", "1", "--config", "{}/five_finger.yaml", "--out", "{}/new")),
    Run("data", ("generate", "--processes", "1", "--config", "{}/default.yaml", "--out", "{}/new")),
    Run("model onnx", ("evaluate", "--trials", "1", "--model", "{}")),
    Run("model torch", ("export", "{}/")),
    Run("dataset", ("train", "--steps", "1", "--dataset", "{}", "--out", "{}/new")),
    Run("bag mcap", ("bags", "info", "{}/bag")),
    Run("bag sqlite3", ("bags", "convert", "{}/bag", "--cut", "bag", "--out", "{}/new")),
    Run("parameters", ("up", "--params-file", "{}/real_robot.yaml")),
    Run("adapter", ("bags", "convert", "{}", "--adapter", "{}/float32_multi_array.yaml", "--out", "{}/new")),
    Run("cell", ("up", "--cell", "{}/slots.yaml")),
    Run("presses", ("data", "import", "{}/table.csv", "--description", "{}/table.yaml", "--out", "{}/new")),
    Run("report", ("report", "{}/nominal.json", "--out", "{}/report.html")),
    Run("mesh", ("objects", "add", "{}/part.stl", "--to", "{}/other.yaml", "--class", "plate")),
)


def garbage(folder: Path, random: Random, number: int) -> None:
    """Spoil every file of the input beyond use."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        content = (random.randbytes(300), b"\x80\x04" + data, data[: len(data) // 3] + b"\x00{[", b"")[
            number % 4
        ]
        path.write_bytes(content)


def run_commands(times: int, seed: int, runs: Sequence[Run] = RUNS) -> dict[str, Any]:
    """Every command `times` times; `bad` are sentences on what was not as it must be."""
    bad: list[str] = []
    with tempfile.TemporaryDirectory(prefix="tacrefine-fuzz-") as scratch:
        for index, run in enumerate(runs):
            for number in range(times):
                folder = Path(scratch) / f"{index}-{number}"
                folder.mkdir()
                KINDS[run.kind].make(folder)
                garbage(folder, Random(f"{run.kind}/{seed}/{number}"), number)
                if problem := refusal_fault(run, folder):
                    bad.append(problem)
                shutil.rmtree(folder)
    return {"runs": times * len(runs), "bad": bad}


def refusal_fault(run: Run, folder: Path) -> str:
    """What is wrong with how the command refuses its input; empty if nothing is."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    words = [word.format(folder) for word in run.words]
    command = [sys.executable, "-m", "tacrefine", *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=300, check=False)
    called = " ".join(run.words)
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    if done.returncode != 2:
        return f"{called}: exit code {done.returncode}: {done.stderr[-1500:]}"
    if "Traceback" in done.stderr or not lines or not lines[-1].startswith("tacrefine "):
        return f"{called}: {done.stderr[-1500:]}"
    if str(folder) not in lines[-1]:
        return f"{called}: does not name the file: {lines[-1]}"
    after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    if (folder / CANARY).exists() or {path: after.get(path) for path in before} != before:
        return f"{called}: something was executed or overwritten"
    return ""
