"""Buttons that act on the robot. Without `--control` nothing of this module is made, and no button exists."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from html import escape
from typing import Any, Protocol

import viser

from tacrefine.errors import TacrefineError
from tacrefine.viewer.page.handles import set_value


class Operator(Protocol):
    """Who does what the buttons ask for. Methods return what came of it, or raise TacrefineError, in a sentence."""

    @property
    def has_strategies(self) -> bool:
        """Whether a goal may name a strategy."""

    def take_zero(self) -> str:
        """Tare the pads."""

    def show(self, name: str, obj: str, overwrite: bool) -> str:
        """Capture a target."""

    def refine(self, target: str, on_end: Callable[[str], None], **goal: Any) -> str:
        """Send a goal; `on_end` gets a sentence about its end."""

    def cancel_goals(self) -> str:
        """Cancel every goal."""

    def stop(self) -> str:
        """Press the emergency stop."""

    def release(self) -> str:
        """Release and reset the emergency stop."""


class Controls:
    """The buttons. One request at a time, but stop and cancel, which never wait for another."""

    def __init__(self, server: viser.ViserServer, operator: Operator, objects: Sequence[str]) -> None:
        self._operator = operator
        self._busy = threading.Lock()
        gui = server.gui
        panel = gui.add_panel()
        with panel.add_tab("Stop"):
            stop = gui.add_button(
                "Emergency stop", color="red", hint="everything stops until it is released and reset"
            )
            self._release = gui.add_button("Release and reset", visible=False, color="orange")
        panel.float(x=-12, y=-12, width=230)  # over the scene, so that it is never scrolled away
        self._told = gui.add_html("")
        self._tell("ready")
        with gui.add_folder("Target"):
            self._name = gui.add_text("name", "shown", hint="letters, digits, _ and -")
            self._object = gui.add_dropdown("object", tuple(objects))
            self._overwrite = gui.add_checkbox("replace one of this name", False)
            capture = gui.add_button("Capture target", hint="store the grasp that the hand holds now")
            tare = gui.add_button(
                "Tare", hint="the pads' present readings become zero; nothing may touch them"
            )
        with gui.add_folder("Refine"):
            self._millimetres = gui.add_number(
                "position [mm]", 0.0, min=0.0, max=100.0, step=0.1, hint="0: default"
            )
            self._degrees = gui.add_number(
                "rotation [deg]", 0.0, min=0.0, max=180.0, step=0.1, hint="0: default"
            )
            self._steps = gui.add_number(
                "most moves", 0, min=0, max=50, step=1, hint="0: the server's default"
            )
            self._strategy = gui.add_text(
                "strategy", "", hint="empty: default", visible=operator.has_strategies
            )
            refine = gui.add_button("Refine", color="green", hint="the hand opens and closes, the arm moves")
            cancel = gui.add_button("Cancel", hint="the goal ends; hand and arm go into a safe state")
        stop.on_click(lambda _: self._act("emergency stop", self._stop))
        self._release.on_click(lambda _: self._act("release", self._reset))
        cancel.on_click(lambda _: self._act("cancel", operator.cancel_goals))
        tare.on_click(lambda _: self._alone("tare", operator.take_zero))
        capture.on_click(lambda _: self._alone("capture target", self._capture))
        refine.on_click(lambda _: self._alone("refine", self._refine))

    def suggest(self, target: str, obj: str) -> None:
        """Name the target and the object that the stack speaks of, until somebody types another."""
        if target and self._name.value == "shown":
            set_value(self._name, target)
        if obj in self._object.options and self._object.value == self._object.options[0]:
            set_value(self._object, obj)

    def show_stop(self, stopped: bool) -> None:
        """Offer the release while the stop is pressed."""
        if stopped and not self._release.visible:
            self._release.visible = True

    # ---- what buttons do
    def _stop(self) -> str:
        self._release.visible = True
        return self._operator.stop()

    def _reset(self) -> str:
        sentence = self._operator.release()
        self._release.visible = False
        return sentence

    def _capture(self) -> str:
        return self._operator.show(self._name.value.strip(), self._object.value, self._overwrite.value)

    def _refine(self) -> str:
        strategy = {"strategy": self._strategy.value.strip()} if self._operator.has_strategies else {}
        return self._operator.refine(
            self._name.value.strip(),
            lambda sentence: self._tell(f"refine: {sentence}"),
            max_steps=int(self._steps.value),
            position_tolerance=self._millimetres.value / 1e3,
            rotation_tolerance=math.radians(self._degrees.value),
            **strategy,
        )

    def _alone(self, title: str, work: Callable[[], str]) -> None:
        if not self._busy.acquire(blocking=False):
            self._tell(f"{title}: another request is still on its way")
            return
        try:
            self._tell(f"{title} ...")
            self._act(title, work)
        finally:
            self._busy.release()

    def _act(self, title: str, work: Callable[[], str]) -> None:
        try:
            self._tell(f"{title}: {work()}")
        except TacrefineError as error:
            self._tell(f"{title}: {error}", is_error=True)

    def _tell(self, sentence: str, is_error: bool = False) -> None:
        colour = "#c92a2a" if is_error else "inherit"
        self._told.content = (
            f'<div class="tacrefine-answer" style="font:13px sans-serif;padding:2px 12px 6px;color:{colour}">'
            f"{escape(sentence)}</div>"
        )
