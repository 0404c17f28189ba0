"""One description, two ways to start: the launch file and `tacrefine up` must mean the same."""

from __future__ import annotations

import importlib.util
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import yaml

from tacrefine.bringup.description import Arguments, argument_specs, describe, parse
from tacrefine.bringup.parameters import NODE_PARAMETERS
from tacrefine.errors import ConfigError
from tacrefine.parameters import build, specs

LAUNCH_FILE = Path(__file__).parents[2] / "launch" / "refine.launch.py"


@dataclass
class Recorded:
    """Stands in for any launch action and keeps what it was given."""

    positional: tuple = ()
    named: dict = field(default_factory=dict)


def recorder():
    return lambda *positional, **named: Recorded(positional, named)


class Configuration:
    def __init__(self, name):
        self.name = name

    def perform(self, context):
        return context[self.name]


@pytest.fixture
def launch_file(monkeypatch):
    """The launch file, loaded with recorders in the place of launch and launch_ros."""
    modules = {
        "launch": {"LaunchContext": dict, "LaunchDescription": recorder()},
        "launch.actions": {
            "DeclareLaunchArgument": recorder(),
            "OpaqueFunction": recorder(),
            "SetEnvironmentVariable": recorder(),
        },
        "launch.substitutions": {"LaunchConfiguration": Configuration},
        "launch_ros": {},
        "launch_ros.actions": {"Node": recorder()},
    }
    for name, content in modules.items():
        module = ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    specification = importlib.util.spec_from_file_location("refine_launch", LAUNCH_FILE)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def launched(launch_file, **chosen):
    """The nodes that the launch file starts, as (executable, name, namespace, parameters, level)."""
    description = launch_file.generate_launch_description()
    entities = description.positional[0]
    defaults = {e.positional[0]: e.named["default_value"] for e in entities if "default_value" in e.named}
    starter = next(e.named["function"] for e in entities if "function" in e.named)
    return [node.named for node in starter(defaults | chosen)]


CHOICES = [
    {},
    {"mode": "real"},
    {"mode": "real", "driver": "paxini", "device": "/dev/ttyUSB3"},
    {"object": "rod_10", "plant": "hard_elastic", "seed": "7", "real_time_factor": "0"},
    {"arm": "trajectory", "dry_run": "true"},
    {"mode": "real", "arm": "servo"},
    {"namespace": "left", "log_level": "warn", "autostart": "false", "backend": "torch"},
]


@pytest.mark.parametrize("chosen", CHOICES)
def test_launch_file_and_command_line_start_the_same_nodes_with_the_same_parameters(launch_file, chosen):
    described = describe(parse(chosen))
    started = launched(launch_file, **chosen)
    assert [node["executable"] for node in started] == [node.executable for node in described]
    for node, spec in zip(started, described, strict=True):
        assert node["package"] == "tacrefine"
        assert node["name"] == spec.executable
        assert node["namespace"] == spec.namespace
        assert node["parameters"] == [dict(spec.parameters)]
        assert node["ros_arguments"] == ["--log-level", spec.log_level, "--enclave", spec.enclave]


def test_the_launch_file_declares_every_argument_with_its_default_and_meaning(launch_file):
    entities = launch_file.generate_launch_description().positional[0]
    declared = {e.positional[0]: e.named for e in entities if "default_value" in e.named}
    assert list(declared) == list(argument_specs())
    assert parse({name: named["default_value"] for name, named in declared.items()}) == Arguments()
    assert all(named["description"] for named in declared.values())
    assert declared["mode"]["choices"] == ["sim", "real"]


def test_a_parameter_file_comes_last_in_both_ways(launch_file, tmp_path):
    file = tmp_path / "slow.yaml"
    file.write_text("/**: {ros__parameters: {linear_speed: 0.01}}\n")
    chosen = {"params_file": str(file)}
    assert all(node["parameters"][-1] == str(file) for node in launched(launch_file, **chosen))
    for spec in describe(parse(chosen)):
        assert spec.ros_arguments()[-2:] == ["--params-file", str(file)]


def test_a_real_robot_gets_policy_and_server_but_no_simulation():
    assert [node.executable for node in describe(Arguments(mode="real"))] == ["policy", "refine_server"]
    assert all(
        "use_sim_time" not in node.parameters
        for node in describe(Arguments(mode="real", real_time_factor=2.0))
    )


