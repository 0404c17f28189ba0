"""Leaves of behaviour trees: against an action and a service that are nothing but futures, and once over DDS."""

from __future__ import annotations

from types import SimpleNamespace

import py_trees
import pytest
from py_trees.common import Access, Status
from rclpy.task import Future
from tacrefine.action import RefineGrasp, Regrasp
from tacrefine.srv import CaptureTarget, EstimateGrasp
from unique_identifier_msgs.msg import UUID

from tacrefine.nodes.planner import leaves
from tacrefine.nodes.planner.leaves import (
    CaptureTargetLeaf,
    EstimateGraspLeaf,
    Keys,
    RefineGraspLeaf,
    RegraspLeaf,
)

pytestmark = pytest.mark.ros


class Handle:
    def __init__(self, accepted: bool) -> None:
        self.accepted, self.canceled, self.goal_id = accepted, 0, UUID()
        self.result = Future()

    def get_result_async(self) -> Future:
        return self.result

    def cancel_goal_async(self) -> None:
        self.canceled += 1

    def end(self, result) -> None:
        self.result.set_result(SimpleNamespace(result=result))


class Server:
    """What an action client or a service client is to a leaf."""

    def __init__(self, *_) -> None:
        self.ready, self.sent, self.asked = True, [], Future()

    def server_is_ready(self) -> bool:
        return self.ready

    service_is_ready = server_is_ready

    def send_goal_async(self, goal, on_feedback) -> Future:
        self.sent.append(goal)
        self.on_feedback = on_feedback
        return self.asked

    def call_async(self, request) -> Future:
        self.sent.append(request)
        return self.asked

    def accept(self, accepted: bool = True) -> Handle:
        handle = Handle(accepted)
        self.asked.set_result(handle)
        return handle


class Timer:
    def __init__(self, callback) -> None:
        self.callback, self.running = callback, True

    def cancel(self) -> None:
        self.running = False

    def reset(self) -> None:
        self.running = True


class Node:
    def __init__(self) -> None:
        self.server, self.beats = Server(), []

    def create_publisher(self, *_):
        return SimpleNamespace(publish=self.beats.append)

    def create_timer(self, _period, callback) -> Timer:
        self.timer = Timer(callback)
        return self.timer

    def create_client(self, *_) -> Server:
        return self.server


@pytest.fixture
def node(monkeypatch) -> Node:
    made = Node()
    monkeypatch.setattr(leaves, "ActionClient", lambda *_: made.server)
    py_trees.blackboard.Blackboard.clear()
    return made


@pytest.fixture
def board():
    client = py_trees.blackboard.Client(name="test")
    for key in ("target", "strategy", "result", "other"):
        client.register_key(key, access=Access.WRITE)
    return client


def ticked(leaf) -> Status:
    leaf.tick_once()
    return leaf.status


def test_target_and_strategy_come_from_the_blackboard_and_the_result_goes_there(node, board):
    board.target, board.strategy = "plate", "compensate"
    leaf = RefineGraspLeaf("refine", node, max_steps=3)
    assert ticked(leaf) is Status.RUNNING
    assert node.server.sent == [RefineGrasp.Goal(target="plate", strategy="compensate", max_steps=3)]
    handle = node.server.accept()
    assert ticked(leaf) is Status.RUNNING
    handle.end(RefineGrasp.Result(error_code=0, message="it fits", steps=2))
    assert ticked(leaf) is Status.SUCCESS
    assert (board.result.steps, leaf.feedback_message) == (2, "it fits")


def test_what_a_leaf_is_told_counts_and_the_blackboard_is_not_asked(node, board):
    leaf = RefineGraspLeaf("refine", node, "cup", "in_place", keys=Keys(result="other"))
    ticked(leaf)
    assert (node.server.sent[0].target, node.server.sent[0].strategy) == ("cup", "in_place")
    node.server.accept().end(RefineGrasp.Result(error_code=0))
    ticked(leaf)
    assert board.other.error_code == 0


