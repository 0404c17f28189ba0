"""Bags as they come: topics that nobody can decode, torn, compressed, renamed and half copied, of other recorders."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import struct
from pathlib import Path

import pytest
import yaml
from backports import zstd
from made import HAND, START_NS, Story, record, record_as, spread
from rosbags.rosbag2 import CompressionMode, StoragePlugin, Writer

from tacrefine.bags.dataset import read_bags
from tacrefine.bags.files import find_bags
from tacrefine.bags.info import describe_bag
from tacrefine.bags.reading import Bag
from tacrefine.bags.recording import BagRecording
from tacrefine.bags.replay import play
from tacrefine.bags.schemas import JOINTS, RECORDED, TACTILE, WRIST, definition
from tacrefine.cli import main
from tacrefine.errors import DataError
from tacrefine.objects import load_objects

PLUGINS = [StoragePlugin.SQLITE3, StoragePlugin.MCAP]
SEPARATOR = "=" * 80 + "\n"
FOREIGN = {
    "/add/_service_event": (
        "my_robot/srv/Add_Event",
        f"{SEPARATOR}SRV: my_robot/srv/Add\nint64 a\n---\nint64 sum\n",
    ),
    "/skin": ("my_skin/msg/Taxels", "my_other/Thing thing\nfloat32[] x\n"),
    "/spelled": ("my_skin/msg/Odd", "float32[<=] x\n"),
    "/nothing": ("my_skin/msg/Empty", "float32 x"),
}
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 12345\n"


def story(seconds=0.3) -> Story:
    return Story().grasp([0] * 6, seconds=seconds)


def thirds(told) -> list[list]:
    size = len(told.messages) // 9 * 3
    return [told.messages[:size], told.messages[size : 2 * size], told.messages[2 * size :]]


def written(path, told, plugin=StoragePlugin.MCAP, mode=CompressionMode.NONE):
    """As another recorder writes it."""
    return record_as(path, told, plugin, mode)


def split(path, told, plugin=StoragePlugin.MCAP, mode=CompressionMode.NONE):
    """A bag of three files, bag_0 to bag_2."""
    path.mkdir()
    names = []
    for number, part in enumerate(thirds(told)):
        some = Story()
        some.messages = part
        folder = record_as(path.parent / f"part{number}", some, plugin, mode)
        source = next(file for file in folder.iterdir() if file.name != "metadata.yaml")
        names.append(f"{path.name}_{number}{''.join(source.suffixes)}")
        source.rename(path / names[-1])
        metadata = (folder / "metadata.yaml").read_text()
        shutil.rmtree(folder)
    (path / "metadata.yaml").write_text(metadata)
    changed(path, relative_file_paths=names, message_count=len(told.messages), files=[])
    return path


def with_foreign(path, told, plugin):
    """The story with topics whose definitions nobody can read, one message on each."""
    with Writer(path, version=9, storage_plugin=plugin) as writer:
        connections = {}
        for topic, at, data in told.messages:
            if topic not in connections:
                text, digest = definition(topic.type)
                connections[topic] = writer.add_connection(
                    f"/{topic.name}", topic.type, msgdef=text, rihs01=digest
                )
            writer.write(connections[topic], at, data)
        for topic, (kind, text) in FOREIGN.items():
            connection = writer.add_connection(topic, kind, msgdef=text, rihs01="RIHS01_" + "1" * 64)
            writer.write(connection, START_NS, b"\x00\x01\x00\x00" + bytes(60))
    return path


def read(path):
    with Bag(path) as bag:
        return [(m.topic, m.received, m.data) for m in bag.messages(RECORDED)]


def same(found, told):
    return sorted(found) == sorted(told.messages)


def changed(path: Path, **values):
    """Other values in a bag's metadata."""
    metadata = yaml.safe_load((path / "metadata.yaml").read_text())
    metadata["rosbag2_bagfile_information"] |= values
    (path / "metadata.yaml").write_text(yaml.safe_dump(metadata))


# ---- topics that nobody asked for
@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_topic_that_nobody_can_decode_is_listed_with_its_problem_and_the_rest_is_read(tmp_path, plugin):
    told = story()
    path = with_foreign(tmp_path / "bag", told, plugin)
    assert same(read(path), told)
    topics = {topic["name"]: topic for topic in describe_bag(path)["topics"]}
    assert topics.keys() == {"/tactile", "/joint_states", "/wrist_pose", *FOREIGN}
    assert all(topics[name]["messages"] == 1 for name in FOREIGN)
    assert "service" in topics["/add/_service_event"]["problem"]
    assert "my_other/msg/Thing" in topics["/skin"]["problem"]
    assert "float32[<=] x" in topics["/spelled"]["problem"]
    assert topics["/nothing"]["problem"] == topics["/tactile"]["problem"] == ""


