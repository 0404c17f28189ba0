"""Bags become tables and LeRobotDatasets, and come back the same."""

from __future__ import annotations

import json

import numpy as np
import pytest
from made import HAND, PERIOD_NS, START_NS, STORE, Story, feedback, header, packed, record, spread, status
from made import TYPES as T

from tacrefine.bags.export.frames import read_episodes
from tacrefine.bags.export.images import image_of
from tacrefine.bags.schemas import CORRECTION, Topic
from tacrefine.cli import main
from tacrefine.data.presses.dataset import read_presses
from tacrefine.data.presses.table import read_table
from tacrefine.errors import DataError
from tacrefine.geometry import AXES

IMAGE = Topic("camera/image", "sensor_msgs/msg/Image", "sensor")


def correction(ns: int, x: float):
    transform = T["geometry_msgs/msg/Transform"](
        T["geometry_msgs/msg/Vector3"](x, 0.0, 0.0), T["geometry_msgs/msg/Quaternion"](0.0, 0.0, 0.0, 1.0)
    )
    message = T["tacrefine/msg/PoseCorrection"](
        header(ns, HAND.wrist_frame), 1, transform, np.full(6, 0.001), np.ones(6, bool), 2, 1, "t-1", "m-1"
    )
    return CORRECTION, ns, packed(CORRECTION, message)


def picture(ns: int, encoding: str = "rgb8", value: int = 7):
    pixels = np.full(4 * 6 * 3, value, np.uint8)
    return T["sensor_msgs/msg/Image"](header(ns), 4, 6, encoding, 0, 18, pixels)


@pytest.fixture(scope="module")
def bag(tmp_path_factory):
    """Two goals of two grasps each, with a correction and a camera in both."""
    story = Story()
    poses = list(spread(4))
    for goal in (1, 2):
        story.say(feedback(goal, story.now))
        message = picture(story.now, value=goal)
        story.say((IMAGE, story.now, bytes(STORE.serialize_cdr(message, IMAGE.type))))
        story.grasp(poses[2 * goal - 2], seconds=0.4)
        story.say(correction(story.now, 0.001 * goal))
        story.grasp(poses[2 * goal - 1], seconds=0.4)
        story.say(status(goal, 4, story.now))
    return record(tmp_path_factory.mktemp("bags") / "monday", story, {"object": "plate_8"})


def test_a_goal_is_an_episode_sampled_at_the_rate_that_was_asked_for(bag):
    episodes = read_episodes([bag], HAND, 10)
    assert [episode.number for episode in episodes] == [0, 1]
    assert {episode.object for episode in episodes} == {"plate_8"}
    for episode in episodes:
        np.testing.assert_allclose(np.diff(episode.stamps), 0.1, atol=1e-3)
    first = episodes[0]
    assert first.stamps[0] == pytest.approx((START_NS + PERIOD_NS) / 1e9, abs=0.02)
    assert np.isnan(first.correction[0]).all()
    np.testing.assert_allclose(first.correction[-1], [0.001, 0, 0, 0, 0, 0], atol=1e-9)
    assert np.isnan(episodes[1].correction[0]).all(), "a correction outlived its goal"


def test_csv_and_parquet_are_imported_again_with_the_same_numbers(bag, tmp_path, capsys):
    pytest.importorskip("pyarrow")
    files = [tmp_path / "m.csv", tmp_path / "m.parquet"]
    assert main(["bags", "export", str(bag), "--csv", str(files[0]), "--parquet", str(files[1])]) == 0
    episodes = read_episodes([bag], HAND, 10)
    touch = np.concatenate([np.stack(episode.tactile) for episode in episodes])
    moved = np.concatenate([episode.coordinates() for episode in episodes])
    for file in files:
        out = tmp_path / f"d{file.suffix}"
        told = file.with_name(f"{file.name}.description.yaml")
        code = main(["data", "import", str(file), "--description", str(told), "--out", str(out)])
        assert code == 0, capsys.readouterr().err
        presses, _ = read_presses(out)
        np.testing.assert_allclose(presses.readings, touch, atol=1e-6)
        used = [AXES.index(name) for name in presses.description.names]
        np.testing.assert_allclose(presses.coordinates, moved[:, used], atol=1e-9)
        assert presses.context.shape[1] == len(HAND.joint_names)
        np.testing.assert_array_equal(
            np.unique(presses.groups, return_counts=True)[1], [len(e) for e in episodes]
        )


