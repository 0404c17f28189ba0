"""What a cell's YAML may say, and what no cell can be: one sentence that names the thing."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tacrefine.config import available
from tacrefine.errors import ConfigError
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.plants import load_plant
from tacrefine.sim.robot import SimulatedRobot
from tacrefine.sim.world import Cell, load_cell
from tacrefine.sim.world.checks import check_fits

PLATE = load_objects()["plate_8"]


def place(cell: Cell, name: str = "plate_8") -> None:
    robot = SimulatedRobot(load_hand(), 0.1, 1.0, 1.5, cell=cell)
    robot.reset(load_objects()[name], load_plant("nominal_elastic"), np.zeros(6))


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "cell.yaml"
    file.write_text(f"name: mine\n{text}\n")
    return file


@pytest.mark.parametrize("name", available("cells"))
def test_every_shipped_cell_takes_a_plate(name):
    check_fits(load_cell(name), PLATE, load_hand())


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("table: {}", "needs a 'body'"),
        ("fixture: {}", "needs a 'body'"),
        ("body: {mass: 0.1}", "or it falls"),
        ("body: {mass: -1}\nfixture: {}", "body.mass"),
        ("body: {mass: 0.1}\nfixture: {stiffness: 100}", "rotation_stiffness"),
        ("body: {mass: 0.1}\nfixture: {}\nslots: {a: {position: [0, 0, 0]}}", "exactly one of 'clearance'"),
        ("body: {mass: 0.1}\nfixture: {}\nslots: {a: {clearance: -0.003, position: [0, 0, 0]}}", "clearance"),
        ("weight: 3", "unknown key 'weight'"),
    ],
)
def test_a_cell_that_makes_no_sense_is_refused_in_one_sentence(text, word, tmp_path):
    with pytest.raises(ConfigError) as told:
        load_cell(written(tmp_path, text))
    assert word in str(told.value)
    assert "cell.yaml" in str(told.value)


def test_a_slot_smaller_than_its_part_is_refused(tmp_path):
    slots = "slots: {a: {width: 0.007, position: [0.1, 0, 0]}}"
    cell = load_cell(written(tmp_path, f"body: {{mass: 0.1}}\nfixture: {{}}\n{slots}"))
    with pytest.raises(ConfigError, match="slot 'a' is 7 mm wide, object 'plate_8' is 8 mm thick"):
        place(cell)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("fixture: {}\nslots: {a: {clearance: 0.001, position: [0.01, 0, 0]}}", ("plate_8", "slot 'a'")),
        ("fixture: {}\ntable: {height: -0.05}", ("plate_8", "the table")),
        (
            "fixture: {}\nslots: {a: {clearance: 0.001, position: [0.1, 0, 0]}, b: {clearance: 0.001, "
            "position: [0.11, 0, 0]}}",
            ("slot 'a'", "slot 'b'"),
        ),
    ],
)
def test_things_inside_each_other_are_named(text, names, tmp_path):
    with pytest.raises(ConfigError, match="inside each other") as told:
        place(load_cell(written(tmp_path, f"body: {{mass: 0.1}}\n{text}")))
    assert all(name in str(told.value) for name in names)


def test_an_object_that_the_hand_cannot_span_is_named(tmp_path):
    objects = tmp_path / "thick.yaml"
    objects.write_text(
        "name: thick\nclasses: {plate: {half_range: {z: 0.006}}}\n"
        "objects: [{name: block, class: plate, shape: {kind: plate, thickness: 0.12}}]\n"
    )
    with pytest.raises(ConfigError, match="'block' is 120 mm thick, hand 'five_finger' opens 97"):
        check_fits(load_cell("fixed"), load_objects(objects)["block"], load_hand())


def test_a_scene_of_version_0_1_is_still_read_and_its_springs_are_gone(tmp_path):
    shutil.copy(Path(__file__).with_name("old_scene.yaml"), tmp_path / "scene.yaml")
    cell = load_cell(tmp_path / "scene.yaml")
    assert cell.body is not None
    assert cell.body.mass == 0.25
    assert cell.fixture is not None
    assert cell.slots["1"].clearance == 0.001
    assert cell.slots["1"].depth == 0.02
