"""`tacrefine record` as a process of its own, beside a robot on the wire: Ctrl-C, kill -9, a full disk."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import sys
import time

import pytest
from fake_robot import FakeRobot
from rosbags.highlevel import AnyReader
from rosbags.rosbag2 import Reader
from tacrefine.msg import GraspTarget

from tacrefine.bags.reading import Bag
from tacrefine.bags.schemas import (
    CORRECTION,
    DIAGNOSTICS,
    JOINTS,
    RECORDED,
    TACTILE,
    TARGET,
    WRIST,
    typestore,
)
from tacrefine.nodes.core.message_types import message_class
from tacrefine.nodes.core.qos import LATCHED

pytestmark = pytest.mark.ros


@pytest.fixture(scope="module")
def robot():
    with FakeRobot() as fake:
        fake.targets = fake.node.create_publisher(GraspTarget, "grasp_target", LATCHED)
        fake.targets.publish(GraspTarget(id="peg-1", name="peg", object="plate_6", hand=fake.hand.name))
        fake.wait_for(lambda: fake.target_ids, 30.0, "the robot's own target")
        yield fake


def start(out, *arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "tacrefine", "record", "--out", str(out), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=dict(os.environ),
        start_new_session=True,
        **options,
    )


def wait_for(condition, process, what, timeout=90.0):
    deadline = time.monotonic() + timeout
    while not condition():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline, f"waited {timeout:g} s for {what}"
        time.sleep(0.05)


def stamps_on_disk(path):
    """Receive times (ns) of tactile messages, as `rosbags` reads them at this moment."""
    try:
        with AnyReader([path]) as reader:
            wanted = [c for c in reader.connections if c.topic == "/tactile"]
            return [at for _, at, _ in reader.messages(wanted)] if wanted else []
    except (OSError, Exception):
        return []


def test_everything_on_the_wire_is_recorded_until_ctrl_c(robot, tmp_path):
    out, figures = tmp_path / "bag", tmp_path / "figures.json"
    robot_file = tmp_path / "robot.yaml"
    robot_file.write_text("/**: {ros__parameters: {settle_time: 0.25, joint_state_age: 0.3}}")
    process = start(out, "--json", str(figures), "--also", "estop_note", "--params-file", str(robot_file))
    wait_for(lambda: len(stamps_on_disk(out)) > 100, process, "a hundred readings on disk")
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "messages" in said
    told = json.loads(figures.read_text())
    with Bag(out) as bag:
        assert set(bag.channels) >= {TACTILE, JOINTS, WRIST, CORRECTION, TARGET, DIAGNOSTICS}
        assert bag.custom["target_id"] == "peg-1"
        assert bag.custom["object"] == "plate_6"
        assert bag.custom["hand_signature"] == robot.hand.signature
        kept = json.loads(bag.custom["settled"])
        assert (kept["settle_time"], kept["joint_state_age"]) == (0.25, 0.3)
        readings = [bag.read(m).sequence for m in bag.messages([TACTILE])]
        assert sum(1 for _ in bag.messages(RECORDED)) == told["messages"]
    assert readings == sorted(set(readings))
    assert len(readings) == told["topics"]["/tactile"]
    with Reader(out) as reader:
        qos = {c.topic: c.ext.offered_qos_profiles[0] for c in reader.connections}
    assert qos["/tactile"].reliability.name == "BEST_EFFORT"
    assert qos["/grasp_target"].durability.name == "TRANSIENT_LOCAL"


def test_kill_9_leaves_a_bag_that_any_reader_opens_with_all_but_the_last_second(robot, tmp_path):
    losses = []
    for attempt in range(3):  # an overloaded machine may hold the recorder up for longer than that
        out = tmp_path / f"bag{attempt}"
        process = start(out)
        wait_for(lambda o=out: len(stamps_on_disk(o)) > 20, process, "readings on disk")
        killed = time.time_ns()
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
        stamps = stamps_on_disk(out)
        assert len(stamps) > 20
        losses.append((killed - stamps[-1]) * 1e-9)
        with Bag(out) as bag:
            assert bag.custom["software"].startswith("tacrefine")
        if losses[-1] < 1.0:
            break
    assert min(losses) < 1.0, f"lost {losses} s"


def test_a_full_disk_is_told_in_one_sentence_and_what_came_before_is_kept(robot, tmp_path):
    def nearly_full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))

    environment = {"FASTDDS_BUILTIN_TRANSPORTS": "UDPv4"}  # shared memory is made of files, too
    os.environ.update(environment)
    try:
        process = start(tmp_path / "bag", preexec_fn=nearly_full)
    finally:
        del os.environ["FASTDDS_BUILTIN_TRANSPORTS"]
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 2, said
    assert "Traceback" not in said
    sentence = said.strip().splitlines()[-1]
    assert str(tmp_path / "bag") in sentence
    kept = int(re.search(r"what came before is kept, (\d+) messages are on disk", sentence)[1])
    with Bag(tmp_path / "bag") as bag:
        assert sum(1 for _ in bag.arrivals()) == kept
    assert len(stamps_on_disk(tmp_path / "bag")) > 100


@pytest.mark.parametrize("topic", RECORDED, ids=lambda topic: topic.name)
def test_message_types_are_known_here_as_they_are_on_the_wire(robot, topic):
    name = f"typed_{topic.type.rpartition('/')[2].lower()}_{RECORDED.index(topic)}"
    publisher = robot.node.create_publisher(message_class(topic.type), name, 1)
    robot.wait_for(lambda: robot.node.get_publishers_info_by_topic(f"/{name}"), 30.0, "the publisher")
    info = robot.node.get_publishers_info_by_topic(f"/{name}")[0]
    assert str(info.topic_type_hash) == typestore().hash_rihs01(topic.type)
    robot.node.destroy_publisher(publisher)
