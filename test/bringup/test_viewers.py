"""Programs that show the hand are started where they are installed, and one sentence says where they are not."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import yaml

from tacrefine.bringup.arguments import Arguments, parse
from tacrefine.bringup.description import describe
from tacrefine.bringup.interfaces import scene_publisher
from tacrefine.bringup.viewers import STATE_PUBLISHER, rviz_command, with_state_publisher
from tacrefine.errors import ConfigError
from tacrefine.hands import load_hand

ROOT = Path(__file__).parents[2]


def scene_of(nodes):
    return next(node for node in nodes if node.executable == "scene_publisher")


def test_tf_and_rviz_start_the_scene_publisher_and_nothing_else_does():
    assert "scene_publisher" not in [node.executable for node in describe(Arguments())]
    for chosen in ({"tf": True}, {"rviz": True}, {"tf": True, "mode": "real"}):
        assert describe(Arguments(**chosen))[-1].executable == "scene_publisher"
    node = scene_of(describe(Arguments(tf=True, tf_prefix="left/", hand="inspire_rh56dftp")))
    assert node.parameters["tf_prefix"] == "left/"
    assert node.parameters["hand"] == "inspire_rh56dftp"
    with pytest.raises(ConfigError, match="need refine true"):
        describe(Arguments(tf=True, refine=False, regrasp=True))


def test_the_simulated_arm_is_shown_with_the_hand():
    assert (
        scene_of(describe(parse({"tf": "true", "arm": "trajectory"}))).parameters["scene_arm"]
        == "seven_joint"
    )
    assert (
        "scene_arm"
        not in scene_of(describe(parse({"tf": "true", "mode": "real", "arm": "servo"}))).parameters
    )


def test_rviz_that_is_not_there_is_one_sentence_with_another_way(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ConfigError, match=r"rviz2 is not on PATH.*tacrefine\.json in Foxglove"):
        rviz_command()


def test_rviz_gets_the_shipped_configuration_and_the_namespace(monkeypatch, tmp_path):
    (tmp_path / "rviz2").touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    program, option, path, *rest = rviz_command("/left/")
    assert (program, option) == (str(tmp_path / "rviz2"), "-d")
    assert Path(path).is_file()
    assert rest == ["--ros-args", "-r", "__ns:=/left"]
    assert len(rviz_command()) == 3


def test_links_are_left_to_the_state_publisher_where_it_is_installed(monkeypatch, tmp_path):
    nodes = describe(Arguments(tf=True, tf_prefix="left/"))
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path))
    assert with_state_publisher(nodes) == (nodes, {})
    program = tmp_path / "lib" / STATE_PUBLISHER / STATE_PUBLISHER
    program.parent.mkdir(parents=True)
    program.touch()
    changed, parameters = with_state_publisher(nodes)
    assert [node.executable for node in changed] == [node.executable for node in nodes]
    told = scene_of(changed).parameters
    assert (told["publish_links"], told["publish_description"]) == (False, False)
    root = ElementTree.fromstring(parameters["robot_description"])
    assert root.find(f"link[@name='left/{load_hand().pads[0].frame_id}']") is not None
    joined = describe(Arguments(tf=True, arm="trajectory"))
    assert with_state_publisher(joined) == (joined, {}), "it knows nothing of the arm's joints"
    assert with_state_publisher(describe(Arguments()))[1] == {}


def test_shipped_views_show_topics_that_the_nodes_publish():
    ours = set(scene_publisher({}).publish) | {"grasp_estimate"}
    rviz = yaml.safe_load((ROOT / "config" / "rviz" / "tacrefine.rviz").read_text(encoding="utf-8"))
    displays = rviz["Visualization Manager"]["Displays"]
    shown = {
        display[key]["Value"]
        for display in displays
        for key in ("Topic", "Description Topic")
        if key in display
    }
    assert shown == {"robot_description", "markers", "grasp_estimate"}
    assert shown <= ours
    layout = json.loads((ROOT / "config" / "foxglove" / "tacrefine.json").read_text(encoding="utf-8"))
    topics = layout["configById"]["3D!tacrefine"]["topics"]
    assert {name.lstrip("/") for name in topics} == shown

    def panels(part):
        return {part} if isinstance(part, str) else panels(part["first"]) | panels(part["second"])

    assert panels(layout["layout"]) == set(layout["configById"])
