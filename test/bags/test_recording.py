"""A bag is whole on disk after every commit: after a kill, on a full disk, for any reader."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from made import START_NS, Story, record
from rosbags.highlevel import AnyReader
from rosbags.rosbag2 import Reader

from tacrefine.bags.files import find_bags
from tacrefine.bags.reading import Bag
from tacrefine.bags.recording import BagRecording
from tacrefine.bags.schemas import JOINTS, RECORDED, TACTILE
from tacrefine.cli import main
from tacrefine.errors import DataError

WRITER = """
import sys, time
from pathlib import Path
from made import HAND, Story, TACTILE
from tacrefine.bags.recorder import Recorder
from tacrefine.bags.recording import BagRecording
from tacrefine.bags.session import Session
import numpy as np

recorder = Recorder(BagRecording(Path(sys.argv[1])), Session(HAND, object="plate_6"))
data = next(data for topic, _, data in Story().grasp(np.zeros(6), 0.1).messages if topic is TACTILE)
while not recorder.failure:
    recorder.put(TACTILE, "/tactile", data)
    print(time.time_ns(), flush=True)
    time.sleep(0.002)
print(recorder.failure, file=sys.stderr)
"""


def start_writer(path: Path, **options) -> subprocess.Popen:
    folder = str(Path(__file__).parent)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([folder, os.environ.get("PYTHONPATH", "")])}
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        **options,
    )


def raw_count(path: Path) -> int:
    """Messages as `rosbags` itself reads them, without a word of ours."""
    with AnyReader([path]) as reader:
        return sum(1 for _ in reader.messages())


def test_a_bag_holds_what_was_written_byte_for_byte(tmp_path):
    story = Story().grasp([0, 0, 0, 0, 0, 0], 0.1)
    path = record(tmp_path / "bag", story)
    with Bag(path) as bag:
        read = [(m.topic, m.received, m.data) for m in bag.messages(RECORDED)]
    assert sorted(read) == sorted(story.messages)
    with Reader(path) as reader:
        assert reader.message_count == len(story.messages)
        assert all(c.digest.startswith("RIHS01_") for c in reader.connections)


@pytest.mark.parametrize("compress", [False, True])
def test_between_two_commits_any_reader_finds_all_of_the_first(tmp_path, compress):
    messages = [m for m in Story().grasp([0] * 6, 0.3).messages if m[0] is TACTILE]
    bag = BagRecording(tmp_path / "bag", compress)
    bag.add("/tactile", TACTILE.type)
    for number, (_, at, data) in enumerate(messages):
        bag.write("/tactile", at, data)
        if number == 20:
            bag.commit()
    assert raw_count(tmp_path / "bag") == 21
    bag.add("/joint_states", JOINTS.type)
    bag.commit()
    assert raw_count(tmp_path / "bag") == len(messages)
    bag.close()
    assert raw_count(tmp_path / "bag") == len(messages)


def test_a_bag_without_messages_is_a_bag(tmp_path):
    BagRecording(tmp_path / "bag").close()
    with Bag(tmp_path / "bag") as bag:
        assert list(bag.messages(RECORDED)) == []


def test_an_existing_bag_is_not_touched(tmp_path, capsys):
    path = record(tmp_path / "bag", Story().grasp([0] * 6, 0.1))
    before = {file: file.read_bytes() for file in path.iterdir()}
    with pytest.raises(DataError, match="exists already"):
        BagRecording(path)
    assert main(["record", "--out", str(path)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert {file: file.read_bytes() for file in path.iterdir()} == before


def test_a_clock_that_is_set_back_leaves_a_bag_that_can_be_read(tmp_path):
    bag = BagRecording(tmp_path / "bag")
    bag.add("/tactile", TACTILE.type)
    for at in (START_NS, START_NS + 5, START_NS - 10**9):
        bag.write("/tactile", at, b"\x00\x01\x00\x00")
        bag.commit()
    assert raw_count(tmp_path / "bag") == 3


@pytest.mark.processes
def test_kill_9_loses_at_most_the_last_second(tmp_path):
    process = start_writer(tmp_path / "bag")
    sent = []
    for line in process.stdout:
        sent.append(int(line))
        if sent[-1] - sent[0] > 2.5e9:
            break
    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate(timeout=60)
    sent += [int(line) for line in rest.split()]
    with AnyReader([tmp_path / "bag"]) as reader:
        received = [at for _, at, _ in reader.messages()]
    lost = sum(1 for at in sent if at > received[-1] + 2_000_000)
    assert received, "nothing was on disk"
    assert sent[-1] - received[-1] < 1.0e9, f"{lost} of {len(sent)} messages lost"
    with Bag(tmp_path / "bag") as bag:
        assert bag.custom["object"] == "plate_6"


FILL = """
import re, sys
from pathlib import Path
from made import HAND, Story, TACTILE
from tacrefine.bags.recorder import Recorder
from tacrefine.bags.recording import BagRecording
from tacrefine.bags.schemas import JOINTS
from tacrefine.bags.session import Session
from tacrefine.errors import DataError
import numpy as np

