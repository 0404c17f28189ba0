"""The object sets for regrasping are what their seeds give."""

import subprocess
import sys
from pathlib import Path

import pytest
import regrasp_objects
from regrasp_objects import COUNTS, as_yaml, generate_set

from tacrefine.config import share_dir
from tacrefine.objects.free_objects import load_regrasp_objects


@pytest.mark.parametrize("name", ["training", "easy", "hard"])
def test_a_shipped_set_is_what_its_seed_gives(name: str, tmp_path: Path) -> None:
    generated = generate_set(name)
    assert load_regrasp_objects(name) == generated.objects
    assert len(generated.objects) == COUNTS[name]
    shipped = share_dir() / "config" / "regrasp" / "objects" / f"{name}.yaml"
    assert as_yaml(generated) == shipped.read_text()
    (tmp_path / "again.yaml").write_text(as_yaml(generated))
    assert load_regrasp_objects(tmp_path / "again.yaml") == generated.objects


def test_test_objects_are_none_of_the_training_objects() -> None:
    def shapes(name: str) -> set[str]:
        return {item.model_dump_json(exclude={"name"}) for item in load_regrasp_objects(name)}

    assert not shapes("training") & (shapes("easy") | shapes("hard"))
    assert not shapes("easy") & shapes("hard")


def test_the_hard_set_has_every_kind_of_difficulty_and_training_has_none() -> None:
    training, hard = load_regrasp_objects("training"), load_regrasp_objects("hard")
    assert min(item.friction for item in hard) < min(item.friction for item in training)
    assert min(item.stiffness for item in hard) < 1e8 < min(item.stiffness for item in training)
    kinds = {item.name.split("_", 2)[2] for item in hard}
    assert kinds == {"compliant", "small", "irregular", "top_heavy", "slippery"}


def test_another_seed_gives_other_objects_of_the_same_kinds(tmp_path: Path) -> None:
    program = str(Path(regrasp_objects.__file__))
    out = tmp_path / "other.yaml"
    words = ["--set", "hard", "--seed", "7", "--count", "3", "--out", str(out)]
    subprocess.run([sys.executable, program, *words], check=True, timeout=60)
    other = load_regrasp_objects(out)
    assert len(other) == 3
    assert not {item.parts for item in other} & {item.parts for item in load_regrasp_objects("hard")}
    shipped = subprocess.run(
        [sys.executable, program, "--set", "hard", "--seed", "7"], capture_output=True, text=True, timeout=60
    )
    assert shipped.returncode == 2
    assert "--out" in shipped.stderr
