"""`tacrefine view` in a browser: a stack is watched, a goal is started and cancelled, and a bag is played."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Browser
from fake_stack import FakeStack
from made import Story, record

from tacrefine.bringup.respawn import die_with_parent
from tacrefine.geometry import transform

pytestmark = [pytest.mark.ros, pytest.mark.processes]
COMMAND = [sys.executable, "-m", "tacrefine", "view", "--no-open"]
ANSWER = "document.querySelector('.tacrefine-answer')?.innerText"
PHASE = "document.querySelector('.tacrefine-phase')?.innerText"
FLOWING = "[...document.querySelectorAll('.tacrefine-inputs tr')].filter(r => r.innerText.includes('comes in')).length"
TOUCH = "[...document.querySelectorAll('.tacrefine-board path')].map(p => p.outerHTML).join()"


class View:
    """The command as a process, ended with the context at the latest; `url` is where it says that the page is."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "--port", "0", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            preexec_fn=die_with_parent,
        )  # fmt: skip
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert found, line + self.process.stdout.read()
        self.url = found[0]

    def __enter__(self) -> "View":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()

    def end(self) -> tuple[int, str]:
        """Exit code after Ctrl-C, and what else it has said."""
        self.process.send_signal(signal.SIGINT)
        said, _ = self.process.communicate(timeout=60)
        return self.process.returncode, said


@pytest.fixture
def browser(browser_folder: Path) -> Iterator[Browser]:
    with Browser(browser_folder) as opened:
        yield opened


@pytest.fixture
def stack() -> Iterator[FakeStack]:
    with FakeStack() as made:
        yield made


def test_a_stack_is_watched_and_a_goal_is_started_and_cancelled_by_its_buttons(
    stack: FakeStack, browser: Browser
) -> None:
    with View("--control") as view:
        browser.open(view.url)
        browser.wait_for_text("Waiting for a stack: no node reports and no sensor publishes.")
        stack.flows = True
        browser.wait(f"{FLOWING} == 3")
        before = browser.run(TOUCH)
        stack.touch = 0.2
        browser.wait(f"{TOUCH} != {json.dumps(before)}")

        browser.click("Tare")
        browser.wait(f"{ANSWER} == 'tare: tare: the hand moves'")
        browser.click("Capture target")
        browser.wait(f"{ANSWER} == \"capture target: target 'shown' captured\"")
        assert stack.captured == [("shown", "rod_8", False)]
        browser.wait_for_text("target shown on rod_8")

        browser.click("Refine")
        browser.wait(f"{PHASE} == 'moving'")
        assert [goal.target for goal in stack.asked] == ["shown"]
        assert browser.run("document.querySelectorAll('.tacrefine-error circle').length") == 2
        assert browser.run("document.querySelectorAll('.tacrefine-error ellipse').length") == 2
        browser.click("Cancel")
        browser.wait(f"{PHASE} == 'canceled'")
        browser.wait(f"{ANSWER} == 'refine: canceled by the client (code 110, open)'")

        browser.click("Refine")
        browser.wait(f"{PHASE} == 'moving'")
        browser.click("Emergency stop")
        browser.wait_for_text("nothing moves until it is released and reset")
        browser.wait(f"{ANSWER} == 'refine: the stop was pressed (code 306, open)'")
        browser.click("Release and reset")
        browser.wait(f"{ANSWER} == 'release: the emergency stop is reset'")
        assert stack.stops == [True, False]
        own = (view.url, "data:", f"blob:{view.url}")
        assert [address for address in browser.requested if not address.startswith(own)] == []
        assert browser.faults == []
        assert view.end() == (0, "")


def test_without_control_nothing_can_be_moved(stack: FakeStack, browser: Browser) -> None:
    stack.flows = True
    with View() as view:
        browser.open(view.url)
        browser.wait(f"{FLOWING} == 3")
        buttons = set(browser.run("[...document.querySelectorAll('button')].map(b => b.innerText.trim())"))
        assert buttons <= {
            "",
            "Save Canvas",
            "Reset View",
            "Reset Panel Layout",
        }  # viser's own, about the picture
        node = stack.node
        published = {name for name, _ in node.get_publisher_names_and_types_by_node("tacrefine_view", "/")}
        assert published <= {"/parameter_events"}
        assert node.get_client_names_and_types_by_node("tacrefine_view", "/") == []
        assert "tacrefine_view_control" not in node.get_node_names()
        assert view.end() == (0, "")


def test_a_bag_is_played_with_a_time_line(tmp_path: Path, browser: Browser) -> None:
    story = Story()
    for number in range(90):  # a minute and a half, in which touch grows
        story.tick(transform((0.4, 0.0, 0.3)), 0.5, 0.005 * number)
        story.now += 10**9
    with View(str(record(tmp_path / "monday", story, {"hand": "five_finger"}))) as view:
        browser.open(view.url)
        browser.wait_for_text("time [s]")
        first = browser.run(TOUCH)
        browser.wait(f"{TOUCH} != {json.dumps(first)}")
        browser.click("Pause")
        browser.wait_for_text("Play")
        assert "Waiting for a stack" not in browser.text()
        assert view.end() == (0, "")
