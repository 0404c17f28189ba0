"""The tutorial on another robot's bags: its three commands make a model out of foreign topics."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tacrefine.cli import main
from tacrefine.hands import load_hand
from tacrefine.policy import load_policy
from tiny import tiny_model_folder

pytestmark = [pytest.mark.processes, pytest.mark.slow, pytest.mark.training]
ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorials" / "other_robot.md"


def test_three_commands_lead_from_foreign_bags_to_a_model(tmp_path, monkeypatch, capsys):
    commands = [
        shlex.split(line)
        for line in re.findall(r"^    (\S.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
        if line.startswith(("tacrefine ", "python "))
    ]
    assert [command[0] for command in commands] == ["python", "tacrefine", "tacrefine", "tacrefine"]
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    make = commands[0][1:]
    make[make.index("--grasps") + 1] = "8"
    subprocess.run([sys.executable, *make], check=True, timeout=280)
    info, convert, finetune = (command[1:] for command in commands[1:])
    assert main(info) == 0
    assert "skin_msgs/msg/Skin" in capsys.readouterr().out
    assert main(convert) == 0
    assert "8 grasps in 2 groups -> data/other" in capsys.readouterr().out
    small = ["--model", str(tiny_model_folder()), "--config", "plain", "--steps", "2"]
    assert main([*finetune, *small]) == 0
    assert "held out" in capsys.readouterr().out
    assert load_policy("models/other", load_hand()).hand.name == "five_finger"
