"""Message types of packages that are installed are recorded with their own definition."""

from __future__ import annotations

import pytest

from tacrefine.bags.adapted import adapted_topics
from tacrefine.bags.installed import is_known, know
from tacrefine.bags.schemas import definition, typestore
from tacrefine.errors import ConfigError
from tacrefine.hands import load_hand
from tacrefine.touch.adapters import Adapter, AdapterDescription


@pytest.fixture
def prefix(tmp_path, monkeypatch):
    folder = tmp_path / "share" / "grip_msgs" / "msg"
    folder.mkdir(parents=True)
    (folder / "Finger.msg").write_text("float32[3] force\n")
    (folder / "Fingers.msg").write_text("std_msgs/Header header\nFinger[] fingers\n")
    (folder / "Broken.msg").write_text("float32 {{\n")
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path))


def test_a_type_is_known_with_all_that_it_is_made_of(prefix):
    assert not is_known("grip_msgs/msg/Nothing")
    know("grip_msgs/msg/Fingers")
    text, digest = definition("grip_msgs/msg/Fingers")
    assert "MSG: grip_msgs/Finger" in text
    assert digest.startswith("RIHS01_")
    assert "grip_msgs/msg/Finger" in typestore().fielddefs


def test_what_is_not_installed_or_damaged_is_one_sentence(prefix):
    with pytest.raises(ConfigError, match="ROS package 'palm_msgs' is not installed"):
        know("palm_msgs/msg/Palm")
    with pytest.raises(
        ConfigError, match=r"Broken.msg: the definition of grip_msgs/msg/Broken cannot be read"
    ):
        know("grip_msgs/msg/Broken")
    source = {"topic": "/p", "type": "palm_msgs/msg/Palm", "unit": "newton", "field": "data"}
    adapter = Adapter(AdapterDescription.model_validate({"touch": [source]}), load_hand(), "my_robot.yaml")
    with pytest.raises(
        ConfigError, match=r"^my_robot.yaml: topic /p: type palm_msgs/msg/Palm is not known here"
    ):
        adapted_topics(adapter)
