"""The film of one task in two ways, side by side: without touch and with it. A GIF, and its last picture as a PNG."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from tacrefine.demo.film_scene import SIZE, STRONGEST, FilmScene, Posture
from tacrefine.hands import Hand
from tacrefine.hands.images import finger_images
from tacrefine.scene.looks import DEAD, PALETTE, levels

SCENES: Mapping[str, tuple[str, ...]] = {
    "grasp": (
        "look for the part",
        "go above it",
        "go down",
        "close the hand",
        "is it felt",
        "open the hand",
        "rise",
        "grasp again",
    ),
    "feel": (
        "refine in the nest",
        "lift it a little",
        "put it down, grasp it anew",
        "grip it firmly",
        "open the nest",
        "let it settle",
        "is it held",
        "feel how it is held",
    ),
    "carry": (
        "lead the wrist by it",
        "lift it",
        "go to the slot",
        "go near",
        "is it still held",
        "go over it",
    ),
    "insert": ("insert", "is it in"),
}
"""leaves of the tree that belong to each scene of the film"""
LENGTHS = {"grasp": 12, "feel": 22, "carry": 11, "insert": 15}
HELD = 20
"""pictures that the end is shown for"""
PERIOD_MS = 140
WORDS = {
    "grasp": ("The camera is a little off.", "The camera is just as far off."),
    "feel": ("No touch: it cannot know.", "Touch is not the one shown: it moves."),
    "carry": ("On its way", "On its way"),
    "insert": ("Inserting", "Inserting"),
}
HELD_IN = ("carry", "insert")
"""scenes in which the grasp is made, so that it is said how it is off"""
INK, PALE, GOOD, BAD = (34, 34, 34), (110, 115, 120), (26, 127, 55), (179, 38, 30)
GAP, TOP, HEAD, BOTTOM = 8, 40, 44, 110
TAXEL = 3
"""pixels"""


@dataclass
class Clip:
    """One way of doing the task: what happened, how the grasp was off, and how it ended."""

    title: str
    postures: list[Posture] = field(default_factory=list)
    off: str = ""
    inserted: bool = False
    end: str = ""

    def scenes(self) -> dict[str, list[Posture]]:
        """Postures of each scene of the film, in order."""
        of_leaf = {leaf: scene for scene, leaves in SCENES.items() for leaf in leaves}
        out: dict[str, list[Posture]] = {scene: [] for scene in SCENES}
        for posture in self.postures:
            if posture.leaf in of_leaf:
                out[of_leaf[posture.leaf]].append(posture)
        return out


def draw_film(
    clips: Sequence[Clip],
    shown: NDArray[np.floating],
    hand: Hand,
    scene: FilmScene,
    heading: str,
    film: Path,
    picture: Path,
    progress: Callable[[], None] = lambda: None,
) -> None:
    """Write film and picture. `shown` ``(T,)`` is the touch of the target."""
    frames: list[Image.Image] = []
    parts = [clip.scenes() for clip in clips]
    last = [clip.postures[0] for clip in clips]
    for name, length in LENGTHS.items():
        for number in range(length):
            panels = []
            for i, (clip, part) in enumerate(zip(clips, parts, strict=True)):
                postures = part[name]
                if postures:
                    last[i] = postures[
                        min(len(postures) - 1, round(number * (len(postures) - 1) / (length - 1)))
                    ]
                words, view = WORDS[name][min(i, 1)], scene.picture(last[i])
                panels.append(_panel(clip, view, last[i], shown, hand, words, name in HELD_IN))
            frames.append(_sheet(panels, heading))
            progress()
    ends = [
        _panel(clip, scene.picture(posture), posture, shown, hand, clip.end, True, ended=True)
        for clip, posture in zip(clips, last, strict=True)
    ]
    final = _sheet(ends, heading)
    film.parent.mkdir(parents=True, exist_ok=True)
    final.save(picture, optimize=True)
    palette = final.quantize(96, method=Image.Quantize.MEDIANCUT)
    small = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in (*frames, final)]
    durations = [PERIOD_MS] * len(frames) + [HELD * PERIOD_MS]
    small[0].save(film, save_all=True, append_images=small[1:], duration=durations, loop=0, optimize=True)


def _panel(
    clip: Clip,
    view: NDArray[np.uint8],
    posture: Posture,
    shown: NDArray[np.floating],
    hand: Hand,
    words: str,
    knows: bool,
    ended: bool = False,
) -> Image.Image:
    height, width = SIZE
    sheet = Image.new("RGB", (width, HEAD + height + BOTTOM), (255, 255, 255))
    sheet.paste(Image.fromarray(view), (0, HEAD))
    pen = ImageDraw.Draw(sheet)
    pen.text((6, 0), clip.title, fill=INK, font=_font(17))
    colour = (GOOD if clip.inserted else BAD) if ended else PALE
    pen.text((6, 22), words, fill=colour, font=_font(16 if ended else 14))
    if ended:
        pen.rectangle((0, HEAD, width - 1, HEAD + height - 1), outline=colour, width=4)
    if knows:
        pen.text((6, HEAD + height + 5), clip.off, fill=PALE, font=_font(12))
    for row, (label, touch) in enumerate((("felt", posture.touch), ("shown", shown))):
        top = HEAD + height + 26 + row * 42
        pen.text((10, top + 10), label, fill=INK, font=_font(12))
        left = 56
        for finger in finger_images(hand, np.asarray(touch, np.float32)):
            image = _heat(np.asarray(finger.values, float))
            sheet.paste(image, (left, top))
            left += image.width + 12
    return sheet


def _heat(values: NDArray[np.float64]) -> Image.Image:
    colours = np.vstack([PALETTE, DEAD])[levels(values, STRONGEST)]
    small = Image.fromarray(np.rint(255 * colours).astype(np.uint8))
    return small.resize((small.width * TAXEL, small.height * TAXEL), Image.Resampling.NEAREST)


def _sheet(panels: Sequence[Image.Image], heading: str) -> Image.Image:
    width = sum(panel.width for panel in panels) + GAP * (len(panels) - 1)
    sheet = Image.new("RGB", (width, panels[0].height + TOP), (255, 255, 255))
    pen = ImageDraw.Draw(sheet)
    pen.text((width / 2, TOP / 2), heading, fill=INK, font=_font(19), anchor="mm")
    left = 0
    for panel in panels:
        sheet.paste(panel, (left, TOP))
        left += panel.width + GAP
    return sheet


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    from matplotlib import get_data_path

    return ImageFont.truetype(str(Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"), size)