def test_a_type_that_a_sqlite3_recorder_did_not_find_is_no_reason_to_refuse_the_bag(tmp_path):
    told = story()
    path = with_foreign(tmp_path / "bag", told, StoragePlugin.SQLITE3)
    with contextlib.closing(sqlite3.connect(path / "bag.db3")) as database:
        unknown = "UPDATE message_definitions SET encoding = 'unknown', encoded_message_definition = ''"
        database.execute(unknown)
        database.execute("UPDATE topics SET offered_qos_profiles = '- {history: {}}'")
        database.commit()
    assert same(read(path), told)
    topics = {topic["name"]: topic["problem"] for topic in describe_bag(path)["topics"]}
    assert "does not define my_skin/msg/Taxels" in topics["/skin"]
    assert topics["/tactile"] == ""


def test_a_topic_that_is_asked_for_and_cannot_be_decoded_is_named(tmp_path):
    path = tmp_path / "bag"
    with Writer(path, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        connection = writer.add_connection(
            "/tactile", TACTILE.type, msgdef="nowhere/Thing x\n", rihs01="RIHS01_0"
        )
        writer.write(connection, START_NS, b"\x00\x01\x00\x00" + bytes(60))
    with Bag(path) as bag:
        message = next(bag.messages([TACTILE]))
        with pytest.raises(DataError, match=r"/tactile.*nowhere/msg/Thing"):
            bag.read(message)


# ---- older and compressed bags
@pytest.mark.parametrize("mode", [CompressionMode.NONE, CompressionMode.FILE, CompressionMode.MESSAGE])
@pytest.mark.parametrize("slash", ["/", "\\"])
def test_metadata_of_version_4_names_files_with_the_folder_in_front(tmp_path, mode, slash):
    told = story()
    path = split(tmp_path / "bag", told, StoragePlugin.SQLITE3, mode)
    about = yaml.safe_load((path / "metadata.yaml").read_text())["rosbag2_bagfile_information"]
    names = [f"bag{slash}{name}" for name in about["relative_file_paths"]]
    changed(path, version=4, relative_file_paths=names, compression_mode=mode.name if mode.value else "")
    with Bag(path) as bag:
        assert same([(m.topic, m.received, m.data) for m in bag.messages(RECORDED)], told)
        assert bag.notes == []


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_compressed_file_without_metadata_is_read_alone_and_in_its_folder(tmp_path, plugin):
    told = story()
    path = written(tmp_path / "bag", told, plugin, mode=CompressionMode.FILE)
    (path / "metadata.yaml").unlink()
    (file,) = path.iterdir()
    assert file.suffix == ".zstd"
    assert same(read(path), told)
    assert same(read(file), told)


def test_messages_that_were_compressed_one_by_one_are_read_without_metadata(tmp_path):
    told = story()
    path = written(tmp_path / "bag", told, StoragePlugin.SQLITE3, mode=CompressionMode.MESSAGE)
    (path / "metadata.yaml").unlink()
    assert same(read(path), told)


def test_metadata_never_leads_out_of_the_bags_own_folder(tmp_path):
    record(tmp_path / "other", story())
    (tmp_path / "bag").mkdir()
    shutil.copy(tmp_path / "other" / "metadata.yaml", tmp_path / "bag")
    changed(tmp_path / "bag", relative_file_paths=["../other/other.mcap"])
    with pytest.raises(DataError, match=r"names 'other\.mcap', and the folder holds no file"):
        read(tmp_path / "bag")


def test_metadata_of_a_version_that_nobody_knows_yet_is_told_and_the_files_are_read(tmp_path):
    told = story()
    path = record(tmp_path / "bag", told)
    changed(path, version=12)
    with Bag(path) as bag:
        assert any("version 12" in note for note in bag.notes)
    assert same(read(path), told)


# ---- torn and damaged
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.99])
@pytest.mark.parametrize("has_metadata", [True, False])
def test_of_a_torn_sqlite3_bag_every_whole_message_is_read_and_the_loss_is_told(
    tmp_path, share, has_metadata
):
    told = story(1.0)
    path = written(tmp_path / "bag", told, StoragePlugin.SQLITE3)
    if not has_metadata:
        (path / "metadata.yaml").unlink()
    file = path / "bag.db3"
    torn = file.read_bytes()[: int(share * file.stat().st_size)]
    file.write_bytes(torn)
    found = read(path)
    assert set(found) <= set(told.messages)
    assert len(found) >= (share - 0.15) * len(told.messages)
    assert [received for _, received, _ in found] == sorted(received for _, received, _ in found)
    described = describe_bag(path)
    lost = next(note for note in described["notes"] if "breaks off" in note)
    assert str(file) in lost
    assert f"{len(found)} messages are whole" in lost
    assert file.read_bytes() == torn, "reading must not change the bag"