path, compress, committed = Path(sys.argv[1]), sys.argv[2] == "True", int(sys.argv[3])
recorder = Recorder(BagRecording(path, compress), Session(HAND, object="plate_6"), period=3600.0)
told = [m for m in Story().grasp(np.zeros(6), 20.0).messages if m[0] in (TACTILE, JOINTS)]
for topic, _, data in told[:committed]:
    recorder.put(topic, f"/{topic.name}", data)
if committed:
    recorder._write()
    recorder.recording.commit()
for topic, _, data in told[committed:]:  # all of it waits, as it does where the disk or the machine is busy
    recorder.put(topic, f"/{topic.name}", data)
try:
    recorder.stop()
except DataError as error:
    print(error)
"""


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("committed", [0, 300])
@pytest.mark.processes
def test_a_full_disk_while_much_waits_keeps_as_many_whole_messages_as_fit_and_says_how_many(
    tmp_path, compress, committed
):
    limit = 800_000

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    folder = str(Path(__file__).parent)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([folder, os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-c", FILL, str(tmp_path / "bag"), str(compress), str(committed)]
    ended = subprocess.run(
        command, capture_output=True, text=True, env=environment, preexec_fn=full, timeout=240
    )
    sentence = ended.stdout.strip()
    assert ended.stderr == ""
    assert sentence.startswith(f"{tmp_path / 'bag'}: the recording ended, nothing more can be written (")
    kept = int(re.search(r"what came before is kept, (\d+) messages are on disk", sentence)[1])
    told = [m for m in Story().grasp([0] * 6, 20.0).messages if m[0] in (TACTILE, JOINTS)]
    with Bag(tmp_path / "bag") as bag:
        read = [(message.topic, message.data) for message in bag.messages([TACTILE, JOINTS])]
        assert bag.notes == []
        assert bag.counted == kept
    assert read == [(topic, data) for topic, _, data in told[:kept]]
    assert raw_count(tmp_path / "bag") == kept
    size = (tmp_path / "bag" / "bag.mcap").stat().st_size
    assert size <= limit
    assert size > 0.98 * limit, "as many as fit"


@pytest.mark.processes
def test_a_full_disk_ends_the_recording_in_one_sentence_and_keeps_what_came_before(tmp_path):
    limit = 400_000

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    process = start_writer(tmp_path / "bag", preexec_fn=full)
    _, error = process.communicate(timeout=120)
    sentence = error.strip().splitlines()[-1]
    assert str(tmp_path / "bag") in sentence
    kept = re.search(r"what came before is kept, (\d+) messages are on disk", sentence)
    assert "Traceback" not in error
    assert raw_count(tmp_path / "bag") == int(kept[1]) > 150


def test_a_file_torn_anywhere_is_read_up_to_there(tmp_path):
    messages = [m for m in Story().grasp([0] * 6, 0.3).messages if m[0] is TACTILE]
    bag = BagRecording(tmp_path / "bag")
    bag.add("/tactile", TACTILE.type)
    for number, (_, at, data) in enumerate(messages):
        bag.write("/tactile", at, data)
        if number % 10 == 9:
            bag.commit()
    bag.close()
    file = tmp_path / "bag" / "bag.mcap"
    whole = file.read_bytes()
    counts = []
    for length in range(60, len(whole), len(whole) // 25):
        file.write_bytes(whole[:length])
        read = []
        with contextlib.suppress(DataError), Bag(tmp_path / "bag") as torn:
            read = [m.data for m in torn.messages([TACTILE])]
        assert read == [data for _, _, data in messages[: len(read)]]
        counts.append(len(read))
        assert file.read_bytes() == whole[:length], "reading must not change the bag"
    assert counts == sorted(counts)
    assert counts[-1] >= len(messages) - 10


@pytest.mark.parametrize("content", [b"", b"not a bag at all, only text", b"\x89MCAP0\r\n\x01"])
def test_what_is_no_bag_is_refused_in_one_sentence(tmp_path, content):
    (tmp_path / "bag.mcap").write_bytes(content)
    with pytest.raises(DataError, match=r"bag\.mcap") as caught, Bag(tmp_path / "bag.mcap"):
        pass
    assert "\n" not in str(caught.value)


def test_bags_are_found_in_folders_and_their_absence_is_told(tmp_path):
    record(tmp_path / "b" / "second", Story().grasp([0] * 6, 0.1))
    record(tmp_path / "a" / "first", Story().grasp([0] * 6, 0.1))
    assert [path.name for path in find_bags([tmp_path])] == ["first", "second"]
    (tmp_path / "empty").mkdir()
    for missing in ("empty", "nowhere"):
        with pytest.raises(DataError, match=missing):
            find_bags([tmp_path / missing])


def test_commits_of_a_long_recording_do_not_grow_slower(tmp_path):
    bag = BagRecording(tmp_path / "bag")
    bag.add("/tactile", TACTILE.type)
    sizes = []
    for number in range(200):
        before = bag.size
        bag.write("/tactile", START_NS + number, bytes(100))
        bag.commit()
        sizes.append(bag.size - before)
    assert max(sizes[1:]) == min(sizes[1:]), "a commit writes what is new, not what is old"
