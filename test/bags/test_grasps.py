"""From bags to labelled grasps: any container, any writer, the right windows, labels from wrist poses alone."""

from __future__ import annotations

import json

import numpy as np
import pytest
import yaml
from made import (
    HAND,
    WRIST_AT,
    WRIST_AT_CENTRE,
    Story,
    feedback,
    record,
    record_as,
    spread,
    status,
    target,
)
from rosbags.rosbag2 import CompressionMode, StoragePlugin, storage_mcap

from tacrefine.bags.dataset import read_bags, write_dataset
from tacrefine.bags.finetuning import recording_from_bags
from tacrefine.bags.session import Session, goal_text
from tacrefine.cli import main
from tacrefine.config import share_dir
from tacrefine.data.dataset import DatasetGroups, load_readings
from tacrefine.errors import DataError
from tacrefine.geometry import from_coordinates
from tacrefine.hands import load_hand
from tacrefine.identification import episodes_of
from tacrefine.objects import load_objects

OBJECTS = load_objects()
FIXED = {"object": "plate_6", "object_fixed": "true"}


def story(n=3, **options) -> Story:
    made = Story()
    for coordinates in spread(n):
        made.grasp(coordinates, **options)
    return made


def read(path, **options):
    return read_bags([path], HAND, OBJECTS, **options)


def moves(coordinates):
    poses = from_coordinates(np.asarray(coordinates, float))
    return (poses[0].inv() * poses).as_matrix()


@pytest.mark.parametrize(
    ("plugin", "mode"),
    [
        (StoragePlugin.SQLITE3, CompressionMode.NONE),
        (StoragePlugin.SQLITE3, CompressionMode.FILE),
        (StoragePlugin.SQLITE3, CompressionMode.MESSAGE),
        (StoragePlugin.MCAP, CompressionMode.NONE),
        (StoragePlugin.MCAP, CompressionMode.FILE),
        (StoragePlugin.MCAP, CompressionMode.STORAGE),
    ],
)
def test_every_container_gives_the_same_grasps_as_our_own(tmp_path, plugin, mode):
    told = story(2)
    ours = read(record(tmp_path / "ours", told), object_name="plate_6", cut="bag")
    theirs = read(record_as(tmp_path / "theirs", told, plugin, mode), object_name="plate_6", cut="bag")
    assert np.array_equal(ours.groups.measured, theirs.groups.measured)
    assert np.array_equal(ours.groups.joints, theirs.groups.joints)
    assert np.array_equal(ours.groups.coordinates, theirs.groups.coordinates)


@pytest.mark.parametrize("plugin", [StoragePlugin.SQLITE3, StoragePlugin.MCAP])
def test_a_bag_that_lost_its_metadata_is_read_from_its_file(tmp_path, plugin):
    path = record_as(tmp_path / "bag", story(2), plugin)
    (path / "metadata.yaml").unlink()
    assert read(path, object_name="plate_6", cut="bag").grasps == 2


def test_types_that_rosbag2_did_not_find_are_read_as_they_are_defined_today(tmp_path, monkeypatch):
    def unfound(bio, schema):
        action = "/action/" in schema.name
        write(bio, schema._replace(encoding="unknown", data="") if action else schema)

    write = storage_mcap.write_schema
    monkeypatch.setattr(storage_mcap, "write_schema", unfound)
    path = record_as(tmp_path / "bag", two_goals(), StoragePlugin.MCAP)
    assert [source.object for source in read(path).sources] == ["plate_6", "rod_10"]


def test_labels_are_how_the_wrist_moved_between_the_grasps(tmp_path):
    recorded = read(record(tmp_path / "bag", story(4), FIXED))
    assert recorded.grasps == 4
    assert recorded.objects[recorded.groups.objects[0]] == "plate_6"
    truth = list(spread(4))
    assert np.allclose(moves(recorded.groups.coordinates[0]), moves(truth), atol=1e-6)
    assert np.isnan(recorded.truth).all()


def test_around_a_target_that_was_shown_there_coordinates_are_those_of_the_object(tmp_path):
    told = story(3)
    shown = target("peg", "plate_6", WRIST_AT, told.messages[0][1])
    told.messages.insert(0, shown)
    recorded = read(record(tmp_path / "bag", told, {"object_fixed": "true"}))
    assert np.allclose(recorded.groups.coordinates[0], list(spread(3)), atol=1e-6)
    assert recorded.sources[0].target_id == "peg-1"


def test_a_target_shown_where_the_object_stood_before_does_not_shift_the_labels(tmp_path):
    elsewhere = WRIST_AT_CENTRE * from_coordinates([0.1, 0.2, 0, 0, 0, 1.0]) * HAND.centre_from_wrist
    told = story(3)
    told.messages.insert(0, target("peg", "plate_6", elsewhere, told.messages[0][1]))
    recorded = read(record(tmp_path / "bag", told, {"object_fixed": "true"}))
    assert np.abs(recorded.groups.coordinates).max() < 0.1
    assert np.allclose(moves(recorded.groups.coordinates[0]), moves(list(spread(3))), atol=1e-6)


