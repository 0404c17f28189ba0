"""The driver node as a process of its own, over DDS, with emulated devices behind it."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pytest
from driver_listener import WAIT, Listener, driver, grids
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from std_srvs.srv import Trigger

from tacrefine.bringup.processes import NodeProcesses
from tacrefine.drivers.emulation.faults import Fault
from tacrefine.drivers.emulation.gel import GelEmulator
from tacrefine.drivers.emulation.inspire import HOLD, InspireEmulator
from tacrefine.drivers.emulation.paxini import PaxiniEmulator
from tacrefine.drivers.emulation.paxini_gen3 import Gen3HandBoard
from tacrefine.drivers.emulation.robotiq import RobotiqEmulator
from tacrefine.drivers.optical.presses import read_folder
from tacrefine.nodes.core.convert import to_seconds
from tacrefine.nodes.tools.client import ClientError
from tacrefine.vision.gel.calibration import TaxelGrid, calibrate
from tacrefine.vision.gel.files import save

sys.path.insert(0, str(Path(__file__).parents[2] / "drivers"))
from hands import make_hand, write_hand

pytestmark = pytest.mark.ros


@pytest.fixture(scope="module")
def setup(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hand")
    with InspireEmulator(late_s=2.0) as emulator:
        spec = driver(
            "inspire",
            driver="inspire_rh56dftp",
            device=emulator.address,
            hand=str(write_hand(folder)),
            tare_frames=5,
            rate=50.0,
        )
        with NodeProcesses([spec]) as processes, Listener("inspire") as listener:
            listener.check = processes.check
            listener.wait_for(lambda: len(listener.arrays) > 0, WAIT, "tactile")
            yield emulator, listener
            print(processes.log("driver"))


@pytest.fixture
def hand(setup):
    """Emulated hand and listener: the hand open, untouched, without faults, and its driver connected."""
    emulator, listener = setup
    emulator.fault = Fault.NONE
    emulator.blocked_at = np.zeros(6)
    emulator.stand_at(np.full(6, 1000))
    emulator.touch({name: np.zeros((rows, cols), int) for name, (_, rows, cols) in emulator.pads.items()})
    emulator.fail([0] * 6, [2] * 6)
    listener.wait_told("connected", "yes")
    listener.next_array()
    return emulator, listener


def test_touch_and_joints_carry_one_stamp_and_the_names_of_the_hand(hand, tmp_path):
    emulator, listener = hand
    touched = np.arange(80).reshape(10, 8)
    emulator.touch({"index_pad": touched})
    emulator.stand_at(np.array([1000, 1000, 1000, 0, 1000, 1000]))
    array = listener.next_array()
    assert np.array_equal(grids(array)["index_pad"], touched)
    assert all(pad.unit == 0 for pad in array.pads)
    described = make_hand(tmp_path)
    assert [pad.name for pad in array.pads] == [pad.name for pad in described.pads]
    listener.wait_for(
        lambda: listener.joints.position[list(listener.joints.name).index("index_bend")] > 1.43,
        WAIT,
        "joints",
    )
    assert list(listener.joints.name) == list(described.joint_names)
    sequence = [message.sequence for message in listener.arrays]
    assert sequence == sorted(set(sequence))
    stamps = [to_seconds(message.header.stamp) for message in listener.arrays]
    assert stamps == sorted(set(stamps))


def test_a_trajectory_moves_the_hand_and_a_senseless_one_is_told_and_moves_nothing(hand):
    emulator, listener = hand
    listener.wait_for(lambda: listener.hand_commands.get_subscription_count() > 0, WAIT, "the driver")
    listener.command(elbow=1.0)
    listener.wait_told("last error", "elbow")
    assert emulator.angles.tolist() == [1000.0] * 6
    listener.command(middle_bend=1.4381)
    listener.wait_for(lambda: emulator.angles[2] < 1, WAIT, "the middle finger to close")
    assert emulator.angles[[0, 1, 3, 4, 5]].tolist() == [1000.0] * 5


def test_tare_zeroes_an_open_hand_and_refuses_a_closed_one(hand):
    emulator, listener = hand
    emulator.touch({"ring_tip": np.full((3, 3), 300)})
    emulator.stand_at(np.full(6, 100))
    listener.next_array()
    with pytest.raises(ClientError, match="open the hand"):
        listener.tare(WAIT)
    assert grids(listener.next_array())["ring_tip"].max() == 300
    emulator.stand_at(np.full(6, 1000))
    listener.next_array()
    listener.tare(WAIT)
    assert grids(listener.next_array())["ring_tip"].max() == 0
    emulator.touch({"ring_tip": np.full((3, 3), 350)})
    assert set(grids(listener.next_array())["ring_tip"].ravel()) == {50}


def test_tare_refuses_while_a_finger_moves(hand):
    emulator, listener = hand
    listener.wait_for(lambda: listener.hand_commands.get_subscription_count() > 0, WAIT, "the driver")
    listener.command(index_bend=0.0, middle_bend=0.0, ring_bend=0.0)
    listener.wait_for(
        lambda: emulator.angle_set()[1:4] == [1000] * 3 and emulator.angles.min() > 999,
        WAIT,
        "every finger to open",
    )
    listener.command(5.0, index_bend=0.14)  # slowly, and so little that the finger still counts as open
    listener.wait_for(lambda: emulator.angles[3] < 999, WAIT, "the index finger to move")
    with pytest.raises(ClientError, match="follows a trajectory"):
        listener.tare(WAIT)
    deadline = time.monotonic() + WAIT
    while not (answer := listener.answer(listener.ask_tare(), WAIT, "tare")).success:
        assert "follows a trajectory" in answer.message or "a joint moved" in answer.message
        assert time.monotonic() < deadline
    assert emulator.angles[3] < 910, "tared before the finger arrived"


@pytest.mark.parametrize("fault", [Fault.DROP, Fault.LATE])
def test_a_fault_is_told_and_after_it_only_new_readings_are_sent(hand, fault):
    emulator, listener = hand
    emulator.touch({"thumb_tip": np.full((3, 3), 1000)})
    listener.next_array()
    emulator.fault = fault
    listener.wait_told("connected", "no")
    emulator.touch({"thumb_tip": np.full((3, 3), 2000)})
    mended = time.time()
    emulator.fault = Fault.NONE
    listener.wait_for(lambda: len(listener.since(mended)) >= 3, WAIT, "tactile after the fault")
    values = {int(grids(message)["thumb_tip"][0, 0]) for message in listener.since(mended)}
    assert values == {2000}
    listener.wait_told("connected", "yes")


def test_a_restarted_hand_is_found_again_with_safe_limits_and_stays_where_it_is(hand):
    emulator, listener = hand
    listener.wait_for(lambda: listener.hand_commands.get_subscription_count() > 0, WAIT, "the driver")
    connects = int(listener.told("reconnects") or 0)
    listener.command(ring_bend=1.0)
    listener.wait_for(lambda: emulator.angles[1] < 950, WAIT, "the ring finger to move")
    emulator.power_cycle()
    listener.wait_for(lambda: int(listener.told("reconnects") or 0) > connects, WAIT, "a reconnection")
    listener.next_array()
    assert emulator.registers(1498, 6) == [500] * 6
    assert emulator.angle_set() == [HOLD] * 6, "a trajectory from before the restart must not go on"


def test_errors_of_a_drive_are_told_by_name_and_can_be_cleared(hand):
    emulator, listener = hand
    emulator.fail([0, 0, 0, 1, 0, 0], [2, 2, 2, 6, 2, 2])
    listener.wait_told("hand errors", "index_bend: blocked")
    answer = listener.answer(listener.clear.call_async(Trigger.Request()), WAIT, "clear_errors")
    assert answer.success, answer.message
    listener.wait_for(lambda: listener.told("hand errors") == "", WAIT, "no errors")


def test_a_deactivated_driver_lets_go_of_the_hand_and_takes_it_again(hand):
    emulator, listener = hand
    change = listener.node.create_client(ChangeState, "tacrefine_driver/change_state")
    listener.wait_for(change.service_is_ready, WAIT, "change_state")

    def switch(transition: int) -> None:
        request = ChangeState.Request(transition=Transition(id=transition))
        assert listener.answer(change.call_async(request), WAIT, "change_state").success

    connections = emulator.connections
    switch(Transition.TRANSITION_DEACTIVATE)
    questions = emulator.questions
    listener.wait_told("connected", "no")
    assert emulator.questions == questions
    activated = time.time()
    switch(Transition.TRANSITION_ACTIVATE)
    listener.wait_for(lambda: len(listener.since(activated)) >= 2, WAIT, "tactile")
    assert emulator.connections == connections + 1


def test_diagnostics_tell_rate_age_saturated_and_stuck_taxels(hand):
    emulator, listener = hand
    for angle in (1000, 100, 1000, 100):
        emulator.stand_at(np.full(6, angle))
        full = np.zeros((3, 3), int)
        full[1, 0] = 4095
        emulator.touch({"little_tip": full, "index_tip": np.full((3, 3), 100 if angle == 100 else 0)})
        listener.next_array(8)
    listener.wait_told("taxels that look stuck", "1: little_tip 3")
    listener.wait_told("taxels saturated", "1: little_tip 3")
    assert float(listener.told("tactile rate [Hz]")) > 0
    assert float(listener.told("tactile age [s]")) < 10


def test_a_command_to_hold_the_fingers_goes_out_at_once_while_tare_waits(tmp_path):
    """Such a command is what an emergency stop sends; nothing may keep it waiting on the node's only thread."""
    with InspireEmulator() as emulator:
        slow = {"tare_frames": 1000, "tare_timeout": 60.0, "rate": 10.0}
        spec = driver("busy", device=emulator.address, hand=str(write_hand(tmp_path)), **slow)
        with NodeProcesses([spec]) as processes, Listener("busy") as listener:
            listener.check = processes.check
            listener.wait_for(lambda: len(listener.arrays) > 0, WAIT, "tactile")
            listener.wait_for(lambda: listener.hand_commands.get_subscription_count() > 0, WAIT, "the driver")
            listener.ask_tare()
            listener.command(ring_bend=1.0)
            listener.wait_for(lambda: emulator.angles[1] < 999, 20.0, "the command at the hand")


