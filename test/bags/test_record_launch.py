"""record.launch.py: `ros2 bag record` where it is installed, else our recorder, with the same topics and metadata."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from tacrefine.bags import command
from tacrefine.bags.schemas import RECORDED
from tacrefine.nodes.tools.parameters import RecorderParameters
from tacrefine.parameters import build

LAUNCH_FILE = Path(__file__).parents[2] / "launch" / "record.launch.py"


class Kept(SimpleNamespace):
    def __init__(self, *positional, **named):
        super().__init__(positional=positional, **named)


@pytest.fixture
def started(monkeypatch):
    """What the launch file starts for these arguments; launch itself is played."""
    actions = {name: type(name, (Kept,), {}) for name in ("DeclareLaunchArgument", "ExecuteProcess")}
    actions |= {name: type(name, (Kept,), {}) for name in ("OpaqueFunction", "SetEnvironmentVariable")}
    configuration = type(
        "C", (), {"__init__": lambda s, n: setattr(s, "n", n), "perform": lambda s, c: c[s.n]}
    )
    modules = {
        "launch": {"LaunchContext": dict, "LaunchDescription": Kept},
        "launch.actions": actions,
        "launch.substitutions": {"LaunchConfiguration": configuration},
        "launch_ros": {},
        "launch_ros.actions": {"Node": type("Node", (Kept,), {})},
    }
    for name, content in modules.items():
        module = ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    specification = importlib.util.spec_from_file_location("record_launch", LAUNCH_FILE)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)

    def start(installed=False, **chosen):
        monkeypatch.setattr(module, "has_rosbag2", lambda: installed)
        entities = module.generate_launch_description().positional[0]
        defaults = {e.positional[0]: e.default_value for e in entities if hasattr(e, "default_value")}
        function = next(e.function for e in entities if hasattr(e, "function"))
        assert set(chosen) <= set(defaults)
        return function(defaults | chosen)[0]

    return start


def test_without_rosbag2_our_recorder_is_started_with_parameters_that_it_knows(started):
    node = started(bag="b", object="plate_6", object_fixed="true", namespace="left")
    assert (node.package, node.executable, node.namespace) == ("tacrefine", "recorder", "left")
    parameters = build(RecorderParameters, node.parameters[0])
    assert parameters.object_fixed is True
    assert parameters.bag == "b"


def test_with_rosbag2_the_same_topics_and_metadata_are_asked_of_it(started):
    words = started(installed=True, bag="b", object="plate_6", object_fixed="true", namespace="/left").cmd
    assert words[:3] == ["ros2", "bag", "record"]
    topics = words[words.index("--topics") + 1 :]
    assert len(topics) == len(RECORDED)
    assert {"/left/tactile", "/left/refine_grasp/_action/feedback", "/diagnostics"} <= set(topics)
    custom = words[words.index("--custom-data") + 1 : words.index("--topics")]
    assert {"object=plate_6", "object_fixed=true", "hand=five_finger"} <= set(custom)
    assert words[words.index("--output") + 1] == "b"
    assert words[words.index("--storage") + 1] == "mcap"


@pytest.mark.parametrize(("wanted", "installed"), [("tacrefine", True), ("rosbag2", False)])
def test_either_can_be_asked_for(started, wanted, installed):
    assert hasattr(started(installed=installed, recorder=wanted), "cmd") == (wanted == "rosbag2")


def test_rosbag2_counts_as_installed_only_with_its_package(monkeypatch, tmp_path):
    monkeypatch.setattr(command.shutil, "which", lambda name: "/usr/bin/ros2")
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path))
    assert not command.has_rosbag2()
    (tmp_path / "share" / "ros2bag").mkdir(parents=True)
    assert command.has_rosbag2()
