"""The whole page: scene and panels around one state."""

from __future__ import annotations

import contextlib
import io
from types import TracebackType
from typing import TYPE_CHECKING, Self

from tacrefine.viewer.page.server import open_server

if TYPE_CHECKING:
    from tacrefine.viewer.page.panels import Panels
    from tacrefine.viewer.page.scene import Scene
    from tacrefine.viewer.state import State


class Page:
    """A context manager; `show` brings the page up to date in every browser that has it open."""

    def __init__(self, port: int, title: str) -> None:
        self.server = open_server(port)
        self.server.gui.set_panel_label(title)
        self.server.gui.configure_theme(show_logo=False, show_share_button=False, brand_color=(40, 90, 150))
        self._parts: tuple[Scene, Panels] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.redirect_stdout(io.StringIO()):  # viser says that it stops
            self.server.stop()

    @property
    def url(self) -> str:
        """Where a browser finds it."""
        return f"http://{self.server.get_host()}:{self.server.get_port()}"

    @property
    def is_open(self) -> bool:
        """Whether a browser shows it."""
        return bool(self.server.get_clients())

    def build(self, state: State, is_bag: bool) -> Panels:
        """Make scene and panels; returns the panels, whose `middle` has room for buttons."""
        # Browsers load the page while these are imported.
        from tacrefine.viewer.page.panels import Panels
        from tacrefine.viewer.page.scene import Scene

        panels = Panels(self.server, state, is_bag)
        self._parts = Scene(self.server, state), panels
        return panels

    def show(self, state: State, now: float) -> None:
        """Draw the state at `now`, s."""
        assert self._parts is not None
        scene, panels = self._parts
        scene.show(state, now)
        panels.show(state, now, scene.scale.top)
