"""Commands on a Ray cluster give what they give on one process; one cluster on loopback serves them all here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tacrefine.cli import main
from tiny import ONE_BOX, TWO_OBJECTS, tiny_model_folder

SOURCES = Path(__file__).parents[2] / "src"
DATASET = "samples: 400\ngroups_per_shard: 8\ngroups: {size: 4, anchors: 2}\n"
PROGRAM = """
import json, sys
import ray
from tacrefine.cli import main

# The first command starts a cluster of its own and the others use it: a start takes longer than what they compute.
start = ray.init
ray.init = lambda *arguments, **options: None if ray.is_initialized() else start(*arguments, **options)
stop, ray.shutdown = ray.shutdown, lambda: None
codes = [main(words) for words in json.loads(sys.argv[1])]
stop()
sys.exit(any(codes))
"""


def figures(path: Path) -> dict[str, Any]:
    """Everything that does not tell when, where and how fast it was computed."""
    return {
        key: value for key, value in json.loads(path.read_text()).items() if key not in ("made", "seconds")
    }


def attempts(path: Path) -> dict[str, Any]:
    return {key: value for key, value in json.loads(path.read_text()).items() if key in ("attempts", "sets")}


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Words of each command; the last one says where its result goes."""
    folder = tmp_path_factory.mktemp("descriptions")
    for name, text in {"two": TWO_OBJECTS, "one": ONE_BOX, "data": DATASET}.items():
        (folder / f"{name}.yaml").write_text(text)
    two, one, data = (str(folder / f"{name}.yaml") for name in ("two", "one", "data"))
    regrasp = (
        f"regrasp evaluate --policy both=regrasp_wsg50 --policy cylinder --grasps 2 --objects {one} --json"
    )
    collect = "regrasp collect --objects easy --trials 51 --policy regrasp_wsg50 --out"
    return {
        "evaluate": f"evaluate --objects {two} --model {tiny_model_folder()} --trials 12 --steps 1 --json".split(),
        "generate": f"generate --config {data} --out".split(),
        "regrasp evaluate": regrasp.split(),
        "regrasp collect": collect.split(),
    }


@pytest.fixture(scope="module")
def on_ray(commands: dict[str, list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the results of all of them lie that were computed on a cluster of two processes."""
    pytest.importorskip("ray")
    folder = tmp_path_factory.mktemp("ray")
    words = [
        [*words, str(folder / name), "--ray", "local", "--processes", "2"] for name, words in commands.items()
    ]
    # In a process of its own: Ray keeps its settings and threads for the life of an interpreter.
    called = [sys.executable, "-c", PROGRAM, json.dumps(words)]
    subprocess.run(called, env=os.environ | {"PYTHONPATH": str(SOURCES)}, cwd=folder, check=True, timeout=240)
    return folder


@pytest.mark.processes
@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("evaluate", figures),
        ("generate", content),
        ("regrasp evaluate", attempts),
        ("regrasp collect", content),
    ],
)
def test_ray_gives_the_results_of_one_process(
    commands: dict[str, list[str]],
    on_ray: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    read: Callable[[Path], Any],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*commands[name], str(tmp_path / "one"), "--processes", "1"]) == 0
    assert read(tmp_path / "one") == read(on_ray / name)
