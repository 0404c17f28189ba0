"""The ablation benchmark: one command, and what was finished is not made again."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.training

ROOT = Path(__file__).parents[2]
ONE_OBJECT = """
name: one
classes: {plate: {half_range: {z: 0.006, roll: 0.17, pitch: 0.17}}}
objects:
  - {name: flat, class: plate, shape: {kind: plate, thickness: 0.006}}
"""


def test_a_variant_is_trained_refined_and_kept(
    tiny_yaml: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one.yaml").write_text(ONE_OBJECT)
    config = yaml.safe_load(tiny_yaml.read_text()) | {"objects": str(tmp_path / "one.yaml")}
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(config))
    command = ["ablations.py", "--config", str(tmp_path / "tiny.yaml"), "--steps", "2", "--trials", "1"]
    command += [
        "--variants",
        "2_fingers,without_mask",
        "--out",
        str(tmp_path),
        "--json",
        str(tmp_path / "all.json"),
    ]
    monkeypatch.setattr(sys, "argv", command)
    runpy.run_path(str(ROOT / "benchmarks/ablations.py"), run_name="__main__")
    figures = json.loads((tmp_path / "all.json").read_text())
    assert list(figures["variants"]) == ["2_fingers", "without_mask"]
    few = figures["variants"]["2_fingers"]
    assert few["asked"]["training"]["network"]["unseen_pads"] == [2, 3, 4]
    for plant in ("nominal", "hard"):
        assert few[plant]["all"]["trials"] == 1

    before = (tmp_path / "2_fingers.json").stat().st_mtime_ns
    runpy.run_path(str(ROOT / "benchmarks/ablations.py"), run_name="__main__")
    assert (tmp_path / "2_fingers.json").stat().st_mtime_ns == before
    monkeypatch.setattr(sys, "argv", [*command, "--variants", "nonsense"])
    with pytest.raises(SystemExit):
        runpy.run_path(str(ROOT / "benchmarks/ablations.py"), run_name="__main__")
