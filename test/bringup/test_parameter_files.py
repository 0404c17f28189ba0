"""Parameter files: every name counts, what is typed wins, and nothing that moves the robot is decided twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tacrefine.bringup import renamed
from tacrefine.bringup.arguments import Arguments
from tacrefine.bringup.description import NodeSpec, describe
from tacrefine.bringup.parameter_files import ParameterFile, parameters_for
from tacrefine.bringup.registry import NODE_PARAMETERS, NODES
from tacrefine.errors import ConfigError
from tacrefine.parameters import specs


@pytest.fixture
def started(tmp_path: Path):
    """Nodes by executable that a file with this text, arguments and the names of the typed ones start."""

    def start(text: str, typed: tuple[str, ...] | None = None, **arguments: object) -> dict[str, NodeSpec]:
        file = tmp_path / "robot.yaml"
        file.write_text(text)
        nodes = describe(Arguments(params_file=str(file), **arguments), typed)
        return {node.executable: node for node in nodes}

    return start


@pytest.fixture
def refused(started):
    """The sentence with which such a start is refused."""

    def sentence(text: str, typed: tuple[str, ...] | None = None, **arguments: object) -> str:
        with pytest.raises(ConfigError) as caught:
            started(text, typed, **arguments)
        assert "\n" not in str(caught.value)
        assert "robot.yaml" in str(caught.value)
        return str(caught.value)

    return sentence


@pytest.mark.parametrize(
    ("section", "namespace", "matches"),
    [
        ("refine_server", "", True),
        ("/refine_server", "", True),
        ("/**", "left", True),
        ("**", "left", True),
        ("/**/refine_server", "", True),
        ("/**/refine_server", "a/b", True),
        ("/*/refine_server", "left", True),
        ("/*", "", True),
        ("left/refine_server", "left", True),
        ("/left/**", "left", True),
        ("/left/*", "left", True),
        ("refine_server", "left", False),
        ("/*/refine_server", "", False),
        ("/*", "left", False),
        ("/right/refine_server", "left", False),
        ("/right/**", "left", False),
    ],
)
def test_sections_match_nodes_as_in_ros(
    started, refused, section: str, namespace: str, matches: bool
) -> None:
    text = f"'{section}': {{ros__parameters: {{max_steps: 3}}}}"
    if matches:
        assert started(text, namespace=namespace)["refine_server"].parameters["max_steps"] == 3
    else:
        assert f"'{section}'" in refused(text, namespace=namespace)


def test_namespaces_may_be_nested_as_in_ros(started) -> None:
    text = "left:\n  refine_server: {ros__parameters: {max_steps: 3}}"
    assert started(text, namespace="left")["refine_server"].parameters["max_steps"] == 3


def test_later_sections_win_as_in_ros(started) -> None:
    special, general = (
        "refine_server: {ros__parameters: {max_steps: 3}}",
        "/**: {ros__parameters: {max_steps: 4}}",
    )
    assert started(f"{general}\n{special}")["refine_server"].parameters["max_steps"] == 3
    assert started(f"{special}\n{general}")["refine_server"].parameters["max_steps"] == 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("refine_server: {ros__parameters: {max_stepz: 3}}", ("max_stepz", "'max_steps'")),
        ("/**: {ros__parameters: {dry_ran: true}}", ("dry_ran", "'dry_run'")),
        ("refine_sever: {ros__parameters: {max_steps: 3}}", ("refine_sever", "'refine_server'")),
        ("/**/refine_sever: {ros__parameters: {max_steps: 3}}", ("refine_sever", "'refine_server'")),
        ("policy: {ros__parameters: {backend: onnx}}", ("'policy'", "'tacrefine_policy'")),
        ("refine_server: {ros__parameters: {silent_finger: true}}", ("'allow_missing_finger' now",)),
        ("tacrefine_policy: {ros__parameters: {synthesis: ideal}}", ("'model_based' now",)),
        ("/**/driver: {ros__parameters: {rate: 50.0}}", ("'tacrefine_driver'",)),
        ("tacrefine_driver: {ros__parameters: {rate: 50.0}}", ("not started",)),
        ("controller_manager: {ros__parameters: {rate: 50}}", ("controller_manager", "/refine_server")),
        ("refine_server: {ros__parameters: {max_steps: many}}", ("max_steps", "whole number", "many")),
        ("refine_server: {ros__parameters: {max_steps: 1000}}", ("max_steps", "between", "1000")),
        ("refine_server: {max_steps: 3}", ("ros__parameters",)),
        ("refine_server: {ros__parameters: }", ("ros__parameters",)),
        ("refine_server:", ("refine_server",)),
        ("ros__parameters: {max_steps: 3}", ("ros__parameters",)),
        ("[1, 2]", ("must name nodes",)),
    ],
)
def test_a_name_or_value_that_would_be_ignored_is_refused_with_the_nearest_one(refused, text, words) -> None:
    sentence = refused(text)
    for word in words:
        assert word in sentence


def test_a_section_without_the_namespace_in_use_is_refused_with_the_right_name(refused) -> None:
    sentence = refused("refine_server: {ros__parameters: {max_steps: 3}}", namespace="left")
    assert "'/left/refine_server'" in sentence
    assert "'/**/refine_server'" in sentence


def test_a_section_for_all_nodes_may_give_what_only_some_of_them_have(started) -> None:
    nodes = started("/**: {ros__parameters: {max_steps: 3, autostart: false}}")
    assert nodes["refine_server"].parameters["max_steps"] == 3
    assert "max_steps" not in nodes["policy"].parameters
    assert not any(node.parameters["autostart"] for node in nodes.values())


def test_values_are_read_as_ros_reads_them(started) -> None:
    values = "{linear_speed: 1e-3, dry_run: y, targets_folder: 2026-01-01, angular_speed: 1}"
    found = started(f"refine_server: {{ros__parameters: {values}}}")["refine_server"].parameters
    assert found["linear_speed"] == 0.001
    assert found["dry_run"] is True
    assert found["targets_folder"] == "2026-01-01"
    assert isinstance(found["angular_speed"], float)


def test_every_node_gets_its_parameters_on_its_command_line_and_no_file_of_its_own(started) -> None:
    words = started("refine_server: {ros__parameters: {max_steps: 3}}")["refine_server"].ros_arguments()
    assert "max_steps:=3" in words
    assert "--params-file" not in words


@pytest.mark.parametrize(
    ("arguments", "text", "values"),
    [
        ({"dry_run": True}, "refine_server: {ros__parameters: {dry_run: false}}", ("true", "false")),
        ({"dry_run": True}, "/**: {ros__parameters: {dry_run: false}}", ("true", "false")),
        (
            {"arm": "trajectory"},
            "refine_server: {ros__parameters: {arm: cartesian}}",
            ("trajectory", "cartesian"),
        ),
        (
            {"arm": "cartesian"},
            "mujoco_bridge: {ros__parameters: {arm: seven_joint}}",
            ("cartesian", "seven_joint"),
        ),
        (
            {"arm": "trajectory", "arm_model": "a.xml"},
            "refine_server: {ros__parameters: {arm_model: b.xml}}",
            ("a.xml", "b.xml"),
        ),
        (
            {"mode": "real", "driver": "paxini"},
            "tacrefine_driver: {ros__parameters: {driver: replay}}",
            ("paxini", "replay"),
        ),
    ],
)
def test_command_line_and_file_may_not_disagree_about_what_moves(refused, arguments, text, values) -> None:
    sentence = refused(text, tuple(arguments), **arguments)
    for value in values:
        assert f'"{value}"' in sentence or f" {value} " in sentence


def test_a_default_that_nobody_typed_gives_way_to_the_file(started) -> None:
    nodes = started("refine_server: {ros__parameters: {dry_run: true}}")
    assert nodes["refine_server"].parameters["dry_run"] is True


def test_command_line_and_file_may_agree(started) -> None:
    nodes = started("refine_server: {ros__parameters: {dry_run: true}}", ("dry_run",), dry_run=True)
    assert nodes["refine_server"].parameters["dry_run"] is True


def test_what_is_typed_wins_over_the_file(started) -> None:
    text = "tacrefine_policy: {ros__parameters: {backend: torch}}"
    assert started(text)["policy"].parameters["backend"] == "torch"
    assert started(text, ("backend",), backend="onnx")["policy"].parameters["backend"] == "onnx"


def test_what_follows_from_an_argument_follows_from_the_file_too(started) -> None:
    nodes = started("refine_server: {ros__parameters: {arm: trajectory}}")
    assert nodes["mujoco_bridge"].parameters["arm"] == "seven_joint"
    nodes = started("mujoco_bridge: {ros__parameters: {real_time_factor: 0.0}}")
    assert nodes["policy"].parameters["use_sim_time"]


def test_a_file_that_takes_the_clock_from_nodes_that_need_it_is_refused(refused) -> None:
    text = "refine_server: {ros__parameters: {use_sim_time: false}}"
    assert "use_sim_time" in refused(text, real_time_factor=0.0)


@pytest.mark.parametrize("name", ["real_robot.yaml", "real_robot"])
def test_a_shipped_file_is_found_by_its_name(name: str) -> None:
    nodes = {node.executable: node for node in describe(Arguments(mode="real", params_file=name))}
    assert nodes["refine_server"].parameters["linear_speed"] == 0.01
    for arm in ("servo", "trajectory"):  # the file leaves the choice of the arm to the command line
        describe(Arguments(mode="real", params_file=name, arm=arm), ("mode", "arm"))


def test_a_file_that_is_nowhere_is_refused_with_the_names_of_the_shipped_ones() -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml.*real_robot\.yaml"):
        describe(Arguments(params_file="nowhere.yaml"))


def test_one_node_of_a_shared_file_is_read_whatever_its_namespace(tmp_path: Path) -> None:
    file = tmp_path / "robot.yaml"
    file.write_text(
        "/left/refine_server: {ros__parameters: {max_steps: 3}}\n"
        "/left/tacrefine_driver: {ros__parameters: {rate: 50.0}}\n"
    )
    assert parameters_for("refine_server", file) == {"max_steps": 3}
    with pytest.raises(ConfigError, match="no section of mujoco_bridge"):
        parameters_for("mujoco_bridge", file)
    file.write_text(
        "/**: {ros__parameters: {max_steps: 3}}\nrefine_sever: {ros__parameters: {dry_run: true}}\n"
    )
    with pytest.raises(ConfigError, match=r"refine_sever.*'refine_server'"):
        parameters_for("refine_server", file)


def test_a_file_with_a_list_in_the_place_of_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "robot.yaml"
    file.write_text("refine_server: {ros__parameters: {hand: [a, b]}}\n")
    with pytest.raises(ConfigError, match="hand"):
        parameters_for("refine_server", file)
    assert ParameterFile(file).sections[0].matches("/refine_server")


def test_every_renamed_parameter_has_a_node_that_takes_its_new_name() -> None:
    known = {name for table in NODE_PARAMETERS.values() for name in specs(table)}
    assert set(renamed.PARAMETERS.values()) <= known
    assert not set(renamed.PARAMETERS) & known
    assert set(renamed.NODES.values()) <= {entry.name for entry in NODES.values()}
