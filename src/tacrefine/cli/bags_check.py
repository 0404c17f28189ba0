"""`tacrefine bags check`: what recordings say of a robot's touch, beside what a plant says."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tacrefine.cli.options import AdapterOption, mapping

NO_CHANGE = 0.005
"""share: a load that changes by less does not creep"""
FEW = 0.02
"""share of messages that may be refused without a word: the first ones come before any joint state"""

if TYPE_CHECKING:
    from tacrefine.bags.touch_check import Check
    from tacrefine.plants import Plant


def check(
    paths: Annotated[list[Path], typer.Argument(help="Bags, or folders with bags in them.")],
    hand: Annotated[str, typer.Option(help="Hand: a name or a YAML file.")] = "five_finger",
    plant: Annotated[
        str, typer.Option(help="Plant whose values stand beside: a name or a YAML file.")
    ] = "training",
    names: Annotated[
        list[str] | None,
        typer.Option(
            "--topic", metavar="NAME=TOPIC", help="Name of a topic in the bags, like tactile=/touch."
        ),
    ] = None,
    adapter: AdapterOption = "",
    joint_prefix: Annotated[
        str, typer.Option(help="What stands before the hand's joint names in joint_states, like rh_.")
    ] = "",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """Say what bags tell of the real taxels and of the grasps, and whether a plant covers it.

    Noise, zeros, drift, change of load while held, steps, repeated frames, thresholds, saturation, dead taxels, and how
    alike two grasps are. Works best on five grasps or more of one object, the hand opened in between.
    """
    from rich.console import Console
    from rich.table import Table

    from tacrefine.bags.files import find_bags
    from tacrefine.bags.touch_check import checks, read_stretches
    from tacrefine.cli.progress import progress_bar
    from tacrefine.hands import load_hand
    from tacrefine.plants import load_plant
    from tacrefine.provenance import write_figures
    from tacrefine.touch import SourceSettings

    described, beside = load_hand(hand), load_plant(plant)
    source = SourceSettings(adapter=adapter, joint_prefix=joint_prefix, rezero=False)
    found_bags = find_bags(paths)
    with progress_bar("messages", 0) as advance:
        found = read_stretches(found_bags, described, mapping(names), source, advance)
    table = Table("check", "measured", "unit", f"plant {beside.name}", "covered", "what it is from")
    rows: list[dict[str, Any]] = []
    for one in checks(found):
        low, high = _plant_range(one, beside)
        covered = _is_covered(one, low, high, 1.0 / described.skin.raw_full_scale)
        rows.append({**asdict(one), "plant_low": low, "plant_high": high, "covered": covered})
        table.add_row(
            one.name,
            "unknown" if one.value is None else f"{one.value:.4g}",
            one.unit,
            "" if low is None else f"{low:g} to {high:g}" if low != high else f"{low:g}",
            {None: "", True: "yes", False: "no"}[covered],
            one.note,
        )
    Console(width=140).print(table)
    outside = [row["name"] for row in rows if row["covered"] is False]
    print(f"{found.readings} readings, {len(found.open)} stretches open, {len(found.held)} held.")
    if found.refused > FEW * found.readings:
        print(f"note: {found.refused} messages were refused: {found.problem}")
    if outside:
        print(f"plant '{beside.name}' does not cover: {', '.join(outside)}.")
    if json_file is not None:
        write_figures(
            json_file, {"bags": [str(path) for path in found_bags], "plant": beside.name, "checks": rows}
        )


def _plant_range(one: Check, plant: Plant) -> tuple[float | None, float | None]:
    """What the plant says of a check's key."""
    if not one.parameter:
        return None, None
    low, high = getattr(plant.description.sensor, one.parameter).bounds
    return low, high


def _is_covered(one: Check, low: float | None, high: float | None, count: float) -> bool | None:
    """Whether a plant has robots at least as bad as what was measured; `count` is one count of the hand."""
    if one.value is None or low is None or high is None:
        return None
    if one.parameter == "saturation":
        return bool(one.value >= low - count)
    if one.parameter == "creep":
        return bool(low - NO_CHANGE <= one.value <= high + NO_CHANGE)
    least = count if one.parameter in ("resolution", "threshold") else 0.0
    return bool(one.value <= max(1.05 * high, least * 1.01) + 1e-9)
