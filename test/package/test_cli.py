"""The command line as a user meets it."""

import resource
import subprocess
import sys
from types import SimpleNamespace

import pytest

import tacrefine
from tacrefine import cli
from tacrefine.errors import TacrefineError


@pytest.fixture
def verb(monkeypatch: pytest.MonkeyPatch):
    """Makes a function the verb `try` of the command line."""

    def install(function) -> None:
        monkeypatch.setitem(cli.VERBS, "try", cli.Verb("tacrefine.cli.try", "command", "Try something."))
        monkeypatch.setattr(cli, "import_module", lambda name: SimpleNamespace(command=function))

    return install


@pytest.mark.parametrize("name", list(cli.VERBS))
def test_every_verb_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([name, "--help"]) == 0
    assert "Usage: tacrefine " + name in " ".join(capsys.readouterr().out.split())


@pytest.mark.processes
def test_help_lists_every_verb_without_loading_heavy_packages() -> None:
    code = (
        "import sys; from tacrefine.cli import main; main(['--help']);"
        "print('LOADED', sorted({'torch', 'mujoco', 'rclpy', 'numba', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert "LOADED []" in done.stdout
    assert all(f" {name} " in done.stdout for name in cli.VERBS)


@pytest.mark.processes
def test_help_takes_less_than_two_seconds_of_a_core() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "tacrefine", "--help"], capture_output=True, check=True, timeout=60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime) < 2.0


def test_version_is_the_packages_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"tacrefine {tacrefine.__version__}\n"


def test_unknown_verb_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["fold-laundry"]) == cli.EXIT_BAD_INPUT
    assert "fold-laundry" in capsys.readouterr().err


def test_bad_input_is_one_sentence_and_no_traceback(verb, capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> None:
        raise TacrefineError("the hand file is\n    empty.")

    verb(command)
    assert cli.main(["try"]) == cli.EXIT_BAD_INPUT
    assert capsys.readouterr().err == "tacrefine try: the hand file is empty.\n"


def test_interrupt_ends_with_130_and_one_sentence(verb, capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> None:
        raise KeyboardInterrupt

    verb(command)
    assert cli.main(["try"]) == cli.EXIT_INTERRUPTED
    assert capsys.readouterr().err == "tacrefine try: interrupted.\n"


def test_missing_optional_package_is_named_with_its_remedy(verb, capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> None:
        raise ModuleNotFoundError("No module named 'torch.nn'", name="torch.nn")

    verb(command)
    assert cli.main(["try"]) == cli.EXIT_BAD_INPUT
    assert "tacrefine[train]" in capsys.readouterr().err


def test_a_defect_is_not_dressed_up_as_bad_input(verb) -> None:
    def command() -> None:
        raise ZeroDivisionError

    verb(command)
    with pytest.raises(ZeroDivisionError):
        cli.main(["try"])


def test_exit_code_of_a_verb_is_passed_on(verb) -> None:
    import typer

    def command() -> None:
        raise typer.Exit(1)

    verb(command)
    assert cli.main(["try"]) == 1


def test_a_folder_that_cannot_be_written_is_named_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["generate", "--out", "/proc/nothing-can-be-here"]) == 2
    sentence = capsys.readouterr().err.strip().splitlines()[-1]
    assert "/proc/nothing-can-be-here" in sentence


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--trials", "x"], "'--trials' is 'x', allowed is a whole number"),
        (["--trials", "0"], "'--trials' is '0', allowed is a value greater than or equal to 1"),
        (["--targets", "near"], "'--targets' is refused: 'near' is not one of 'fixed', 'random'"),
        (["--objets", "x"], "No such option: --objets, did you mean --objects"),
        (["now"], "Got unexpected extra argument(s) (now)"),
    ],
)
def test_a_wrong_use_is_one_sentence_that_says_what_is_allowed(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["evaluate", *words]) == cli.EXIT_BAD_INPUT
    assert capsys.readouterr().err == f"tacrefine evaluate: {sentence}; see tacrefine evaluate --help\n"