def test_paxini_arrays_come_as_normal_and_shear(tmp_path):
    with PaxiniEmulator(tmp_path / "ttyACM0") as emulator:
        values = np.stack([np.arange(120) - 60, 60 - np.arange(120), np.arange(120) + 100], 1)
        emulator.touch(1, values)
        spec = driver("paxini", driver="paxini", device=str(emulator.port), dead_taxels="tip:5", rate=50.0)
        with NodeProcesses([spec]) as processes, Listener("paxini") as listener:
            listener.check = processes.check
            array = listener.next_array(1)
            normal = grids(array)["tip"].ravel()
            assert np.isnan(normal[5])
            assert np.array_equal(np.delete(normal, 5), np.delete(values[:, 2], 5))
            listener.wait_for(lambda: listener.shear is not None, WAIT, "tactile_shear")
            assert np.array_equal(grids(listener.shear)["tip_x"].ravel(), values[:, 0])
            assert np.array_equal(grids(listener.shear)["tip_y"].ravel(), values[:, 1])
            emulator.unplug()
            listener.wait_told("connected", "no")
            emulator.touch(1, values + np.array([0, 0, 50]))
            plugged = time.time()
            emulator.plug()
            listener.wait_for(lambda: listener.since(plugged), WAIT, "tactile after plugging in")
            assert grids(listener.since(plugged)[0])["tip"][0, 0] == 150