def test_of_a_damaged_sqlite3_bag_only_what_is_damaged_is_lost(tmp_path):
    told = story(1.0)
    path = written(tmp_path / "bag", told, StoragePlugin.SQLITE3)
    data = bytearray((path / "bag.db3").read_bytes())
    leaves = [at for at in range(0, len(data), 4096) if data[at] == 13]
    data[leaves[len(leaves) // 2] : leaves[len(leaves) // 2] + 4096] = bytes(4096)
    (path / "bag.db3").write_bytes(data)
    found = read(path)
    assert len(told.messages) - 10 <= len(found) < len(told.messages)
    assert set(found) <= set(told.messages)


def test_what_a_killed_recorder_left_in_sqlites_log_is_read(tmp_path):
    told = story()
    path = written(tmp_path / "bag", told, StoragePlugin.SQLITE3)
    with contextlib.closing(sqlite3.connect(path / "bag.db3")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA wal_autocheckpoint=0")
        database.execute("DELETE FROM messages WHERE id > 20")
        database.commit()
        shutil.copytree(path, tmp_path / "killed")  # the log lies beside the file, which knows nothing of it
    (tmp_path / "killed" / "metadata.yaml").unlink()
    assert len(read(tmp_path / "killed")) == 20


def in_chunks(path, told, every=60):
    """A closed bag with a chunk for so many messages."""
    bag = BagRecording(path)
    for number, (topic, at, data) in enumerate(told.messages):
        bag.add(f"/{topic.name}", topic.type)
        bag.write(f"/{topic.name}", at, data)
        if number % every == every - 1:
            bag.commit()
    bag.close()
    return path


def chunks_of(data: bytes) -> list[int]:
    """Where the chunks of an MCAP file begin."""
    at, found = 8, []
    while data[at] != 2:
        found += [at] if data[at] == 6 else []
        at += 9 + int.from_bytes(data[at + 1 : at + 9], "little")
    return found


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_damaged_chunk_costs_what_lies_behind_the_damage_in_it_and_is_told(tmp_path, share):
    told = story()
    path = in_chunks(tmp_path / "bag", told)
    file = path / "bag.mcap"
    data = bytearray(file.read_bytes())
    first, second = chunks_of(data)[:2]
    at = first + int(share * (second - first))
    data[at : at + 4000] = b"\xff" * 4000
    file.write_bytes(data)
    with Bag(path) as bag:
        found = [(m.topic, m.received, m.data) for m in bag.messages(RECORDED)]
        notes = bag.notes
    assert 0 < len(found) < len(told.messages)
    assert len(set(found) - set(told.messages)) <= 1, (
        "at most the data of one message holds what was scribbled over"
    )
    lost = next(note for note in notes if "damaged" in note)
    assert f"{len(told.messages) - len(found)} of its messages are lost" in lost


def test_behind_a_place_at_which_records_break_off_chunks_are_found_by_the_index(tmp_path):
    told = story()
    path = in_chunks(tmp_path / "bag", told)
    file = path / "bag.mcap"
    data = bytearray(file.read_bytes())
    second = chunks_of(data)[1]
    data[second + 1 : second + 9] = b"\xff" * 8  # it says that it has 2**64 bytes
    file.write_bytes(data)
    with Bag(path) as bag:
        found = [(m.topic, m.received, m.data) for m in bag.messages(RECORDED)]
        assert any("breaks off or is damaged" in note and f"from byte {second}" in note for note in bag.notes)
    assert found[-1][1] == told.messages[-1][1]
    assert set(found) < set(told.messages)


# ---- files and metadata that do not agree
@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("topic", [TACTILE, JOINTS, WRIST])
def test_messages_that_are_damaged_are_left_out_and_counted_and_the_others_are_used(tmp_path, plugin, topic):
    told = Story()
    for coordinates in spread(2):
        told.grasp(coordinates)
    numbers = [n for n, message in enumerate(told.messages) if message[0] is topic][10:13]
    for number in numbers:
        kind, at, data = told.messages[number]
        told.messages[number] = (kind, at, data[:20] + b"\xff" * (len(data) - 25))
    options = {"object_name": "plate_6", "cut": "bag"}
    hurt = read_bags([written(tmp_path / "hurt", told, plugin)], HAND, load_objects(), **options)
    assert hurt.grasps == 2
    assert any(f"topic /{topic.name}: 3 of its messages cannot be decoded" in note for note in hurt.notes)
    readings = sum(message[0] is TACTILE for message in told.messages)
    played = list(play(tmp_path / "hurt", (TACTILE,)))
    assert len(played) == readings - (3 if topic is TACTILE else 0)


def test_a_damaged_bag_among_others_has_its_own_line_and_the_exit_code_tells(tmp_path, capsys):
    for name in ("a", "b", "c", "d"):
        record(tmp_path / "bags" / name, story(0.1))
    (tmp_path / "bags" / "c" / "c.mcap").write_bytes(b"scribble" * 100)
    figures = tmp_path / "info.json"
    assert main(["bags", "info", str(tmp_path / "bags"), "--json", str(figures)]) == 1
    said = capsys.readouterr()
    for name in ("a", "b", "d"):
        assert f"{tmp_path / 'bags' / name}: " in said.out
    assert "c.mcap: not a bag" in said.err
    told = yaml.safe_load(figures.read_text())
    assert len(told["bags"]) == 3
    assert [entry["bag"] for entry in told["unread"]] == [str(tmp_path / "bags" / "c")]
    assert main(["bags", "info", str(tmp_path / "bags" / "c")]) == 2


def test_files_of_one_folder_that_have_nothing_to_do_with_each_other_are_bags_of_their_own(tmp_path):
    for name in ("monday", "tuesday"):
        (record(tmp_path / name, story(0.1)) / f"{name}.mcap").rename(tmp_path / f"{name}.mcap")
        shutil.rmtree(tmp_path / name)
    assert find_bags([tmp_path]) == [tmp_path / "monday.mcap", tmp_path / "tuesday.mcap"]
    (tmp_path / "monday.mcap").rename(tmp_path / "tuesday_1.mcap")
    (tmp_path / "tuesday.mcap").rename(tmp_path / "tuesday_0.mcap")
    assert find_bags([tmp_path]) == [tmp_path], "these are one that was split"


@pytest.mark.parametrize("name", ["another.mcap", "bag.mcap.orig", "bag"])
def test_a_renamed_file_is_read_and_told(tmp_path, name):
    told = story()
    path = record(tmp_path / "bag", told)
    (path / "bag.mcap").rename(path / name)
    assert same(read(path), told)
    with Bag(path) as bag:
        assert any("bag.mcap" in note and name in note for note in bag.notes)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_of_a_split_bag_without_one_of_its_files_the_others_are_read(tmp_path, plugin):
    told = story()
    path = split(tmp_path / "bag", told, plugin)
    assert same(read(path), told)
    ending = ".db3" if plugin is StoragePlugin.SQLITE3 else ".mcap"
    (path / f"bag_1{ending}").unlink()
    with Bag(path) as bag:
        found = [(m.topic, m.received, m.data) for m in bag.messages(RECORDED)]
        assert [note for note in bag.notes if f"bag_1{ending}" in note]
    assert sorted(found) == sorted(thirds(told)[0] + thirds(told)[2])
    notes = describe_bag(path)["notes"]
    assert any(f"counts {len(told.messages)} messages; the files hold {len(found)}" in note for note in notes)


def test_of_a_split_bag_with_one_torn_file_the_others_are_whole(tmp_path):
    told = story()
    path = split(tmp_path / "bag", told)
    (path / "bag_1.mcap").write_bytes(b"")
    found = read(path)
    assert sorted(found) == sorted(thirds(told)[0] + thirds(told)[2])
    with Bag(path) as bag:
        assert any("bag_1.mcap: is empty" in note for note in bag.notes)


def test_what_metadata_says_wrongly_is_told_and_the_files_are_believed(tmp_path):
    told = story()
    path = record(tmp_path / "bag", told)
    topics = yaml.safe_load((path / "metadata.yaml").read_text())["rosbag2_bagfile_information"]
    topics = topics["topics_with_message_count"]
    topics[0]["topic_metadata"]["type"] = "std_msgs/msg/String"
    topics[1]["topic_metadata"]["name"] = "/elsewhere"
    changed(
        path,
        storage_identifier="sqlite3",
        compression_mode="FILE",
        compression_format="lz4",
        message_count=7,
        topics_with_message_count=topics,
    )
    assert same(read(path), told)
    notes = " ".join(describe_bag(path)["notes"])
    assert "std_msgs/msg/String" in notes
    assert "/elsewhere" in notes
    assert f"counts 7 messages; the files hold {len(told.messages)}" in notes


@pytest.mark.parametrize("content", ["", "{", "rosbag2_bagfile_information: 3", POINTER.decode()])
def test_metadata_that_is_none_is_told_and_the_files_are_read(tmp_path, content):
    told = story()
    path = record(tmp_path / "bag", told)
    (path / "metadata.yaml").write_text(content)
    assert same(read(path), told)
    with Bag(path) as bag:
        assert len(bag.notes) == 1
        assert "metadata.yaml" in bag.notes[0]


@pytest.mark.parametrize("file", [True, False])
def test_a_git_lfs_pointer_is_called_one(tmp_path, file):
    path = record(tmp_path / "bag", story(0.1))
    (path / "bag.mcap").write_bytes(POINTER)
    with pytest.raises(DataError, match=r"bag\.mcap: a Git LFS pointer.*git lfs pull"):
        read(path / "bag.mcap" if file else path)


@pytest.mark.parametrize("inside", [True, False])
def test_a_ros_1_bag_is_called_one_and_how_to_convert_it_is_told(tmp_path, inside, capsys):
    folder = tmp_path / "old"
    folder.mkdir()
    (folder / "peg.bag").write_bytes(b"#ROSBAG V2.0\n" + bytes(4096))
    path = folder if inside else folder / "peg.bag"
    assert main(["bags", "info", str(path)]) == 2
    said = capsys.readouterr().err
    assert "peg.bag: a ROS 1 bag" in said
    assert "rosbags-convert --src peg.bag --dst peg" in said


@pytest.mark.parametrize("profile", [b"", b"other"])
def test_an_mcap_file_of_another_profile_is_read(tmp_path, profile):
    told = story()
    path = record(tmp_path / "bag", told)
    data = (path / "bag.mcap").read_bytes()
    (length,) = struct.unpack_from("<Q", data, 9)
    head = struct.pack("<I", len(profile)) + profile + data[25 : 17 + length]
    file = tmp_path / "other.mcap"
    file.write_bytes(data[:9] + struct.pack("<Q", len(head)) + head + data[17 + length :])
    assert same(read(file), told)


def record_of(kind: int, content: bytes) -> bytes:
    return struct.pack("<BQ", kind, len(content)) + content


def text_of(text: str) -> bytes:
    return struct.pack("<I", len(text.encode())) + text.encode()


def test_messages_without_chunks_and_index_are_read_in_order_of_time(tmp_path):
    told = story(0.1)
    parts = [b"\x89MCAP0\r\n", record_of(1, text_of("ros2") + text_of("by hand"))]
    for number, topic in enumerate((TACTILE, JOINTS, WRIST), 1):
        schema = text_of(topic.type) + text_of("ros2msg") + text_of(definition(topic.type)[0])
        parts.append(record_of(3, struct.pack("<H", number) + schema))
        channel = text_of(f"/{topic.name}") + text_of("cdr") + struct.pack("<I", 0)
        parts.append(record_of(4, struct.pack("<HH", number, number) + channel))
    numbers = {TACTILE: 1, JOINTS: 2, WRIST: 3}
    shuffled = told.messages[1::2] + told.messages[0::2]  # two threads that wrote as they pleased
    for topic, at, data in shuffled:
        parts.append(record_of(5, struct.pack("<HIQQ", numbers[topic], 0, at, at) + data))
    (tmp_path / "fast.mcap").write_bytes(b"".join(parts))  # and killed before it wrote an end
    found = read(tmp_path / "fast.mcap")
    assert same(found, told)
    assert [received for _, received, _ in found] == sorted(received for _, received, _ in found)


def test_a_compressed_file_that_breaks_off_is_read_as_far_as_it_goes(tmp_path):
    told = story(1.0)
    path = written(tmp_path / "bag", told, StoragePlugin.SQLITE3)
    whole = zstd.compress((path / "bag.db3").read_bytes())
    (tmp_path / "torn.db3.zstd").write_bytes(whole[: len(whole) // 2])
    found = read(tmp_path / "torn.db3.zstd")
    assert 0.2 * len(told.messages) < len(found) < len(told.messages)
    assert set(found) <= set(told.messages)
    with Bag(tmp_path / "torn.db3.zstd") as bag:
        assert any(
            "torn.db3.zstd: the compressed file is damaged (it is cut off)" in note for note in bag.notes
        )
