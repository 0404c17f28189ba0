"""The generated interfaces: found from both orders of the path, and as the wire contract says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from tacrefine.bringup.registry import NODE_PARAMETERS

pytestmark = pytest.mark.ros

ROOT = Path(__file__).parents[2]
IMPORTS = """
import tacrefine, tacrefine.errors
from tacrefine.action import RefineGrasp
from tacrefine.msg import GraspTarget, PoseCorrection, TactileArray, TactilePad
from tacrefine.srv import CaptureTarget, ResetSim
print(tacrefine.__file__)
"""


def installed() -> Path:
    """Where the build put the generated package: the part of this one that is not src/."""
    import tacrefine

    return next(Path(path) for path in tacrefine.__path__ if Path(path) != ROOT / "src" / "tacrefine").parent


def imported_from(*path: Path) -> Path:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, path))},
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def test_interfaces_are_found_when_the_source_comes_first() -> None:
    assert imported_from(ROOT / "src", installed()) == ROOT / "src" / "tacrefine" / "__init__.py"


def test_interfaces_are_found_when_the_install_comes_first() -> None:
    assert imported_from(installed(), ROOT / "src") == installed() / "tacrefine" / "__init__.py"


def test_the_install_alone_holds_modules_and_interfaces() -> None:
    assert imported_from(installed()) == installed() / "tacrefine" / "__init__.py"


def test_result_codes_are_the_contract() -> None:
    from tacrefine.action import RefineGrasp

    # The generated metaclass hands out the constants of a message, and its default values beside them.
    constants = type(RefineGrasp.Result).__prepare__("", ())
    codes = {name: value for name, value in constants.items() if not name.endswith("__DEFAULT")}
    assert codes == {
        "SUCCESS": 0,
        "UNKNOWN_TARGET": 101,
        "INVALID_GOAL": 102,
        "BUSY": 103,
        "AMBIGUOUS": 106,
        "NOT_ACTIVE": 107,
        "CANCELED": 110,
        "PREEMPTED": 111,
        "CLIENT_LOST": 112,
        "NO_TACTILE": 201,
        "STALE_TACTILE": 202,
        "INVALID_TACTILE": 203,
        "NO_JOINT_STATES": 204,
        "NO_WRIST_POSE": 205,
        "NO_CORRECTION": 206,
        "NO_CONTACT": 207,
        "MODEL_MISMATCH": 208,
        "FROZEN_TACTILE": 214,
        "CLOCK_JUMP": 215,
        "HAND_TIMEOUT": 301,
        "ARM_TIMEOUT": 302,
        "LIMIT_EXCEEDED": 303,
        "WORKSPACE_EXCEEDED": 304,
        "FORCE_EXCEEDED": 305,
        "EMERGENCY_STOP": 306,
        "UNREACHABLE": 307,
        "ARM_UNAVAILABLE": 308,
        "PATH_DEVIATION": 309,
        "NO_SUPPORT": 310,
        "EARLY_CONTACT": 311,
        "NOT_CONVERGED": 401,
        "DRY_RUN": 402,
        "OSCILLATING": 405,
        "TOUCH_MISMATCH": 406,
        "OBJECT_MOVED": 407,
        "OBJECT_LOST": 408,
        "INTERNAL": 900,
    }


def test_fields_of_corrections_and_targets_have_one_value_for_each_axis() -> None:
    from tacrefine.msg import GraspTarget, PoseCorrection

    assert len(PoseCorrection().standard_deviation) == 6
    assert len(PoseCorrection().observable_axes) == 6
    assert len(GraspTarget().observable_axes) == 6


def test_the_message_of_tf_is_field_for_field_that_of_a_ros_install() -> None:
    from ament_index_python import get_package_share_directory
    from tf2_msgs.msg import TFMessage

    name = "tf2_msgs/msg/TFMessage"
    text = (Path(get_package_share_directory("tf2_msgs")) / "msg" / "TFMessage.msg").read_text("utf-8")
    published = get_typestore(Stores.ROS2_KILTED).fielddefs[name]
    assert get_types_from_msg(text, name) == {name: published}
    assert TFMessage.get_fields_and_field_types() == {
        "transforms": "sequence<geometry_msgs/TransformStamped>"
    }


def test_colcon_finds_this_package_alone_so_that_a_ros_install_keeps_its_own_tf2_msgs(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "colcon", "--log-base", str(tmp_path), "list", "--names-only"]
    done = subprocess.run(
        [*command, "--base-paths", str(ROOT)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout == "tacrefine\n", done.stderr


def test_node_executables_are_installed_and_may_be_run() -> None:
    folder = installed().parents[2] / "lib" / "tacrefine"
    for name in NODE_PARAMETERS:
        assert os.access(folder / name, os.X_OK), name


def test_descriptions_launch_files_and_models_are_installed() -> None:
    share = installed().parents[2] / "share" / "tacrefine"
    for folder in ("config", "launch", "models"):
        files = [path for path in (ROOT / folder).rglob("*") if path.is_file()]
        names = [path.relative_to(ROOT) for path in files if path.suffix != ".pyc"]
        assert names, folder
        assert all((share / name).is_file() for name in names)