def test_readings_are_means_over_the_settled_frames_in_newton(tmp_path):
    recorded = read(record(tmp_path / "bag", story(2, touch=0.4), FIXED), frames=16)
    readings = recorded.groups.measured[0] / HAND.full_scale
    assert readings.mean() == pytest.approx(0.4, rel=0.02)
    assert recorded.frames == 16
    one = read(record(tmp_path / "other", story(2, touch=0.4), FIXED), frames=1)
    assert (one.groups.measured / HAND.full_scale).std() > 2 * readings.std(), "frames are averaged"


def test_open_hands_loose_hands_and_short_grasps_are_no_grasps(tmp_path):
    told = Story()
    box = list(spread(5))
    told.grasp(box[0])
    told.grasp(box[1], touch=0.0)  # closes on nothing
    told.grasp(box[2], seconds=0.3)  # opens before it has settled
    told.grasp(box[3])
    recorded = read(record(tmp_path / "bag", told, FIXED))
    assert recorded.grasps == 2
    assert np.allclose(moves(recorded.groups.coordinates[0]), moves([box[0], box[3]]), atol=1e-6)


def test_a_wrist_that_moves_with_the_hand_closed_makes_no_grasp_of_two_poses(tmp_path):
    told = Story()
    for share in np.linspace(0, 0.7, 40):
        told.tick(WRIST_AT, share, 0.0)
    for step in range(100):  # creeps on through what would be one long grasp
        pose = WRIST_AT_CENTRE * from_coordinates([0, 0, 2e-4 * step, 0, 0, 0]) * HAND.centre_from_wrist
        told.tick(pose, 0.7, 0.3)
    told.grasp(next(iter(spread(1)))).grasp([0] * 6)
    assert read(record(tmp_path / "bag", told, FIXED)).grasps == 2


def test_fingers_that_stir_in_a_grasp_make_no_second_one_of_it(tmp_path):
    told = Story()
    for share in np.linspace(0, 0.7, 40):
        told.tick(WRIST_AT, share, 0.0)
    one_finger = np.zeros(HAND.taxel_count)
    one_finger[HAND.finger_slices[1]] = 0.3
    held, stirred = [(0.7, 0.3)] * 80, [(0.75, 0.3)] * 80
    for grip, touch in held + stirred + [(0.75, one_finger)] * 2 + stirred:
        told.tick(WRIST_AT, grip, touch)  # stirs once, and once the others lose touch for a moment
    told.tick(WRIST_AT, 0.0, 0.0)
    told.grasp([0, 0, 0.002, 0, 0, 0])
    recorded = read(record(tmp_path / "bag", told, FIXED))
    assert recorded.grasps == 2


def two_goals() -> Story:
    told = Story()
    box = list(spread(5))
    told.grasp(box[0])  # before any goal: nobody knows where the object stood
    for number, name in ((1, "plate_6"), (2, "rod_10")):
        told.say(target(f"peg{number}", name, WRIST_AT, told.now))
        told.say(status(number, 2, told.now)).say(feedback(number, told.now))
        told.grasp(box[2 * number - 1]).grasp(box[2 * number])
        told.say(status(number, 4, told.now))
    told.grasp(box[0])
    return told


def test_each_goal_is_an_episode_on_its_own_object(tmp_path):
    recorded = read(record(tmp_path / "bag", two_goals()))
    assert [source.object for source in recorded.sources] == ["plate_6", "rod_10"]
    assert [source.grasps for source in recorded.sources] == [2, 2]
    assert [source.goal_id[:2] for source in recorded.sources] == ["01", "02"]
    assert recorded.episodes.tolist() == [0, 1]
    assert [recorded.objects[i] for i in recorded.groups.objects] == ["plate_6", "rod_10"]


def test_a_recorders_session_knows_goals_with_target_and_object():
    session = Session(HAND)
    for topic, _, data in two_goals().messages:
        session.note(topic, data)
    goals = json.loads(session.texts()["goals"])
    assert [(goal["target"], goal["object"]) for goal in goals] == [("peg1", "plate_6"), ("peg2", "rod_10")]
    assert goals[0]["id"] == "01" * 16
    assert session.texts()["hand_signature"] == HAND.signature
    assert session.texts()["software"].startswith("tacrefine ")
    assert goal_text(type("Id", (), {"uuid": np.arange(16, dtype=np.uint8)})()).startswith("000102")


def test_without_goals_somebody_must_say_that_the_object_stood_still(tmp_path):
    path = record(tmp_path / "bag", story(2), {"object": "plate_6"})
    with pytest.raises(DataError, match="stood still"):
        read(path)
    assert read(path, cut="bag").grasps == 2


@pytest.mark.parametrize(("name", "word"), [("", "--object"), ("banana", "banana")])
def test_an_object_that_nobody_knows_is_refused(tmp_path, name, word):
    path = record(tmp_path / "bag", story(2), {"object_fixed": "true"})
    with pytest.raises(DataError, match=word):
        read(path, object_name=name)


