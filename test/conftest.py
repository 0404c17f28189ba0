"""What holds for every test: nodes stay on this machine, in a domain of their own, with strict messages.

With `--fast` the tests that take long are left out: those that start nodes or other processes, and those that train.
"""

import os
from pathlib import Path
from typing import Any

import pytest

from tacrefine.supervision.domains import free_domain

# Before anything imports rclpy. Processes that share the tests among them have a domain each.
if "ROS_DOMAIN_ID" not in os.environ or "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["ROS_DOMAIN_ID"] = str(free_domain())
os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ["ROS_PYTHON_CHECK_FIELDS"] = "1"
os.environ["MPLBACKEND"] = "Agg"

ROOT = Path(__file__).parent
SLOWER_MARKS = {"ros", "slow", "processes", "training"}
SLOWER = (
    "bags/test_other_drivers.py",
    "benchmarks/test_draw_report.py",
    "demo/test_demo.py",
    "examples",
    "finetune",
    "identification/test_calibration.py",
    "inspire/test_real_touch.py",
    "nodes",
    "security/test_files.py",
    "sim/test_grid.py",
    "sim/test_kernels.py",
)
"""files and folders that --fast does not even import: nearly all of their tests start nodes, train or take long"""
SIMULATED = (
    "bags/test_ros_collect.py",
    "demo/test_demo.py",
    "docs/test_first_commands.py",
    "nodes/sim/test_bridge.py",
    "nodes/sim/test_joint_arm.py",
    "nodes/hand/test_refined_corrections.py",
    "nodes/gripper/test_regrasp_server.py",
    "nodes/tools/test_scene_publisher.py",
)
"""modules that simulate a robot in real time or faster: never two of them beside each other"""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fast", action="store_true", help="leave out tests with nodes, processes or training")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if config.option.markexpr == "ros" and collection_path.name.startswith("test_"):
        # Most modules start no node: importing them all would take longer than many a test.
        return True if collection_path.is_file() and b"mark.ros" not in collection_path.read_bytes() else None
    if not config.getoption("--fast"):
        return None
    name = collection_path.relative_to(ROOT).as_posix() if collection_path.is_relative_to(ROOT) else ""
    slower = name in SLOWER or collection_path.name.startswith("test_ros_")
    return True if slower else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--fast"):
        slower = [item for item in items if SLOWER_MARKS & {mark.name for mark in item.iter_markers()}]
        config.hook.pytest_deselected(items=slower)
        items[:] = [item for item in items if item not in slower]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Each module goes to one process, those with a simulated robot all to the same."""
    from xdist.scheduler import LoadScopeScheduling

    class ModuleScheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            module = nodeid.partition("::")[0]
            return "simulated robots" if module.removeprefix("test/") in SIMULATED else module

    return ModuleScheduling(config, log)
