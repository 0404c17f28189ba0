"""The commands of the planner's tutorial, typed from the top right after the launch, do what the page says."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from tacrefine.bringup.arguments import Arguments, parse
from tacrefine.bringup.description import describe
from tacrefine.bringup.processes import NodeProcesses

pytestmark = pytest.mark.ros
PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "planner.md"


def typed() -> list[list[str]]:
    """Every ros2 command of the page in order, continued lines joined, in words."""
    text = re.sub(r"\\\n\s*", " ", PAGE.read_text(encoding="utf-8"))
    return [shlex.split(line) for line in re.findall(r"ros2 (?:launch|service|action) [^`\n]+", text)]


def message_of(kind: str, text: str) -> tuple[Any, Any]:
    """The type that a command names, and the request or goal that it writes down."""
    package, folder, name = kind.split("/")
    interface = getattr(import_module(f"{package}.{folder}"), name)
    return interface, (interface.Request if folder == "srv" else interface.Goal)(**yaml.safe_load(text))


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Any]:
    from tacrefine.nodes.tools.client import StackClient

    launch = next(words for words in typed() if words[1] == "launch")
    arguments = parse(dict(word.split(":=") for word in launch[4:]))
    nodes = describe(Arguments(**{**vars(arguments), "targets_folder": str(tmp_path)}))
    with NodeProcesses(nodes) as processes, StackClient() as connected:
        connected.check = processes.check
        connected.wait_ready()
        yield connected


def test_the_tutorials_commands_work_as_written(client: Any) -> None:
    codes = []
    for words in typed():
        if words[1] == "service":
            kind, request = message_of(words[4], words[5])
            service = client.node.create_client(kind, words[3])
            client.wait_for(service.service_is_ready, 60.0, words[3])
            answer = client.answer(service.call_async(request), 60.0, words[3])
            assert answer.success, f"{' '.join(words)}: {answer.message}"
        elif words[1] == "action" and "nosuch" not in words[-1]:
            _, goal = message_of(words[-2], words[-1])
            _, result = client.send_goal(goal, None, 60.0).result()
            codes.append((result.error_code, result.message))
    assert [code for code, _ in codes] == [0], codes