def test_a_named_driver_is_started_first_and_told_where_its_device_is():
    nodes = describe(Arguments(mode="real", driver="paxini", device="/dev/ttyUSB3"))
    assert [node.executable for node in nodes] == ["driver", "policy", "refine_server"]
    assert nodes[0].parameters["driver"] == "paxini"
    assert nodes[0].parameters["device"] == "/dev/ttyUSB3"


def test_a_simulation_faster_than_real_time_brings_its_own_clock():
    nodes = {node.executable: node.parameters for node in describe(Arguments(real_time_factor=0.0))}
    assert nodes["policy"]["use_sim_time"]
    assert nodes["refine_server"]["use_sim_time"]
    assert "use_sim_time" not in nodes["mujoco_bridge"]


def test_the_simulated_robot_carries_the_arm_that_the_server_moves():
    free = {node.executable: node.parameters for node in describe(Arguments())}
    assert (free["mujoco_bridge"]["arm"], free["refine_server"]["arm"]) == ("free", "cartesian")
    jointed = {node.executable: node.parameters for node in describe(Arguments(arm="trajectory"))}
    assert jointed["mujoco_bridge"]["arm"] == jointed["refine_server"]["arm_model"] == "seven_joint"
    own = {
        node.executable: node.parameters
        for node in describe(Arguments(arm="trajectory", arm_model="my.urdf"))
    }
    assert own["mujoco_bridge"]["arm"] == own["refine_server"]["arm_model"] == "my.urdf"
    real = {node.executable: node.parameters for node in describe(Arguments(mode="real", arm="trajectory"))}
    assert real["refine_server"]["arm_model"] == ""  # the user's own, or one sentence at configure


def test_every_described_parameter_exists_in_the_table_of_its_node():
    for node in describe(Arguments()):
        build(NODE_PARAMETERS[node.executable], node.parameters)


@pytest.mark.parametrize("group", NODE_PARAMETERS.values())
def test_every_parameter_has_a_meaning_and_numbers_have_bounds_that_hold_their_default(group):
    for spec in specs(group).values():
        assert spec.description
        if spec.kind in (int, float):
            assert spec.low <= spec.default <= spec.high


@pytest.mark.parametrize(
    ("chosen", "word"),
    [
        ({"mode": "simulation"}, "mode"),
        ({"seed": "many"}, "seed"),
        ({"colour": "red"}, "colour"),
        ({"mode": "real", "driver": "banana"}, "driver"),
        ({"mode": "sim", "driver": "paxini"}, "mode real"),
        ({"real_time_factor": "-1"}, "real_time_factor"),
        ({"autostart": "perhaps"}, "autostart"),
        ({"arm": "tentacle"}, "arm"),
        ({"arm": "servo"}, "mode real"),
    ],
)
def test_a_wrong_argument_is_named_in_one_sentence(chosen, word):
    with pytest.raises(ConfigError, match=word) as caught:
        describe(parse(chosen))
    assert "\n" not in str(caught.value)


def test_a_missing_parameter_file_is_named():
    with pytest.raises(ConfigError, match=r"nowhere\.yaml"):
        describe(Arguments(params_file="nowhere.yaml"))


def test_the_command_line_of_a_node_survives_the_shell():
    words = describe(Arguments(object="odd name", namespace="/a/b/"))[0].ros_arguments()
    assert shlex.split(shlex.join(words)) == words
    assert 'object:="odd name"' in words
    assert "__ns:=/a/b" in words


def test_up_hands_its_options_to_the_description(monkeypatch):
    typer = pytest.importorskip("typer")
    started = []
    monkeypatch.setitem(sys.modules, "rclpy", ModuleType("rclpy"))
    runner = SimpleNamespace(run=lambda nodes: started.extend(nodes) or 0)
    monkeypatch.setitem(sys.modules, "tacrefine.bringup.up", runner)
    from tacrefine.cli.up import up

    with pytest.raises(typer.Exit):
        up(mode="real", namespace="left", model="m")
    assert [node.executable for node in started] == ["policy", "refine_server"]
    assert started[0].parameters["model"] == "m"
    assert started[0].namespace == "left"


def test_the_shipped_parameter_file_names_parameters_that_exist_and_values_that_are_allowed():
    file = Path(__file__).parents[2] / "config" / "refine" / "real_robot.yaml"
    for node, content in yaml.safe_load(file.read_text()).items():
        build(NODE_PARAMETERS[node.rpartition("/")[2]], content["ros__parameters"])