def test_the_lerobot_dataset_has_the_schema_of_version_3(bag, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    out = tmp_path / "set"
    assert main(["bags", "export", str(bag), "--lerobot", str(out), "--fps", "20"]) == 0
    info = json.loads((out / "meta/info.json").read_text())
    assert info["codebase_version"] == "v3.0"
    assert (info["fps"], info["total_episodes"], info["robot_type"]) == (20, 2, HAND.name)
    data = parquet.read_table(out / info["data_path"].format(chunk_index=0, file_index=0))
    assert set(data.column_names) == set(info["features"])
    for key, feature in info["features"].items():
        kind = str(data.schema.field(key).type)
        if feature["dtype"] == "image":
            assert kind == "struct<bytes: binary, path: string>"
        elif feature["shape"] == [1]:
            assert kind == {"float32": "float", "int64": "int64"}[feature["dtype"]]
        else:
            assert kind == f"fixed_size_list<element: float>[{feature['shape'][0]}]"
            assert len(feature["names"]) == feature["shape"][0]
    assert info["features"]["observation.images.camera_image"]["shape"] == [4, 6, 3]
    frames = data.to_pydict()
    assert frames["index"] == list(range(info["total_frames"]))
    np.testing.assert_allclose(frames["timestamp"], np.array(frames["frame_index"]) / 20, atol=1e-6)
    episodes = parquet.read_table(out / "meta/episodes/chunk-000/file-000.parquet").to_pydict()
    assert episodes["dataset_to_index"] == np.cumsum(episodes["length"]).tolist()
    assert episodes["tasks"] == [["refine the grasp of plate_8"]] * 2
    assert parquet.read_table(out / "meta/tasks.parquet").to_pydict()["task_index"] == [0]
    stats = json.loads((out / "meta/stats.json").read_text())
    assert len(stats["observation.tactile"]["mean"]) == HAND.taxel_count
    assert set(stats) == set(info["features"])


def test_a_lerobot_dataset_is_imported_again_with_the_same_numbers(bag, tmp_path, capsys):
    pytest.importorskip("pyarrow")
    out = tmp_path / "set"
    assert main(["bags", "export", str(bag), "--lerobot", str(out)]) == 0
    code = main(
        ["data", "import", str(out), "--description", str(out / "import.yaml"), "--out", str(tmp_path / "d")]
    )
    assert code == 0, capsys.readouterr().err
    presses, _ = read_presses(tmp_path / "d")
    episodes = read_episodes([bag], HAND, 10)
    touch = np.concatenate([np.stack(episode.tactile) for episode in episodes])
    np.testing.assert_allclose(presses.readings, touch, atol=1e-6)
    assert "observation.images.camera_image" not in read_table(out)


def test_nothing_is_written_over_files_and_something_must_be_asked_for(bag, tmp_path, capsys):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "mine").write_text("x")
    assert main(["bags", "export", str(bag), "--lerobot", str(tmp_path / "set")]) == 2
    assert "holds files already" in capsys.readouterr().err
    assert main(["bags", "export", str(bag)]) == 2
    assert "give --lerobot FOLDER, --csv FILE or --parquet FILE" in capsys.readouterr().err


def test_colours_come_in_their_order_and_other_encodings_get_one_sentence(tmp_path):
    message = picture(0)
    message.data[:3] = (1, 2, 3)
    assert image_of(message, IMAGE.type, tmp_path)[0, 0].tolist() == [1, 2, 3]
    message.encoding = "bgr8"
    assert image_of(message, IMAGE.type, tmp_path)[0, 0].tolist() == [3, 2, 1]
    message.encoding = "32FC1"
    with pytest.raises(DataError, match="encoding '32FC1'; allowed are rgb8"):
        image_of(message, IMAGE.type, tmp_path)
