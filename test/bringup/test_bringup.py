"""One description, two ways to start: the launch file and `tacrefine up` must mean the same."""

from __future__ import annotations

import importlib.util
import re
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from tacrefine.bringup.arguments import Arguments, argument_specs, parse
from tacrefine.bringup.description import describe
from tacrefine.bringup.registry import NODE_PARAMETERS
from tacrefine.cli import main
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


class Context:
    """Stands in for launch's context: what was given, and then what was declared."""

    def __init__(self, given, defaults):
        self.launch_configurations = dict(given)
        self.argv = [f"{name}:={value}" for name, value in given.items()]
        self._defaults = defaults

    def declare(self):
        self.launch_configurations = self._defaults | self.launch_configurations


class Configuration:
    def __init__(self, name):
        self.name = name

    def perform(self, context):
        return context.launch_configurations[self.name]


@pytest.fixture
def launch_file(monkeypatch):
    """The launch file, loaded with recorders in the place of launch and launch_ros."""
    modules = {
        "launch": {"Action": object, "LaunchContext": dict, "LaunchDescription": recorder()},
        "launch.actions": {
            "DeclareLaunchArgument": recorder(),
            "ExecuteProcess": recorder(),
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


def launched(launch_file, **given):
    """What the launch file gives to each node that it starts."""
    entities = launch_file.generate_launch_description().positional[0]
    defaults = {e.positional[0]: e.named["default_value"] for e in entities if "default_value" in e.named}
    note_given, start = (e.named["function"] for e in entities if "function" in e.named)
    context = Context(given, defaults)
    note_given(context)
    context.declare()
    return [node.named for node in start(context)]


CHOICES = [
    {},
    {"mode": "real"},
    {"mode": "real", "driver": "paxini", "device": "/dev/ttyUSB3"},
    {"object": "rod_10", "plant": "hard_elastic", "seed": "7", "real_time_factor": "0"},
    {"arm": "trajectory", "dry_run": "true"},
    {"tf": "true", "tf_prefix": "left/", "arm": "trajectory"},
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
        assert node["name"] == spec.name
        assert node["namespace"] == spec.namespace
        assert node["parameters"] == [dict(spec.parameters)]
        assert node["ros_arguments"] == ["--log-level", spec.log_level, "--enclave", spec.enclave]
        assert node["prefix"] is None


def test_the_launch_file_declares_every_argument_with_its_default_and_meaning(launch_file):
    entities = launch_file.generate_launch_description().positional[0]
    declared = {e.positional[0]: e.named for e in entities if "default_value" in e.named}
    assert list(declared) == list(argument_specs())
    assert parse({name: named["default_value"] for name, named in declared.items()}) == Arguments()
    assert all(named["description"] for named in declared.values())
    assert declared["mode"]["choices"] == ["sim", "real"]


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
        ({"synthesis": "ideal"}, "'model_based' now"),
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


def test_the_command_line_of_a_node_survives_the_shell():
    policy = next(
        node
        for node in describe(Arguments(model="odd name", namespace="/a/b/"))
        if node.executable == "policy"
    )
    words = policy.ros_arguments()
    assert shlex.split(shlex.join(words)) == words
    assert 'model:="odd name"' in words
    assert "__ns:=/a/b" in words


@pytest.fixture
def up(monkeypatch):
    """Runs `tacrefine up` with options; what it would start, by executable, and whether it would start nodes again."""
    started = SimpleNamespace(nodes={}, respawns=None)

    def run(nodes, respawns, viewers):
        started.viewers = viewers
        started.nodes, started.respawns = {node.executable: node for node in nodes}, respawns
        return 0

    def call(*words):
        assert main(["up", *words]) == 0
        return started

    monkeypatch.setitem(sys.modules, "rclpy", ModuleType("rclpy"))
    monkeypatch.setitem(sys.modules, "tacrefine.bringup.up", SimpleNamespace(run=run))
    return call


def test_up_starts_what_its_options_describe(up):
    started = up("--mode", "real", "--namespace", "left", "--model", "m")
    assert list(started.nodes) == ["policy", "refine_server"]
    assert started.nodes["policy"].parameters["model"] == "m"
    assert started.nodes["policy"].full_name == "/left/tacrefine_policy"
    assert not started.respawns
    assert up("--respawn").respawns


def test_what_is_typed_for_up_wins_over_the_file_even_where_it_is_the_default(up, tmp_path):
    file = tmp_path / "robot.yaml"
    file.write_text("tacrefine_policy: {ros__parameters: {backend: torch}}\n")
    assert up("--params-file", str(file)).nodes["policy"].parameters["backend"] == "torch"
    assert up("--params-file", str(file), "--backend", "onnx").nodes["policy"].parameters["backend"] == "onnx"


def test_what_is_typed_for_the_launch_file_wins_over_the_file_even_where_it_is_the_default(
    launch_file, tmp_path
):
    file = tmp_path / "robot.yaml"
    file.write_text("tacrefine_policy: {ros__parameters: {backend: torch}}\n")

    def backend(**given):
        (node,) = (
            n for n in launched(launch_file, params_file=str(file), **given) if n["executable"] == "policy"
        )
        return node["parameters"][0]["backend"]

    assert backend() == "torch"
    assert backend(backend="onnx") == "onnx"


def test_a_misspelt_argument_of_the_launch_file_is_refused_unless_another_file_includes_it(
    launch_file, monkeypatch
):
    assert launched(launch_file, dry_ran="true")  # it may be the other file's own
    monkeypatch.setattr(sys, "argv", ["ros2", "launch", "tacrefine", "refine.launch.py", "dry_ran:=true"])
    with pytest.raises(ConfigError, match=r"'dry_ran'.*did you mean 'dry_run'"):
        launched(launch_file, dry_ran="true")


def test_respawn_puts_the_respawner_in_front_of_every_launched_node(launch_file):
    for node in launched(launch_file, respawn="true"):
        assert shlex.split(node["prefix"])[1:] == ["-m", "tacrefine.bringup.respawn"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"hand": "foo"}, "No hand named 'foo'"),
        ({"plant": "foo"}, "No plant named 'foo'"),
        ({"cell": "foo"}, "No cell named 'foo'"),
        ({"adapter": "foo"}, "No adapter named 'foo'"),
        ({"model_based": "foo"}, "No plant named 'foo'"),
        ({"objects": "foo"}, "No object set named 'foo'"),
        (
            {"object": "plate_99"},
            "object is 'plate_99', which the object set fifteen does not have; allowed are rod_8",
        ),
    ],
)
def test_what_does_not_exist_is_refused_before_a_node_starts(
    arguments: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        describe(Arguments(**arguments))
