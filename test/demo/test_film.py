"""The film of a task: drawn from postures, by rays, so that it looks the same on every machine."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tacrefine.demo.film import LENGTHS, SCENES, Clip, draw_film
from tacrefine.demo.film_scene import SIZE, FilmScene, Posture
from tacrefine.demo.task import LEAST_OFF_RAD, _look
from tacrefine.errors import ConfigError
from tacrefine.geometry import error_between, from_coordinates, transform
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.planner.places import places_of
from tacrefine.planner.tasks import TASKS, Task, task_of
from tacrefine.sim.robot import BASE_FROM_OBJECT
from tacrefine.sim.world import load_cell

HAND, PLATE, CELL = load_hand(), load_objects()["plate_8"], load_cell("slots")


def posture(leaf: str, x: float = 0.0, time: float = 0.0) -> Posture:
    part = BASE_FROM_OBJECT * transform((x, 0.0, 0.0))
    joints = HAND.joint_positions_at(HAND.open_positions)
    touch = np.full(HAND.taxel_count, 0.3, np.float32)
    return Posture(time, part * HAND.centre_from_wrist, part, joints, touch, leaf)


@pytest.fixture(scope="module")
def scene() -> FilmScene:
    return FilmScene(HAND, PLATE, CELL, "1", "rays")


def test_a_picture_shows_where_the_part_is(scene):
    here, there = (scene.picture(posture("insert", x)) for x in (0.0, 0.18))
    assert here.shape == (*SIZE, 3)
    orange = [((p[..., 0] > p[..., 2] + 60).sum()) for p in (here, there)]
    assert min(orange) > 2000, "the part is in sight, the camera follows it"
    assert (here != there).any()


def test_a_picture_shows_what_the_skin_feels(scene):
    quiet, strong = posture("insert"), posture("insert")
    strong.touch[:] = 1.0
    quiet.touch[:] = 0.0
    assert (scene.picture(quiet) != scene.picture(strong)).any()


def test_the_film_has_every_scene_in_both_ways_and_ends_with_the_picture(scene, tmp_path, monkeypatch):
    monkeypatch.setattr("tacrefine.demo.film.LENGTHS", dict.fromkeys(LENGTHS, 2))
    leaves = [leaves[0] for leaves in SCENES.values()]
    clips = [
        Clip(
            "Without touch", [posture(leaf, 0.01 * i) for i, leaf in enumerate(leaves)], "off", False, "stuck"
        ),
        Clip("With touch", [posture(leaf, 0.02 * i) for i, leaf in enumerate(leaves)], "off", True, "in"),
    ]
    film, picture = tmp_path / "out" / "f.gif", tmp_path / "out" / "f.png"
    draw_film(clips, np.full(HAND.taxel_count, 0.2), HAND, scene, "A task", film, picture)
    with Image.open(film) as movie, Image.open(picture) as last:
        assert movie.n_frames >= 4
        assert movie.size == last.size
        assert movie.info["loop"] == 0


def test_an_unknown_task_is_one_sentence_that_says_what_is_allowed():
    with pytest.raises(ConfigError, match="task 'cook' is unknown; allowed are plate, peg"):
        task_of("cook")


@pytest.mark.parametrize("seed", range(5))
def test_the_camera_of_the_demo_is_off_by_enough_to_be_seen(seed):
    look = _look(PLATE, np.random.default_rng(seed), np.zeros(6))
    _, radians = error_between(from_coordinates(look), from_coordinates(np.zeros(6)))
    assert radians >= LEAST_OFF_RAD


@pytest.mark.parametrize("task", list(Task))
def test_every_task_names_a_place_of_its_cell(task):
    described = TASKS[task]
    assert described.place in places_of(load_cell(described.cell))