def test_gen3_sensors_come_with_three_components_and_are_tared_in_all_of_them(tmp_path):
    with Gen3HandBoard(tmp_path / "ttyUSB0", {"Thumb-Tip": 51, "Palm-1": 9}) as board:
        values = np.stack([np.arange(51) - 25, 25 - np.arange(51), np.arange(51)], 1)
        board.touch("Thumb-Tip", values)
        spec = driver(
            "gen3",
            driver="paxini_gen3",
            device=str(board.port),
            gen3_pads="Thumb-Tip:thumb_tip:PXSR-STDDP03D, Palm-1:palm:9",
            dead_taxels="thumb_tip:5",
            rate=50.0,
            tare_frames=5,
        )
        with NodeProcesses([spec]) as processes, Listener("gen3") as listener:
            listener.check = processes.check
            tip, palm = listener.next_array(1).pads
            assert (tip.name, tip.rows, tip.cols, tip.components, palm.name) == (
                "thumb_tip",
                51,
                1,
                3,
                "palm",
            )
            read = np.array(tip.data).reshape(51, 3)
            assert np.isnan(read[5]).all()
            assert np.array_equal(np.delete(read, 5, 0), np.delete(values[:, [2, 0, 1]], 5, 0))
            listener.tare(WAIT)
            assert np.nanmax(np.abs(listener.next_array().pads[0].data)) == 0
            board.unplug()
            listener.wait_told("connected", "no")


