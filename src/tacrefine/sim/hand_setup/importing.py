"""From a robot model to the text of a hand's YAML file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from tacrefine.config import describe
from tacrefine.documents import read_yaml
from tacrefine.errors import ConfigError
from tacrefine.geometry import transform
from tacrefine.hands import Hand
from tacrefine.hands.description import HandDescription, PadDescription
from tacrefine.hands.taxels import named_taxels
from tacrefine.sim.hand_setup.describing import described
from tacrefine.sim.hand_setup.mjcf import read_mjcf
from tacrefine.sim.hand_setup.posture import closes_alone, find_postures, with_posture
from tacrefine.sim.hand_setup.robot import Robot
from tacrefine.sim.hand_setup.tips import Layout, PlacedPad, placed_on
from tacrefine.sim.hand_setup.urdf import read_urdf

SOFT_SKIN = {"backing_depth": 0.0035, "full_scale": 2.0}
"""of grippers with one drive, whose fingertips are of thick rubber"""
FEW = 6
"""starts of the search for a first posture, which a fit replaces"""
LARGEST_FILE = 20_000_000
"""bytes"""


@dataclass(frozen=True)
class WantedHand:
    """What is asked for. Links by finger; `pads` is a file that places pads, else they come on these links."""

    model: Path
    wrist: str
    fingers: Mapping[str, str]
    pads: Path | None = None
    driven: tuple[str, ...] = ()
    layout: Layout = field(default_factory=Layout)
    name: str = ""


@dataclass(frozen=True, eq=False)
class ImportedHand:
    """A hand, the text of its file, and what was left out or put right."""

    hand: Hand
    text: str
    notes: tuple[str, ...]


def read_robot(path: Path) -> Robot:
    """The robot of a URDF or MJCF file, told apart by what is in it; raises ConfigError in one sentence."""
    if not path.is_file():
        raise ConfigError(f"{path}: no such file (wanted a URDF or MJCF).")
    if path.stat().st_size > LARGEST_FILE:
        raise ConfigError(f"{path}: is larger than {LARGEST_FILE // 10**6} MB, no robot model.")
    text = _text_of(path)
    first = re.search(r"<\s*([A-Za-z_][\w.:-]*)", re.sub(r"<!--.*?-->|<\?.*?\?>", "", text, flags=re.DOTALL))
    kind = first[1] if first else ""
    if kind in ("mujoco", "mujocoinclude"):
        return read_mjcf(path)
    if kind == "robot" or path.suffix.lower() == ".urdf":
        return read_urdf(path, text)
    raise ConfigError(
        f"{path}: is no URDF (<robot>) and no MJCF (<mujoco>)"
        + (f"; it begins with <{kind}>." if kind else ".")
    )


def _text_of(path: Path) -> str:
    """The file's text; comments of old tools are often in another encoding than UTF-8."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}).") from error
    if b"\0" in content:
        raise ConfigError(f"{path}: is no URDF or MJCF, it is no text.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    # What is a string already has no encoding to be told.
    return re.sub(r"^\s*<\?xml[^>]*\?>", "", text)


def import_hand(wanted: WantedHand) -> ImportedHand:
    """Make a hand of a robot model; raises ConfigError in one sentence that names file and joint or link."""
    robot = read_robot(wanted.model)
    wrist = robot.link(wanted.wrist)
    if wanted.pads is not None:
        groups = _pads_of_file(wanted.pads, robot)
    else:
        groups = {
            pad.name.removesuffix("_tip"): [pad]
            for pad in placed_on(robot, wrist, wanted.fingers, wanted.layout)
        }
    content = described(robot, wrist, groups, wanted.name, wanted.driven)
    content = _thumb_first(content, str(wanted.model))
    hand = hand_of(content, str(wanted.model))
    if any(closes_alone(hand, drive) for drive in hand.actuated_joints):
        content = {**content, "skin": {**content["skin"], **SOFT_SKIN}}
    posture = find_postures(hand, 1, starts=FEW)[0]
    content = with_posture(content, hand, posture)
    hand = hand_of(content, str(wanted.model))
    return ImportedHand(hand, file_text(content, heading(wanted)), tuple(robot.notes))


def hand_of(content: dict[str, Any], source: str) -> Hand:
    """The hand that a file with this content describes; raises ConfigError with the name of the `source`."""
    try:
        return Hand(HandDescription.model_validate(content))
    except ValidationError as error:
        raise ConfigError(f"{source}: {describe(error, HandDescription)}.") from error


def heading(wanted: WantedHand) -> str:
    """The comment that a new file begins with."""
    return (
        f"# Made of {wanted.model.name} by 'tacrefine hands add': origins, axes, limits, couplings are that file's.\n"
        "# Estimated, not measured: skin, full scale, stiffness and torque limits of the drives.\n"
        "# 'tacrefine hands fit' sets open and closed targets and grasp_centre.\n"
        "# Units: m, rad, N, N m (of prismatic joints m and N).\n"
        "# A pad's frame: x out of the skin, y across the finger (columns), z along it towards the wrist (rows).\n"
    )


def file_text(content: dict[str, Any], comment: str) -> str:
    """A hand's content as YAML, one joint or pad a line where that is short enough."""
    return comment + yaml.dump(content, Dumper=_Compact, sort_keys=False, width=118, allow_unicode=True)


class _Compact(yaml.SafeDumper):
    """Mappings and lists without further ones inside on one line."""

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> yaml.MappingNode:
        node = super().represent_mapping(tag, mapping, flow_style)
        node.flow_style = all(_is_short(value) for _, value in node.value) and len(node.value) > 1
        return node

    def represent_sequence(
        self, tag: str, sequence: Any, flow_style: bool | None = None
    ) -> yaml.SequenceNode:
        node = super().represent_sequence(tag, sequence, flow_style)
        node.flow_style = all(isinstance(value, yaml.ScalarNode) for value in node.value)
        return node

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _is_short(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) or (
        isinstance(node, yaml.SequenceNode)
        and len(node.value) <= 6
        and all(isinstance(value, yaml.ScalarNode) for value in node.value)
    )


def _thumb_first(content: dict[str, Any], source: str) -> dict[str, Any]:
    """The finger named like a thumb first, or the one that can be opposed to all others best."""
    fingers = content["fingers"]
    named = [n for n, finger in enumerate(fingers) if re.search("thumb|^th", finger["name"].lower())]
    orders = [{**content, "fingers": [f, *fingers[:n], *fingers[n + 1 :]]} for n, f in enumerate(fingers)]
    if named or len(fingers) < 3:
        return orders[named[0] if named else 0]
    return min(orders, key=lambda order: find_postures(hand_of(order, source), 1, starts=FEW)[0].cost)


def _pads_of_file(path: Path, robot: Robot) -> dict[str, list[PlacedPad]]:
    """Pads by finger, from a YAML: finger: [{link, position, rotation_vector, rows, cols, pitch or taxels, ...}]."""
    content = read_yaml(path, ConfigError)
    if not isinstance(content, dict) or not content:
        raise ConfigError(
            f"{path}: wanted are pads by finger: 'thumb: [{{name: ..., link: ..., rows: ...}}]'."
        )
    found: dict[str, list[PlacedPad]] = {}
    for finger, pads in content.items():
        if not isinstance(pads, list) or not pads:
            raise ConfigError(f"{path}: finger '{finger}' needs a list of pads.")
        found[str(finger)] = [
            _pad_of_file(path, str(finger), number, pad, robot) for number, pad in enumerate(pads)
        ]
    return found


def _pad_of_file(path: Path, finger: str, number: int, pad: Any, robot: Robot) -> PlacedPad:
    where = f"{path}: finger '{finger}', pad {number + 1}"
    if not isinstance(pad, dict) or "link" not in pad:
        raise ConfigError(f"{where} needs the key 'link' (a link of the robot model).")
    content = {key: value for key, value in pad.items() if key not in ("link", "position", "rotation_vector")}
    content.setdefault("name", f"{finger}_tip" if number == 0 else f"{finger}_pad_{number + 1}")
    place, turn = pad.get("position", [0.0, 0.0, 0.0]), pad.get("rotation_vector", [0.0, 0.0, 0.0])
    origin = {"position": place, "rotation_vector": turn}
    try:
        checked = PadDescription.model_validate({**content, "origin": origin})
    except ValidationError as error:
        raise ConfigError(f"{where}: {describe(error, PadDescription)}.") from error
    name = content.pop("name")
    if isinstance(content.get("taxels"), str):
        taxels = named_taxels(content["taxels"], path.parent)
        content["taxels"] = [[round(v, 7) for v in (*taxel.at, *taxel.normal)] for taxel in taxels]
    pose = transform(checked.origin.position, checked.origin.rotation_vector)
    link = str(pad["link"])
    if link in robot.sites and link not in robot.links:
        link, site = robot.sites[link]
        pose = site * pose
    return PlacedPad(str(name), robot.link(link), pose, content)


def layout_of(name: str | None, components: int, **grid: float | None) -> Layout:
    """The layout of pads that are put on links: a sensor's by name or CSV file, or a grid (rows, cols, pitch)."""
    given = {key: value for key, value in grid.items() if value is not None}
    if name is None:
        return Layout(**given, components=components)  # type: ignore[arg-type]
    if given:
        raise ConfigError(
            f"--layout {name} and --{next(iter(given))} contradict each other: a layout is no grid."
        )
    taxels = named_taxels(name, Path())
    points = tuple(tuple(round(v, 7) for v in (*taxel.at, *taxel.normal)) for taxel in taxels)
    try:
        PadDescription.model_validate({"name": "layout", "origin": {}, "taxels": [list(p) for p in points]})
    except ValidationError as error:
        raise ConfigError(f"{name}: {describe(error, PadDescription)}.") from error
    return Layout(components=components, points=points)


def finger_links(entries: Sequence[str], on: Sequence[str], robot_file: Path) -> dict[str, str]:
    """Links by finger: `NAME=LINK` entries, names for the links of `on` in their order, or these links alone."""
    named = {}
    bare = []
    for entry in entries:
        name, equals, link = entry.partition("=")
        if equals and (not name or not link):
            raise ConfigError(f"{robot_file}: --fingers: '{entry}' is no NAME=LINK.")
        if equals:
            named[name] = link
        else:
            bare.append(entry)
    if on and bare and len(bare) != len(on):
        raise ConfigError(
            f"{robot_file}: --fingers names {len(bare)} fingers and --pads-on {len(on)} links; each finger needs one."
        )
    if on:
        names = bare or [re.sub(r"[^A-Za-z0-9_]+", "_", link) for link in on]
        named |= dict(zip(names, on, strict=True))
    elif bare:
        named |= {re.sub(r"[^A-Za-z0-9_]+", "_", link): link for link in bare}
    return named
