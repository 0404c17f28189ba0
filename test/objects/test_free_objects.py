"""Files of objects to grasp: what a bad one is told."""

from pathlib import Path

import pytest

from tacrefine.errors import ConfigError
from tacrefine.objects.free_objects import load_regrasp_objects


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