def test_robotiq_fingertips_come_as_two_pads(tmp_path):
    with RobotiqEmulator(tmp_path / "ttyACM0") as emulator:
        emulator.touch(1, np.arange(28).reshape(7, 4))
        emulator.vibration[:] = (3, -4)
        spec = driver("tsf85", driver="robotiq_tsf85", device=str(emulator.port), rate=50.0)
        with NodeProcesses([spec]) as processes, Listener("tsf85") as listener:
            listener.check = processes.check
            pads = grids(listener.next_array(1))
            assert np.array_equal(pads["right_tip"], np.arange(28).reshape(7, 4))
            assert pads["left_tip"].max() == 0
            listener.wait_told("vibration", "3, -4")


def test_a_calibrated_gel_comes_as_taxels_beside_its_images(tmp_path):
    folder = tmp_path / "gel"
    GelEmulator(0.004).write(folder, 3)
    rest, presses = read_folder(folder)
    save(calibrate(rest, presses, 0.004, 0.018, TaxelGrid(8, 6, 0.003)), folder / "gel.npz")
    spec = driver(
        "gel",
        driver="optical_taxels",
        device=str(folder / "press.avi"),
        optical_calibration=str(folder / "gel.npz"),
        timeout=0.05,
        rate=30.0,
    )
    with NodeProcesses([spec]) as processes, Listener("gel") as listener:
        listener.check = processes.check
        deepest = (0, 0)

        def pressed() -> bool:
            nonlocal deepest
            shown = [np.array(message.pads[0].data).reshape(8, 6) for message in listener.arrays]
            if shown:
                grid = max(shown, key=np.max)
                deepest = np.unravel_index(np.argmax(grid), grid.shape)
            return bool(shown) and grid.max() > 0.4

        listener.wait_for(pressed, WAIT, "a press in the film")
        assert deepest == (4, 3), "the ball is 1 mm right of and 2 mm below the middle"
        assert listener.arrays[-1].pads[0].unit == 1
        listener.wait_for(lambda: len(listener.images) > 0, WAIT, "images")


def test_a_video_of_an_optical_fingertip_comes_as_images(tmp_path):
    import cv2

    file = tmp_path / "press.avi"
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter_fourcc(*"MJPG"), 30, (64, 48))
    for value in (20, 120, 220):
        writer.write(np.full((48, 64, 3), value, np.uint8))
    writer.release()
    spec = driver("optical", driver="optical", device=str(file), timeout=0.05, optical_frame="gel")
    with NodeProcesses([spec]) as processes, Listener("optical") as listener:
        listener.check = processes.check
        listener.wait_for(
            lambda: len(listener.images) >= 4, WAIT, "pictures, from the start again after the last"
        )
        image = listener.images[-1]
        assert (image.height, image.width, image.encoding, image.step) == (48, 64, "bgr8", 192)
        assert image.header.frame_id == "gel"
        assert len(image.data) == 48 * 192


def test_a_wrong_parameter_is_one_sentence_and_the_node_stays_up():
    spec = driver("wrong", driver="paxini", paxini_pads="one")
    with NodeProcesses([spec]) as processes, Listener("wrong") as listener:
        listener.check = processes.check
        listener.wait_told("last error", "paxini_pads")
        assert "Traceback" not in processes.log("driver")
