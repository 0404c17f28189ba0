"""Figures say where they come from."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tacrefine import __version__, provenance
from tacrefine.contact_model import CONTACT_MODEL


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["/opt/venv/bin/tacrefine", "evaluate", "--plant", "my hard"], "tacrefine evaluate --plant 'my hard'"),
        (["/opt/tacrefine/__main__.py", "demo"], "tacrefine demo"),
        (["/home/me/ws/benchmarks/pose_bound.py", "--pairs", "3"], "python benchmarks/pose_bound.py --pairs 3"),
    ],
)  # fmt: skip
def test_the_command_is_what_a_user_types_in_the_checkout(
    argv: list[str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", argv)
    assert provenance.command() == told


def test_the_machine_is_told_by_cores_and_processor() -> None:
    assert re.fullmatch(r"\d+ cores? of .+, \w+", provenance.machine())


def test_an_unreadable_processor_is_no_reason_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "CPU_INFO", Path("/nowhere"))
    monkeypatch.setattr("platform.machine", lambda: "")
    assert "an unknown processor" in provenance.machine()


def test_the_day_is_in_figures_that_sort() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", provenance.provenance()["date"])


def test_figures_are_written_with_where_they_come_from_and_an_entry_a_line(tmp_path: Path) -> None:
    file = tmp_path / "new" / "figures.json"
    provenance.write_figures(file, {"all": {"mm": 1.5}, "trials": [{"mm": 1.0}, {"mm": 2.0}], "none": []})
    content = json.loads(file.read_text())
    assert content["made"]["command"] == provenance.command()
    assert content["trials"] == [{"mm": 1.0}, {"mm": 2.0}]
    assert '    {"mm": 2.0}\n' in file.read_text()
    assert content["none"] == []


def test_figures_that_cannot_be_written_leave_the_file_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    provenance.write_figures(file, {"mm": 1.0})
    with pytest.raises(TypeError):
        provenance.write_figures(file, {"mm": object()})
    assert json.loads(file.read_text())["mm"] == 1.0
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def repository(folder: Path) -> Path:
    (folder / "config" / "hands").mkdir(parents=True)
    git = ["git", "-C", str(folder), "-c", "user.name=me", "-c", "user.email=me@localhost"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run([*git, *words], check=True)
    return folder


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "checkout"
    monkeypatch.setattr(provenance, "share_dir", lambda: folder)
    provenance.code_version.cache_clear()
    yield folder
    provenance.code_version.cache_clear()


def test_the_version_names_the_commit_and_whether_files_were_changed_since(checkout: Path) -> None:
    repository(checkout)
    (checkout / "code.py").write_text("1")
    for words in (["add", "code.py"], ["-c", "user.name=me", "-c", "user.email=a@b", "commit", "-qm", "x"]):
        subprocess.run(["git", "-C", str(checkout), *words], check=True)
    assert re.fullmatch(rf"{re.escape(__version__)}\+[0-9a-f]{{7,}}", provenance.code_version())
    (checkout / "code.py").write_text("2")
    provenance.code_version.cache_clear()
    assert provenance.code_version().endswith("-dirty")
    assert provenance.provenance()["version"] == provenance.code_version()


def test_an_installation_inside_somebody_elses_repository_says_its_own_version(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository(checkout)
    (checkout / "venv" / "share").mkdir(parents=True)
    monkeypatch.setattr(provenance, "share_dir", lambda: checkout / "venv" / "share")
    assert provenance.code_version() == __version__


def test_figures_say_which_contact_model_they_were_made_with() -> None:
    assert provenance.provenance()["contact_model"] == CONTACT_MODEL