@pytest.mark.parametrize(
    ("code", "status"),
    [(0, Status.SUCCESS), (401, Status.SUCCESS), (207, Status.FAILURE), (110, Status.FAILURE)],
)
def test_a_leaf_succeeds_where_the_hand_holds_the_object(node, code, status):
    leaf = RefineGraspLeaf("refine", node, "cup", "")
    ticked(leaf)
    node.server.accept().end(RefineGrasp.Result(error_code=code, message="so it is"))
    assert ticked(leaf) is status
    assert leaf.feedback_message == "so it is"


def test_a_blackboard_without_the_target_fails_the_leaf_with_a_sentence(node):
    leaf = RefineGraspLeaf("refine", node)
    assert ticked(leaf) is Status.FAILURE
    assert "the blackboard lacks" in leaf.feedback_message
    assert node.server.sent == []


def test_a_rejected_goal_and_a_server_that_is_not_there_fail_the_leaf(node, monkeypatch):
    leaf = RefineGraspLeaf("refine", node, "cup", "")
    ticked(leaf)
    node.server.accept(accepted=False)
    assert ticked(leaf) is Status.FAILURE
    assert "rejected" in leaf.feedback_message
    node.server = Server()
    node.server.ready = False
    monkeypatch.setattr(leaves, "SERVER_TIMEOUT_S", -1.0)
    leaf = RegraspLeaf("regrasp", node)
    assert ticked(leaf) is Status.FAILURE
    assert "no server" in leaf.feedback_message


def test_an_interrupted_leaf_cancels_its_goal_and_its_heartbeat_stops(node):
    leaf = RefineGraspLeaf("refine", node, "cup", "")
    ticked(leaf)
    assert not node.timer.running
    handle = node.server.accept()
    ticked(leaf)
    node.timer.callback()
    assert node.timer.running
    assert node.beats == [handle.goal_id]
    leaf.stop(Status.INVALID)
    assert handle.canceled == 1
    assert not node.timer.running


def test_a_leaf_that_is_interrupted_before_its_goal_is_accepted_cancels_it_then(node):
    leaf = RefineGraspLeaf("refine", node, "cup", "")
    ticked(leaf)
    leaf.stop(Status.INVALID)
    handle = node.server.accept()
    node.server.asked._schedule_or_invoke_done_callbacks()
    assert handle.canceled == 1


def test_regrasp_succeeds_only_where_the_object_is_lifted(node):
    for code, status in ((0, Status.SUCCESS), (404, Status.FAILURE)):
        node.server = Server()
        leaf = RegraspLeaf("regrasp", node, objective="min_force")
        ticked(leaf)
        assert node.server.sent == [Regrasp.Goal(objective="min_force")]
        node.server.accept().end(Regrasp.Result(error_code=code))
        assert ticked(leaf) is status


def test_services_are_leaves_too(node, board):
    board.target = "plate"
    leaf = EstimateGraspLeaf("feel", node)
    assert ticked(leaf) is Status.RUNNING
    assert node.server.sent == [EstimateGrasp.Request(target="plate")]
    node.server.asked.set_result(EstimateGrasp.Response(success=False, message="the hand is open"))
    assert ticked(leaf) is Status.FAILURE
    assert leaf.feedback_message == "the hand is open"
    node.server = Server()
    leaf = CaptureTargetLeaf("capture", node, "plate_8", overwrite=True)
    ticked(leaf)
    assert node.server.sent == [CaptureTarget.Request(name="plate", object="plate_8", overwrite=True)]
    node.server.asked.set_result(CaptureTarget.Response(success=True))
    assert ticked(leaf) is Status.SUCCESS
    assert board.result.success


def test_a_leaf_refines_over_dds_and_an_interrupted_one_is_canceled(robot):
    def run(leaf, until) -> None:
        def step() -> bool:
            leaf.tick_once()
            return until()

        robot.wait_for(step, 60.0, "the leaf")

    robot.disturb()
    leaf = RefineGraspLeaf("refine", robot.node, "shown", "")
    run(leaf, lambda: leaf.status is not Status.RUNNING)
    assert leaf.status is Status.SUCCESS, leaf.feedback_message
    assert robot.is_closed
    robot.disturb((0.03, 0, 0.01, 0, 0, 0))
    run(leaf, lambda: leaf.state_name == "moving")
    leaf.stop(Status.INVALID)
    robot.wait_for(lambda: robot.is_open, 30.0, "the hand of a canceled goal to open")
    leaf.shutdown()
