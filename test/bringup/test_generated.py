"""What is written from the registry of nodes is as the registry says, and the registry as the nodes are."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

from tacrefine.bringup.generated import CMAKE_LIST, generated, left_over, main
from tacrefine.bringup.registry import NODES, NodeEntry
from tacrefine.bringup.ros import CLIENTS

ROOT = Path(__file__).parents[2]
RENEW = "run: python -m tacrefine.bringup.generated"


@pytest.mark.parametrize("path", generated(ROOT), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_generated_file_is_up_to_date(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == generated(ROOT)[path], RENEW


def test_no_generated_file_is_left_over() -> None:
    assert left_over(ROOT) == [], RENEW


def test_one_command_renews_what_is_stale_and_removes_what_is_left_over(tmp_path: Path, capsys) -> None:
    for path in generated(ROOT):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    stale = tmp_path / CMAKE_LIST
    stale.write_text("policy some.where.else\n")
    (tmp_path / "config" / "security" / "old.policy.xml").touch()
    assert main(tmp_path) == 0
    assert capsys.readouterr().out.splitlines() == [CMAKE_LIST, "config/security/old.policy.xml removed"]
    assert stale.read_text() == (ROOT / CMAKE_LIST).read_text()


def test_cmake_installs_the_nodes_of_the_list_and_no_others() -> None:
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    assert f"file(STRINGS {CMAKE_LIST} nodes)" in text
    assert text.count("tacrefine_node(${words})") == 1
    assert "tacrefine.nodes" not in text


@pytest.mark.parametrize("entry", [entry for entry in NODES.values() if entry.is_installed])
def test_a_node_calls_itself_what_the_registry_calls_it(entry: NodeEntry) -> None:
    path = ROOT / "src" / (entry.module.replace(".", "/") + ".py")
    functions = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
    (entry_point,) = (function for function in functions if function.name == "main")
    names = {node.value for node in ast.walk(entry_point) if isinstance(node, ast.Constant)}
    assert entry.name in names


def test_every_node_has_a_name_and_an_executable_of_its_own() -> None:
    assert len({entry.name for entry in NODES.values()}) == len(NODES)
    assert not {"policy", "driver", "recorder", "collector"} & {entry.name for entry in NODES.values()}


@pytest.mark.ros
@pytest.mark.parametrize("name", CLIENTS)
def test_every_client_behind_the_door_is_there(name: str) -> None:
    module, kind = CLIENTS[name]
    assert isinstance(getattr(import_module(module), kind), type)
