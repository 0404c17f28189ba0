"""Grasps collected from a robot on the wire: as many as asked for, within the limits, with labels that hold."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from fake_robot import FAST, FakeRobot, show

from tacrefine.bags.dataset import read_bags
from tacrefine.bringup.description import NodeSpec
from tacrefine.bringup.processes import NodeProcesses
from tacrefine.collect.poses import poses_around
from tacrefine.errors import DataError
from tacrefine.geometry import error_between, from_coordinates, to_coordinates
from tacrefine.hands import load_hand
from tacrefine.nodes.hand.collection import CollectingRobot
from tacrefine.nodes.tools.client import StackClient
from tacrefine.objects import load_objects

pytestmark = pytest.mark.ros
HAND, OBJECTS = load_hand(), load_objects()
PLATE = OBJECTS["plate_6"]
QUICK = {**FAST, "settle_time": 0.1, "settled_window": 0.1, "sensor_timeout": 10.0, "sense_timeout": 30.0}
SLOW_MACHINE = dict.fromkeys(
    ("prepare_timeout", "close_timeout", "settle_timeout", "open_timeout", "move_timeout", "finish_timeout"),
    30.0,
)
PARAMETERS = {key: value for key, value in {**QUICK, **SLOW_MACHINE}.items() if key != "capture_frames"}


@pytest.fixture
def robot():
    with FakeRobot() as fake:
        fake.answers = False
        yield fake


def test_a_handful_of_grasps_is_recorded_with_labels_that_hold(robot, tmp_path):
    made = []
    start = robot.wrist
    with CollectingRobot(parameters=PARAMETERS) as collecting:
        done = collecting.collect(tmp_path / "bag", PLATE, 4, seed=3, on_grasp=made.append)
        assert done.complete, done.message
        assert done.made == 4
        with pytest.raises(DataError, match="exists already"):
            collecting.collect(tmp_path / "bag", PLATE, 2)
    robot.wait_for(lambda: robot.is_open, 60.0, "the open hand")
    assert max(made) >= 3
    recorded = read_bags([tmp_path / "bag"], HAND, OBJECTS)
    assert recorded.grasps == 4
    assert recorded.sources[0].object == "plate_6"
    wanted = from_coordinates(np.vstack([np.zeros(6), poses_around(PLATE, 4, 3)]))
    found = from_coordinates(recorded.groups.coordinates[0].astype(float))
    metres, radians = error_between(wanted[0].inv() * wanted, found[0].inv() * found)
    assert metres.max() < 1e-3
    assert radians.max() < 1e-2
    metres, _ = error_between(start, robot.wrist)
    assert metres < 0.05


def test_beyond_the_limits_nothing_moves_and_the_rest_is_still_made(robot, tmp_path):
    narrow = PARAMETERS | {"max_total_translation": 0.0005, "max_total_rotation": 0.01}
    with CollectingRobot(parameters=narrow) as collecting:
        done = collecting.collect(tmp_path / "bag", PLATE, 5, seed=3)
    assert done.skipped > 0
    centre = HAND.wrist_from_centre
    for pose in robot.arm_commands:
        metres, _ = error_between(robot.right * centre, pose * centre)
        assert metres < 0.0005 + 1e-6


def test_cancelling_opens_the_hand_and_leaves_a_bag_that_can_be_read(robot, tmp_path):
    with CollectingRobot(parameters=PARAMETERS) as collecting:
        stop = threading.Event()

        def cancel(made):
            if made >= 2 and not stop.is_set():
                stop.set()
                collecting._node.cancel()

        done = collecting.collect(tmp_path / "bag", PLATE, 50, on_grasp=cancel)
    assert not done.complete
    assert "cancel" in done.message
    robot.wait_for(lambda: robot.is_open, 60.0, "the open hand")
    assert read_bags([tmp_path / "bag"], HAND, OBJECTS).grasps >= 2


def test_around_a_target_the_grasps_lie_about_its_pose(robot, tmp_path):
    folder = tmp_path / "targets"
    robot.actuated = dict(zip(HAND.actuated_joints, HAND.closed_positions, strict=True))
    server = NodeSpec("refine_server", "", {**FAST, "targets_folder": str(folder)})
    with NodeProcesses([server]) as processes:
        robot.check = processes.check
        robot.wait_ready(simulation=False)
        answer = show(robot, "peg", obj="plate_6")
        assert answer.success, answer.message
    robot.check = lambda: None
    shown = robot.wrist
    parameters = PARAMETERS | {"targets_folder": str(folder), "max_step_rotation": 1.5}
    with CollectingRobot(parameters=parameters) as collecting:
        robot._wrist_goal = shown * from_coordinates([0, 0, 0.003, 0, 0, 0])
        robot.wait_for(lambda: error_between(robot.wrist, shown)[0] > 0.002, 30.0, "the wrist elsewhere")
        done = collecting.collect(tmp_path / "bag", PLATE, 3, seed=1, target="peg")
    assert done.complete, done.message
    recorded = read_bags([tmp_path / "bag"], HAND, OBJECTS)
    assert recorded.sources[0].target_id == answer.target.id
    assert recorded.grasps == 3
    assert np.allclose(recorded.groups.coordinates[0][1:], poses_around(PLATE, 3, 1), atol=2e-3)
    offset = HAND.centre_from_wrist * from_coordinates([0, 0, 0.003, 0, 0, 0]) * HAND.wrist_from_centre
    assert np.allclose(recorded.groups.coordinates[0][0], to_coordinates(offset), atol=2e-3)


def test_the_simulated_robot_is_collected_from_faster_than_real_time(tmp_path):
    bridge = NodeSpec("mujoco_bridge", "", {"real_time_factor": 4.0, "object": "plate_6"})
    quick = PARAMETERS | {"close_duration": 1.0, "open_duration": 0.5}
    with NodeProcesses([bridge]) as processes, StackClient() as client:
        client.check = processes.check
        client.wait_for(lambda: client.truth is not None, 60.0, "the bridge")
        with CollectingRobot(use_sim_time=True, parameters=quick) as collecting:
            done = collecting.collect(tmp_path / "bag", PLATE, 2, seed=2)
    assert done.complete, done.message
    recorded = read_bags([tmp_path / "bag"], HAND, OBJECTS)
    assert recorded.grasps == 2
    labels = from_coordinates(recorded.groups.coordinates[0].astype(float))
    truth = from_coordinates(recorded.truth[0])
    metres, radians = error_between(labels[0].inv() * labels, truth[0].inv() * truth)
    assert metres.max() < 1e-3, "what the arm reports is where it went, within its repeatability"
    assert radians.max() < 0.01
