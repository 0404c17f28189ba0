"""Chapter with fingertip images: what the hand feels at the nominal grasp of each class, and a little off it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from tacrefine.geometry import AXES
from tacrefine.hands import Hand, load_hand
from tacrefine.hands.images import finger_images, image_sizes
from tacrefine.objects import GraspObject, load_objects
from tacrefine.plants import load_plant
from tacrefine.report.page import Section
from tacrefine.report.style import GREY, WIDTH
from tacrefine.sim import QuasistaticSimulator

PLANT = "ideal"
SHIFT = 0.5
"""share of the half range by which the second grasp of each object is off"""
LEAST = 1e-3
"""reading below which a taxel is drawn as untouched"""


@dataclass(frozen=True)
class Felt:
    """Readings ``(T,)`` of one object, 0..1 of full scale, at the nominal grasp and off it by `offset` ``(6,)``."""

    item: GraspObject
    nominal: NDArray[np.float64]
    off: NDArray[np.float64]
    offset: NDArray[np.float64]


def chapter(hand_name: str, objects_name: str) -> Section:
    """Simulate one object of each class and show it."""
    hand = load_hand(hand_name)
    felt = feel(hand, load_objects(objects_name))
    section = Section("touch", "What the fingertips feel")
    section.text(
        "This is all that the policy sees besides the joint angles: one small image of pressure for each fingertip. "
        "Left the grasp as it should be; right the same object held a few millimetres and degrees off. Refinement "
        "moves the wrist until the right images look like the left ones."
    )
    section.figure(
        draw(hand, felt),
        "Fingertip images of one object of each class at the nominal grasp and off it",
        f"Pressure on {_arrays(hand)}, without noise; "
        "white: no contact, an empty image: this finger does not touch. "
        f"Simulated for this report: quasistatic model, plant {PLANT}, hand {hand.name}.",
        picture="png",
    )
    return section


def feel(hand: Hand, objects: dict[str, GraspObject]) -> list[Felt]:
    """The middle object of each class, simulated at the nominal grasp and half of the half range off."""
    simulator = QuasistaticSimulator(hand)
    sample = load_plant(PLANT).sample(hand, np.random.default_rng(0))
    felt = []
    for name in dict.fromkeys(item.object_class for item in objects.values()):
        of_class = [item for item in objects.values() if item.object_class == name]
        item = of_class[len(of_class) // 2]
        offset = SHIFT * item.half_range
        force = simulator.grasp(item, np.stack([np.zeros(6), offset]), sample).force
        nominal, off = np.clip(force / hand.full_scale, 0.0, 1.0).astype(float)
        felt.append(Felt(item, nominal, off, offset))
    return felt


def draw(hand: Hand, felt: Sequence[Felt]) -> Figure:
    """A row for each object; left the nominal grasp, right the one that is off."""
    sizes = image_sizes(hand)
    count, widths = len(sizes), [float(cols) / max(cols for _, cols in sizes) for _, cols in sizes]
    row_height = max(1.62, 0.07 * max(rows for rows, _ in sizes))
    height = 0.75 + row_height * len(felt)
    figure = Figure(figsize=(WIDTH, height), facecolor="white")
    grid = figure.add_gridspec(
        len(felt), 2 * count + 1, width_ratios=[*widths, 0.35, *widths], wspace=0.1, hspace=0.48,
        left=0.008, right=0.992, top=1.0 - 0.33 / height, bottom=0.85 / height,
    )  # fmt: skip
    top = max(0.1, *(float(max(one.nominal.max(), one.off.max())) for one in felt))
    colours = colormaps["magma_r"].with_extremes(under="white")
    images = []
    for row, one in enumerate(felt):
        name = f"{one.item.object_class} ({one.item.name})"
        for first, readings, title in (
            (0, one.nominal, f"{name}: nominal grasp"),
            (count + 1, one.off, f"{one.item.object_class}: off by {offset_text(one.offset)}"),
        ):
            fingers = [figure.add_subplot(grid[row, first + i]) for i in range(count)]
            fingers[0].set_title(title, fontsize=10.5, loc="left")
            for axes, finger in zip(fingers, finger_images(hand, readings), strict=True):
                values = np.ma.masked_where(~finger.inside, finger.values)
                images.append(axes.imshow(values, cmap=colours, vmin=LEAST, vmax=top))
                axes.set_facecolor(GREY if not finger.inside.all() else "white")
                _frame(axes, finger.name)
    bar = figure.add_axes((0.38, 0.36 / height, 0.24, 0.11 / height))
    figure.colorbar(images[0], cax=bar, orientation="horizontal")
    bar.set_title("pressure [share of full scale]", fontsize=9, fontweight="normal", loc="center", pad=4)
    bar.tick_params(labelsize=8.5)
    return figure


def _arrays(hand: Hand) -> str:
    if len(hand.pads) > len(hand.fingers):
        return f"{len(hand.pads)} arrays of taxels, each finger's from the tip inwards"
    pad = hand.pads[0]
    return f"{pad.rows} x {pad.cols} taxels of {1e3 * pad.row_pitch:g} mm for each fingertip"


def _frame(axes: Axes, name: str) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.set_xlabel(name, fontsize=9, labelpad=2)
    for side in axes.spines.values():
        side.set(visible=True, color=GREY, linewidth=0.8)


def offset_text(offset: NDArray[np.float64]) -> str:
    """The axes that are off, with units."""
    words = [f"{axis} {1e3 * value:g} mm" for axis, value in zip(AXES[:3], offset[:3], strict=True) if value]
    words += [f"{axis} {np.rad2deg(v):.3g}°" for axis, v in zip(AXES[3:], offset[3:], strict=True) if v]
    return ", ".join(words)
