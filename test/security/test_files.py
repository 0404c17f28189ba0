"""Spoiled files of every kind are taken or refused in one sentence; nothing is executed, nothing overwritten."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from fuzzing.corpus import KINDS
from fuzzing.judging import judge
from fuzzing.mutations import aliases

from tacrefine.config import load_yaml
from tacrefine.data.dataset import read_index
from tacrefine.errors import ConfigError, DataError
from tacrefine.plants.description import PlantDescription

CASES = 6
SLOW = {"model torch", "mesh"}  # the benchmark has them


@pytest.mark.parametrize("name", [name for name in KINDS if name not in SLOW])
def test_a_spoiled_file_is_taken_or_refused_in_one_sentence_and_nothing_else_happens(
    name: str, tmp_path: Path
) -> None:
    kind = KINDS[name]
    (tmp_path / "whole").mkdir()
    kind.make(tmp_path / "whole")
    kind.load(tmp_path / "whole")  # or the test would only see that everything is refused
    for number in range(CASES):
        folder = tmp_path / f"case{number}"
        shutil.copytree(tmp_path / "whole", folder)
        verdict = judge(kind, folder, number, seed=0)
        assert verdict.outcome in ("taken", "refused", "slow"), f"case {number}: {verdict}"
        shutil.rmtree(folder)


@pytest.mark.parametrize("content", [aliases(), b"[" * 100_000, b"&a [*a]", b"name: " + b"9" * 6000])
def test_yaml_that_unfolds_without_end_is_refused_at_once(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bomb.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_yaml(path, PlantDescription)
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "shard-1", "", "shard-000000.safetensors/.."]
)
def test_an_index_leads_nowhere_but_into_its_own_folder(name: str, tmp_path: Path) -> None:
    (tmp_path / "dataset.json").write_text(f'{{"shards": [{{"name": "{name}", "sha256": "0"}}]}}')
    with pytest.raises(DataError, match=r"dataset\.json: shard 0 needs a name like"):
        read_index(tmp_path)
