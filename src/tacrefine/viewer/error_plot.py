"""The error against steps, and where the target lies after each, as SVG text. Estimated from touch, not measured."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tacrefine.viewer.goal import Step

WIDTH, HEIGHT = 190.0, 100.0
LEFT, BOTTOM, TOP, RIGHT = 26.0, 20.0, 14.0, 6.0
MILLIMETRES, DEGREES = 1e3, 180.0 / np.pi
POSITION, ROTATION, INK = "#1c7ed6", "#e8590c", "currentColor"
NICE = (0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 50.0, 100.0, 200.0)


def error_plot(steps: Sequence[Step]) -> str:
    """Four small plots: position and rotation error with one sigma against steps, and the ellipses of the target's
    place in two planes, one for each step, the newest darkest.
    """
    position = [
        (s.number, s.position_error * MILLIMETRES, _norm(s, slice(0, 3)) * MILLIMETRES) for s in steps
    ]
    rotation = [(s.number, s.rotation_error * DEGREES, _norm(s, slice(3, 6)) * DEGREES) for s in steps]
    plots = [
        _against_steps("position error [mm]", position, POSITION),
        _against_steps("rotation error [deg]", rotation, ROTATION),
        _ellipses("target from the hand, x and z [mm]", steps, (0, 2)),
        _ellipses("the same, y and z [mm]", steps, (1, 2)),
    ]
    body = "".join(
        f'<g transform="translate({(i % 2) * (WIDTH + 6):.0f},{(i // 2) * (HEIGHT + 6):.0f})">{plot}</g>'
        for i, plot in enumerate(plots)
    )
    return (
        f'<svg class="tacrefine-error" viewBox="0 0 {2 * WIDTH + 6:.0f} {2 * HEIGHT + 6:.0f}" '
        f'style="width:100%;display:block" font-family="sans-serif" font-size="9.5" fill="{INK}">{body}</svg>'
    )


def _norm(step: Step, part: slice) -> float:
    """One sigma of the length of a vector of three errors, about."""
    return float(np.linalg.norm(step.deviation[part]))


def _against_steps(title: str, values: Sequence[tuple[int, float, float]], colour: str) -> str:
    most = max([1, *(number for number, *_ in values)])
    high = next((n for n in NICE if n >= max([0.1, *(v + s for _, v, s in values)])), NICE[-1])
    wide, tall = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def x(number: float) -> float:
        return LEFT + wide * (number + 0.3) / (most + 0.6)

    def y(value: float) -> float:
        return TOP + tall * (1.0 - min(value, high) / high)

    marks = [_frame(title, (0.0, high / 2, high), y)]
    marks += [
        f'<text x="{x(n):.1f}" y="{HEIGHT - BOTTOM + 11:.1f}" text-anchor="middle">{n}</text>'
        for n in range(most + 1)
        if most <= 12 or n % 5 == 0
    ]
    marks.append(
        f'<text x="{LEFT + wide:.1f}" y="{HEIGHT - 1:.1f}" text-anchor="end" opacity="0.65">steps (moves made)</text>'
    )
    if values:
        line = " ".join(f"{x(n):.1f},{y(v):.1f}" for n, v, _ in values)
        marks.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
    for number, value, sigma in values:
        at = x(number)
        marks.append(
            f'<path d="M{at:.1f} {y(value + sigma):.1f}V{y(max(0.0, value - sigma)):.1f}" stroke="{colour}" '
            f'opacity="0.5"/>'
            f'<circle cx="{at:.1f}" cy="{y(value):.1f}" r="2.6" fill="{colour}"/>'
        )
    if values:
        _, value, sigma = values[-1]
        marks.append(
            f'<text x="{WIDTH - RIGHT:.1f}" y="{TOP - 4:.1f}" text-anchor="end" fill="{colour}" font-weight="bold">'
            f"{value:.2f} ± {sigma:.2f}</text>"
        )
    else:
        marks.append(_none("no estimate yet"))
    return "".join(marks)


def _ellipses(title: str, steps: Sequence[Step], axes: tuple[int, int]) -> str:
    known = [
        (s.number, s.offset[list(axes)] * MILLIMETRES, s.deviation[list(axes)] * MILLIMETRES)
        for s in steps
        if s.offset is not None
    ]
    reach = max([0.2, *(float(np.abs(place).max() + sigma.max()) for _, place, sigma in known)])
    half = next((n for n in NICE if n >= reach), NICE[-1])
    wide, tall = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    scale = tall / (2 * half)
    cx, cy = LEFT + wide / 2, TOP + tall / 2

    def y(value: float) -> float:
        return cy - value * scale

    marks = [
        _frame(title, (-half, 0.0, half), y),
        f'<path d="M{cx:.1f} {TOP}V{TOP + tall:.1f}" stroke="{INK}" opacity="0.25"/>',
        f'<text x="{cx:.1f}" y="{HEIGHT - BOTTOM + 11:.1f}" text-anchor="middle">0 = the hand</text>',
    ]
    for order, (number, place, sigma) in enumerate(known):
        opacity = 0.35 + 0.65 * (order + 1) / len(known)
        at, up = cx + place[0] * scale, y(place[1])
        rx, ry = (max(0.8, float(s) * scale) for s in sigma)
        marks.append(
            f'<g opacity="{opacity:.2f}"><ellipse cx="{at:.1f}" cy="{up:.1f}" rx="{rx:.1f}" ry="{ry:.1f}" '
            f'fill="{POSITION}" fill-opacity="0.25" stroke="{POSITION}"/>'
            f'<text x="{at + rx + 1.5:.1f}" y="{up + 3:.1f}">{number}</text></g>'
        )
    if not known:
        marks.append(_none("no correction yet"))
    return "".join(marks)


def _frame(title: str, ticks: Sequence[float], y: object) -> str:
    assert callable(y)
    lines = [f'<text x="{LEFT}" y="{TOP - 4:.1f}" font-weight="bold">{title}</text>']
    for tick in ticks:
        lines.append(
            f'<path d="M{LEFT} {y(tick):.1f}H{WIDTH - RIGHT:.1f}" stroke="{INK}" opacity="0.25"/>'
            f'<text x="{LEFT - 3}" y="{y(tick) + 3:.1f}" text-anchor="end">{tick:g}</text>'
        )
    return "".join(lines)


def _none(words: str) -> str:
    x, y = LEFT + (WIDTH - LEFT - RIGHT) / 2, TOP + (HEIGHT - TOP - BOTTOM) / 2
    return f'<text x="{x:.1f}" y="{y - 4:.1f}" text-anchor="middle" opacity="0.65">{words}</text>'
