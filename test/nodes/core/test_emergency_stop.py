"""Emergency stop and force ceiling on the wire: the refine server in its own process, a fake robot around it."""

from __future__ import annotations

import pytest
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from tacrefine.geometry import error_between
from tacrefine.nodes.core.qos import RELIABLE, SENSOR
from tacrefine.supervision.errors import all_errors

pytestmark = pytest.mark.ros
CODES = {name: error.code for name, error in all_errors().items()}


def begin(robot, until: str):
    states: list[str] = []
    run = robot.send("shown", lambda feedback: states.append(feedback.state_name))
    robot.wait_for(lambda: until in states or run.is_done, 30.0, f"state {until}")
    assert not run.is_done, run.result()
    return run


class Button:
    """The emergency stop as a person would use it."""

    def __init__(self, robot, qos) -> None:
        self._robot = robot
        self._publisher = robot.node.create_publisher(Bool, "estop", qos)
        self._reset = robot.node.create_client(Trigger, "estop_reset")
        # The server listens twice, once for each kind of writer; a best-effort one matches only one of them.
        readers = 2 if qos is RELIABLE else 1
        robot.wait_for(
            lambda: self._publisher.get_subscription_count() >= readers, 30.0, "the server on estop"
        )
        robot.wait_for(self._reset.service_is_ready, 30.0, "estop_reset")

    def press(self, pressed: bool) -> None:
        self._publisher.publish(Bool(data=pressed))

    def reset(self):
        return self._robot.answer(self._reset.call_async(Trigger.Request()), 30.0, "estop_reset")

    def release(self) -> None:
        """Release, and reset as soon as the server has received it."""
        self.press(False)
        self._robot.wait_for(lambda: self.reset_again(), 30.0, "the reset")

    def reset_again(self) -> bool:
        self.press(False)
        return self.reset().success

    def close(self) -> None:
        self._robot.node.destroy_publisher(self._publisher)
        self._robot.node.destroy_client(self._reset)


@pytest.fixture(params=[RELIABLE, SENSOR], ids=["reliable", "best effort"])
def button(robot, request):
    button = Button(robot, request.param)
    yield button
    button.release()
    button.close()


def test_the_emergency_stop_ends_a_goal_latches_and_lets_go_only_after_release_and_reset(robot, button):
    robot.disturb((0.03, 0, 0.01, 0, 0, 0))
    run = begin(robot, "moving")
    button.press(True)
    _, result = run.result()
    assert (result.error_code, result.safe_state) == (CODES["EMERGENCY_STOP"], "stopped"), result.message
    robot.wait_for(
        lambda: robot.arm_commands and error_between(robot.arm_commands[-1], robot.wrist)[0] < 1e-6,
        30.0,
        "the arm to stand still",
    )
    assert error_between(robot.wrist, robot.right)[0] > 5e-3
    for _ in range(2):  # what was still on its way has arrived when another goal has come and gone
        commands = (len(robot.arm_commands), len(robot.hand_commands))
        _, result = robot.send("shown").result()
        assert (result.error_code, result.safe_state) == (CODES["EMERGENCY_STOP"], "untouched")
    refused = button.reset()
    assert not refused.success
    assert "still pressed" in refused.message
    assert (len(robot.arm_commands), len(robot.hand_commands)) == commands
    button.release()
    robot.disturb((0.003, 0, 0.004, 0, 0.05, 0))
    _, result = robot.send("shown").result()
    assert result.error_code == 0, result.message


def test_a_pad_that_is_pressed_too_hard_ends_the_goal_with_the_hand_open(robot):
    run = begin(robot, "closing")
    robot.spoil_tactile = lambda values: values * 0.0 + 0.9
    _, result = run.result()
    assert (result.error_code, result.safe_state) == (CODES["FORCE_EXCEEDED"], "open"), result.message
    assert "max_pad_force" in result.message
    robot.wait_for(lambda: robot.is_open, 30.0, "the open hand")
