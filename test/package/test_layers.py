"""Imports point down, library and jobs work without ROS, and the runtime works without torch."""

import ast
import graphlib
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "tacrefine"
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = [contract["id"] for contract in SETTINGS["tool"]["importlinter"]["contracts"]]
ROS_LAYER = "tacrefine.nodes"
ROS_IMPORT = re.compile(
    r"(rclpy|launch|launch_ros|tf2_\w+|\w+_msgs|\w+_srvs|\w+_interfaces|tacrefine\.(msg|srv|action))\b"
)
# Packages that train may import torch, but for the modules of the policy that run it.
POLICY = "tacrefine.policy"
TRAINING = (f"{POLICY}.", "tacrefine.finetune.", "tacrefine.policy.regrasp")
POLICY_RUNTIME = (POLICY, f"{POLICY}.runtime")

# Imports the modules named on the command line in an interpreter in which some packages do not exist, and
# says which module wanted one of them.
IMPORTER = """
import importlib, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent or name in absent:
            raise ModuleNotFoundError(f"{name} is blocked by the test", name=name)

absent = set(sys.argv[1].split(","))
sys.meta_path.insert(0, Absent())
failed = 0
for module in sys.argv[2:]:
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        print(f"{module}: {error}")
        failed = 1
sys.exit(failed)
"""

# No ROS install is sourced here.
BARE = {"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin"}

ROS_PACKAGES = (
    "rclpy",
    "launch",
    "launch_ros",
    "ament_index_python",
    "std_msgs",
    "sensor_msgs",
    "geometry_msgs",
    "tacrefine.msg",
    "tacrefine.srv",
    "tacrefine.action",
)


def modules() -> list[str]:
    """Every module below src/tacrefine, by its dotted name."""
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if not name.endswith("__main__"):
            found.append(name)
    return found


def import_without(
    absent: tuple[str, ...], names: list[str], environment: dict[str, str] = BARE
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", IMPORTER, ",".join(absent), *names],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_contracts_on_imports_hold(contract: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = lint_imports(str(ROOT / "pyproject.toml"), limit_to_contracts=(contract,), no_cache=True)
    assert code == 0, capsys.readouterr().out


def test_no_module_imports_itself_through_others_not_even_for_its_type_hints() -> None:
    graph = grimp.build_graph("tacrefine", cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    graphlib.TopologicalSorter(imports).prepare()  # raises CycleError with the modules of a circle


def test_messages_and_launch_are_imported_by_nodes_alone() -> None:
    found = []
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [path for name in names if ROS_IMPORT.match(name)]
    assert found, "nodes import some"
    assert {path.relative_to(SOURCE).parts[0] for path in found} == {"nodes"}


@pytest.mark.processes
def test_library_and_jobs_import_without_ros() -> None:
    names = [name for name in modules() if not name.startswith(ROS_LAYER)]
    assert "tacrefine.errors" in names
    done = import_without(ROS_PACKAGES, names)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.processes
def test_everything_but_training_imports_without_torch_and_onnx() -> None:
    names = [name for name in modules() if not name.startswith((ROS_LAYER, *TRAINING))]
    done = import_without(("torch", "onnx"), [*names, *POLICY_RUNTIME])
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("absent", ["torch", "onnx"])
@pytest.mark.processes
def test_nodes_import_without_training_packages(absent: str) -> None:
    names = [name for name in modules() if name.startswith(ROS_LAYER)]
    done = import_without((absent,), names, dict(os.environ))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.processes
def test_nodes_of_a_robot_load_no_simulator() -> None:
    nodes = (
        "hand.policy",
        "hand.refine_server",
        "gripper.regrasp_server",
        "drivers.driver",
        "tools.recorder",
    )
    names = [f"{ROS_LAYER}.{name}" for name in nodes]
    done = import_without(("mujoco", "numba"), names, dict(os.environ))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.processes
def test_the_blocker_itself_blocks() -> None:
    done = import_without(("yaml",), ["yaml"])
    assert done.returncode == 1
    assert "blocked by the test" in done.stdout
