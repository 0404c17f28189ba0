"""The panels beside the scene: touch on the left, goal, error and health on the right."""

from __future__ import annotations

import time

import viser

from tacrefine.viewer import tables
from tacrefine.viewer.board import Board
from tacrefine.viewer.error_plot import error_plot
from tacrefine.viewer.state import State

LEFT_WIDTH, RIGHT_WIDTH = 430, 400
TOUCH_S, WORDS_S, SLOW_S = 0.08, 0.18, 0.5
"""between two pictures of touch, two looks at the goal, and two at what changes slowly"""
LEGEND = (
    '<div style="font:12px sans-serif;padding:2px 12px 8px;opacity:.75">In the scene: taxels in colours of pressure; '
    "the object where touch believes it is (blue-grey; blue ball: two sigma of its place); green lines: the hand "
    "where the grasp would feel like the target. Drag to turn, scroll to zoom.</div>"
)


class Panels:
    """Text of all panels; only what changed is sent."""

    def __init__(self, server: viser.ViserServer, state: State, is_bag: bool) -> None:
        self._board, self._is_bag = Board(state.hand), is_bag
        gui = server.gui
        left = gui.add_panel()
        with left.add_tab("Touch"):
            self._touch = gui.add_html(self._board.draw(None, None, 1.0) or "")
            gui.add_html(LEGEND)
        left.dock_left()
        left.set_width(LEFT_WIDTH)
        gui.main_panel.dock_right()
        gui.main_panel.set_width(RIGHT_WIDTH)
        self._headline = gui.add_html("")
        if is_bag:
            self.middle = gui.add_folder("Time", visible=False)
        with gui.add_folder("Error by estimate"):
            self._error = gui.add_html(error_plot(()))
        if not is_bag:
            self.middle = gui.add_folder("Control", visible=False)
        with gui.add_folder("Inputs"):
            self._health = gui.add_html("")
        self._steps: tuple[object, ...] | None = None
        self._drawn: dict[str, float] = {}

    def show(self, state: State, now: float, top: float) -> None:
        """Draw the state; `top` is where colours end. Each part no more often than eyes can follow it."""
        shown = None if state.target is None else state.target.tactile
        if self._is_due("touch", TOUCH_S) and (picture := self._board.draw(state.tactile, shown, top)):
            self._touch.content = picture
        if self._is_due("words", WORDS_S):
            _set(self._headline, tables.headline(state, now, self._is_bag))
        goal = state.goals.goal
        steps = () if goal is None else tuple(goal.steps)
        if steps != self._steps:
            self._steps = steps
            self._error.content = error_plot(steps)
        if self._is_due("health", SLOW_S):
            _set(self._health, tables.health(state, now))

    def _is_due(self, part: str, period: float) -> bool:
        clock = time.monotonic()
        if clock - self._drawn.get(part, -float("inf")) < period:
            return False
        self._drawn[part] = clock
        return True


def _set(handle: viser.GuiHtmlHandle, text: str) -> None:
    if handle.content != text:
        handle.content = text
