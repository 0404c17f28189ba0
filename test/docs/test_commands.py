"""Every command on a page can be typed: its verb, options, arguments, files and topics exist."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from reference_pages import command_line, topics

from tacrefine.bringup.arguments import argument_specs
from tacrefine.bringup.registry import NODE_PARAMETERS
from tacrefine.cli import VERBS
from tacrefine.parameters import specs

ROOT = Path(__file__).parents[2]
OTHERS = ("README.md", "CONTRIBUTING.md", "models/README.md")
PAGES = sorted([*ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*/README.md"), *map(ROOT.joinpath, OTHERS)])
PROGRAM = re.compile(r"(?:tacrefine|python|ros2|make)(?: |$)")
PARAMETERS = {name for group in NODE_PARAMETERS.values() for name in specs(group)} | {"use_sim_time"}


class Command(NamedTuple):
    """One command as a page shows it, in words, without what a comment or the shell adds."""

    page: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.page}: {' '.join(self.words)}"

    @property
    def options(self) -> list[str]:
        return [word.partition("=")[0] for word in self.words if re.match(r"--?[a-z]", word)]

    @property
    def assignments(self) -> list[str]:
        """Names before `:=`, without remappings of ROS."""
        names = [word.partition(":=")[0] for word in self.words if ":=" in word]
        return [name for name in names if not name.startswith("__")]


def shown(text: str) -> Iterator[str]:
    """Lines of code blocks, continued ones joined, and code within sentences."""
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r"\\\n\s*", "", text)
    fenced = False
    for line in text.splitlines():
        if line.strip().startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield line.strip()
        else:
            yield from re.findall(r"(?<!`)`([^`]+)`(?!`)", line)


def commands_on(page: Path) -> Iterator[Command]:
    name = str(page.relative_to(ROOT))
    for line in shown(page.read_text(encoding="utf-8")):
        for part in re.split(r"\s(?:&&|\||;)\s", line):
            if PROGRAM.match(part):
                yield Command(name, tuple(shlex.split(part, comments=True)))


ALL = [command for page in PAGES for command in commands_on(page)]


def of(*start: str) -> list[Command]:
    found = [command for command in ALL if command.words[: len(start)] == start]
    assert found
    return found


@cache
def options_of(verb: str) -> dict[str, set[str]]:
    """Options of a verb, or of each of its own verbs; the verb itself stands under ''."""
    command = command_line.command_of(verb)
    inner = getattr(command, "commands", {"": command})
    return {
        name: {option for p in sub.params for option in (*p.opts, *p.secondary_opts)} | {"--help", "-h"}
        for name, sub in inner.items()
    }


@pytest.mark.parametrize("command", of("tacrefine"), ids=str)
def test_a_tacrefine_command_has_a_verb_and_options_that_exist(command: Command) -> None:
    rest = command.words[1:]
    if not rest or rest[0] in ("--help", "--version"):
        return
    verb, *rest = rest
    assert verb in VERBS
    inner = options_of(verb)
    if "" not in inner:
        if not rest:
            return
        assert rest[0] in inner
    allowed = inner[""] if "" in inner else inner[rest[0]]
    assert set(command.options) <= allowed


@pytest.mark.parametrize(
    "command", [c for c in of("python") if len(c.words) > 1 and c.words[1].endswith(".py")], ids=str
)
def test_a_program_is_there_and_knows_its_options(command: Command) -> None:
    path = ROOT / command.words[1]
    assert path.is_file()
    own = path.read_text(encoding="utf-8")
    helpers = [file.read_text(encoding="utf-8") for file in path.parent.glob("*.py") if file.stem in own]
    for option in command.options:
        name = option.removeprefix("--").removeprefix("no-")
        declared = rf"[\"']--{name}[\"']|\b{name.replace('-', '_')}: Annotated"
        assert name == "help" or any(re.search(declared, text) for text in (own, *helpers)), option


@pytest.mark.parametrize("command", [c for c in of("python") if "-m" in c.words], ids=str)
def test_a_module_is_there(command: Command) -> None:
    module = command.words[command.words.index("-m") + 1]
    if module.startswith("tacrefine"):
        assert (ROOT / "src" / (module.replace(".", "/") + ".py")).is_file()
    assert set(command.assignments) <= PARAMETERS


@pytest.mark.parametrize("command", of("ros2"), ids=str)
def test_a_ros2_command_names_arguments_topics_and_types_that_exist(command: Command) -> None:
    words = command.words
    if words[1:3] == ("launch", "tacrefine") and len(words) > 3:
        file = ROOT / "launch" / words[3]
        if words[3] == "refine.launch.py":
            assert set(command.assignments) <= set(argument_specs())
        else:
            text = file.read_text(encoding="utf-8") + (ROOT / "src/tacrefine/bags/command.py").read_text(
                "utf-8"
            )
            assert all(f'"{name}"' in text for name in command.assignments)
    elif words[1:3] == ("run", "tacrefine"):
        assert words[3] in NODE_PARAMETERS
        assert set(command.assignments) <= set(specs(NODE_PARAMETERS[words[3]]))
    elif words[1:3] in (("service", "call"), ("action", "send_goal")):
        known = yaml.safe_load(topics.MEANINGS.read_text(encoding="utf-8"))
        if len(words) == 3:
            return  # the command itself is spoken of
        name, kind = [word for word in words[3:] if not word.startswith("--")][:2]
        kinds = known["service" if words[1] == "service" else "action"]
        assert kinds[name.lstrip("/")]["type"] == kind


@pytest.mark.parametrize("command", of("make"), ids=str)
def test_a_make_target_exists(command: Command) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert all(
        re.search(rf"^{word}:", makefile, re.MULTILINE) for word in command.words[1:] if word.isalpha()
    )