def other_hand(tmp_path):
    described = yaml.safe_load((share_dir() / "config/hands/five_finger.yaml").read_text())
    described["name"] = "another"
    described["fingers"][1]["pads"][0]["rows"] = 5
    (tmp_path / "another.yaml").write_text(yaml.safe_dump(described))
    return load_hand(tmp_path / "another.yaml")


@pytest.mark.parametrize("told_by", ["metadata", "target", "pads"])
def test_a_bag_of_another_hand_is_refused_in_one_sentence(tmp_path, told_by):
    hand = other_hand(tmp_path)
    told = Story(hand).grasp([0] * 6).grasp([0, 0, 0.002, 0, 0, 0])
    custom = dict(FIXED)
    if told_by == "metadata":
        custom |= {"hand": hand.name, "hand_signature": hand.signature}
    if told_by == "target":
        told.messages.insert(0, target("peg", "plate_6", WRIST_AT, told.messages[0][1], hand))
    path = record(tmp_path / "bag", told, custom)
    with pytest.raises(DataError, match="hand") as caught:
        read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_namespace_is_found_and_two_have_to_be_told_apart(tmp_path):
    told = story(2)
    assert read(record(tmp_path / "left", told, FIXED, "/left")).grasps == 2
    both = Story()
    both.messages = list(told.messages)
    from tacrefine.bags.recording import BagRecording

    bag = BagRecording(tmp_path / "both")
    bag.describe(FIXED)
    for topic, at, data in told.messages:
        for side in ("left", "right"):
            bag.add(f"/{side}/{topic.name}", topic.type)
            bag.write(f"/{side}/{topic.name}", at, data)
    bag.close()
    with pytest.raises(DataError, match=r"/left/tactile, /right/tactile"):
        read(tmp_path / "both")
    names = {name: f"/right/{name}" for name in ("tactile", "joint_states", "wrist_pose")}
    assert read(tmp_path / "both", names=names).grasps == 2


def test_episodes_are_cut_into_groups_and_padding_is_marked(tmp_path):
    recorded = read(record(tmp_path / "bag", story(5), FIXED), size=2)
    assert recorded.groups.valid.tolist() == [[True, True], [True, True]], "a single last grasp has no pair"
    assert recorded.episodes.tolist() == [0, 0]
    record(tmp_path / "short", story(2), FIXED)
    both = read_bags([tmp_path / "bag", tmp_path / "short"], HAND, OBJECTS)
    assert both.groups.valid.sum(axis=1).tolist() == [5, 2]
    assert not both.groups.measured[1, 2:].any()


def test_a_dataset_of_bags_is_one_that_calibration_reads_and_training_refuses(tmp_path):
    recorded = read(record(tmp_path / "bag", story(3), FIXED))
    write_dataset(recorded, HAND, tmp_path / "data")
    groups, _ = load_readings(tmp_path / "data", HAND, list(OBJECTS))
    assert np.allclose(groups.coordinates, recorded.groups.coordinates)
    episodes = episodes_of(HAND, groups, list(OBJECTS.values()), recorded.frames)
    assert [len(episode) for episode in episodes] == [3]
    assert np.allclose(episodes[0].moves.as_matrix(), moves(list(spread(3))), atol=1e-6)
    with pytest.raises(DataError, match="holds readings of recorded grasps"):
        DatasetGroups(tmp_path / "data", HAND, list(OBJECTS))
    with pytest.raises(DataError, match="holds files already"):
        write_dataset(recorded, HAND, tmp_path / "data")


def test_bags_are_a_recording_for_fine_tuning_that_names_them(tmp_path):
    for name in ("first", "second"):
        record(tmp_path / "bags" / name, story(3), FIXED)
    recording = recording_from_bags([tmp_path / "bags"], HAND, OBJECTS)
    assert recording.grasps == 6
    assert recording.source == {"source": "bags", "bags": ["first", "second"]}
    assert set(recording.episodes) == {0, 1}
    whole = read_bags([tmp_path / "bags"], HAND, OBJECTS)
    assert np.array_equal(recording.groups.measured, whole.groups.measured)
    learned, held = recording.split(0.5, np.random.default_rng(0))
    assert learned.grasps == held.grasps == 3


def test_the_command_line_converts_and_describes_bags(tmp_path, capsys):
    path = record(tmp_path / "bag", story(2), {**FIXED, "software": "tacrefine 9"})
    assert main(["bags", "info", str(path), "--json", str(tmp_path / "info.json")]) == 0
    told = json.loads((tmp_path / "info.json").read_text())["bags"][0]
    assert told["about"]["software"] == "tacrefine 9"
    assert {topic["name"] for topic in told["topics"]} == {"/tactile", "/joint_states", "/wrist_pose"}
    assert {topic["messages"] for topic in told["topics"]} == {told["messages"] // 3}
    assert main(["bags", "convert", str(path), "--out", str(tmp_path / "data")]) == 0
    assert "2 grasps" in capsys.readouterr().out
    assert main(["bags", "convert", str(path), "--out", str(tmp_path / "data")]) == 2
    assert main(["bags", "convert", str(path), "--out", str(tmp_path / "d"), "--topic", "tactile"]) == 2
    assert "wrist_pose=/arm/pose" in capsys.readouterr().err
