"""Objects to grasp: what is shipped, and what a bad file is told."""

from pathlib import Path

import pytest

from tacrefine.errors import ConfigError
from tacrefine.objects.free_objects import load_regrasp_objects
from tacrefine.regrasp.families import COUNTS, as_yaml, generate_set


@pytest.mark.parametrize("name", ["training", "easy", "hard"])
def test_a_shipped_set_is_what_its_seed_gives(name: str, tmp_path: Path) -> None:
    generated = generate_set(name)
    assert load_regrasp_objects(name) == generated.objects
    assert len(generated.objects) == COUNTS[name]
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


def test_a_part_with_too_few_sizes_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "name: mine\nobjects:\n  - {name: a, mass: 0.1, friction: 0.5, parts: [{kind: box, size: [0.1]}]}\n"
    )
    with pytest.raises(ConfigError, match=r"mine.yaml: .*box needs 3 half sizes"):
        load_regrasp_objects(path)


def test_an_unknown_set_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="easy, hard, training"):
        load_regrasp_objects("toys")
