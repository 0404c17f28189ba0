"""The set-up script on machines that lack something, and after it was broken off."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
TOOLS = (
    "bash",
    "cat",
    "cut",
    "dirname",
    "env",
    "flock",
    "grep",
    "ls",
    "mkdir",
    "mv",
    "rm",
    "sha256sum",
    "touch",
    "uname",
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that was never set up, and beside it a folder `bin` with few tools and no Python."""
    for folder in ("scripts", "requirements"):
        shutil.copytree(ROOT / folder, tmp_path / "checkout" / folder)
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool) or tool)
    return tmp_path / "checkout"


def set_up(checkout: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "scripts" / "setup.sh", *options],
        capture_output=True,
        text=True,
        env={"PATH": str(checkout.parent / "bin")} | environment,
        check=False,
        timeout=60,
    )


def test_missing_python_is_one_sentence_that_says_what_to_install(checkout: Path) -> None:
    done = set_up(checkout)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "Python 3.11 to 3.13 is needed" in done.stderr


def test_an_unknown_option_is_refused_with_those_that_exist(checkout: Path) -> None:
    done = set_up(checkout, "--everything")
    assert done.returncode == 1
    assert done.stderr == "tacrefine setup: unknown option '--everything'; allowed are --docs and --test.\n"


def test_a_python_that_does_not_fit_is_refused_by_name(checkout: Path) -> None:
    done = set_up(checkout, PYTHON="/bin/false")
    assert done.returncode == 1
    assert done.stderr == "tacrefine setup: PYTHON=/bin/false is not a Python 3.11 to 3.13.\n"


def test_missing_compiler_is_one_sentence_that_says_what_to_install(checkout: Path) -> None:
    base = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    done = set_up(checkout, PYTHON=str(base))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "compiler is needed and 'c++' is not on PATH" in done.stderr


def test_a_folder_in_the_way_is_left_alone(checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "precious").touch()
    done = set_up(checkout)
    assert done.returncode == 1
    assert "is not a virtual environment" in done.stderr
    assert (checkout / ".venv" / "precious").exists()


@pytest.mark.parametrize("left", ["created", "installing", "moved"])
def test_an_environment_that_was_broken_off_or_moved_is_made_anew(checkout: Path, left: str) -> None:
    venv = checkout / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True, timeout=60)
    (venv / "stamps").mkdir()
    if left != "created":
        (venv / "stamps" / "venv").write_text(f"{venv if left == 'installing' else checkout.parent}\n")
    if left == "installing":
        (venv / "installing").touch()
    done = set_up(checkout)
    assert "making it anew" in done.stdout
    assert not venv.exists()


def test_sourcing_the_environment_before_set_up_says_what_to_do(checkout: Path) -> None:
    command = ["bash", "-c", f". {checkout}/scripts/env.sh"]
    done = subprocess.run(
        command, capture_output=True, text=True, env=dict(os.environ), check=False, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr == "tacrefine: nothing is built yet, run 'make setup' first.\n"
