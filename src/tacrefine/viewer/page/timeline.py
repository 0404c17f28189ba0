"""Slider, play button and speed of a bag."""

from __future__ import annotations

import viser

from tacrefine.viewer.page.handles import set_value
from tacrefine.viewer.player import Player

SPEEDS = ("0.25", "0.5", "1", "2", "5", "10")


class TimeLine:
    """The controls of one player; `update` moves time on."""

    def __init__(self, server: viser.ViserServer, player: Player) -> None:
        self._player = player
        gui = server.gui
        self._button = gui.add_button("Pause", hint="stop or go on")
        self._slider = gui.add_slider("time [s]", min=0.0, max=1.0, step=0.05, initial_value=0.0)
        self._speed = gui.add_dropdown("speed", SPEEDS, initial_value="1")
        self._note = gui.add_html("")
        self._shown, self._noted = 0.0, ""
        self._wanted: float | None = None
        self.is_playing = True
        self._button.on_click(lambda _: self._toggle())
        self._slider.on_update(self._on_slider)

    def _toggle(self) -> None:
        self.is_playing = not self.is_playing
        if self.is_playing and self._player.is_at_end:
            self._wanted = 0.0
        self._button.label = "Pause" if self.is_playing else "Play"

    def _on_slider(self, event: viser.GuiEvent) -> None:
        if event.client_id is not None:  # a person moved it, not `update`
            self._wanted = float(self._slider.value)

    def update(self, seconds: float) -> None:
        """Let `seconds` of the clock on the wall pass."""
        player = self._player
        if player.duration > self._slider.max:
            self._slider.max = float(player.duration)
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            player.seek(wanted)
        elif self.is_playing:
            player.seek(player.time + seconds * float(self._speed.value))
            if player.is_at_end:
                self._toggle()
        # Whoever drags the slider sees it where they hold it; rarely moved, it costs little.
        if wanted is None and abs(player.time - self._shown) >= 0.1:
            self._shown = player.time
            set_value(self._slider, min(round(player.time, 2), float(self._slider.max)))
        if player.note != self._noted:
            self._noted = player.note
            self._note.content = (
                f'<div style="font:12px sans-serif;padding:0 12px 6px;opacity:.75">{player.note}</div>'
            )
