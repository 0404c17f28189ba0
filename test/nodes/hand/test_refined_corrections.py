"""Bridge and policy node with model-based refinement: refined corrections come where the plant is as assumed."""

from __future__ import annotations

import numpy as np
import pytest
from tacrefine.msg import GraspTarget, PoseCorrection

from tacrefine.bringup.arguments import Arguments
from tacrefine.bringup.description import describe
from tacrefine.bringup.processes import NodeProcesses
from tacrefine.geometry import error_between, from_coordinates
from tacrefine.hands import load_hand
from tacrefine.nodes.core.convert import from_transform, to_seconds
from tacrefine.nodes.core.qos import LATCHED, RELIABLE, SENSOR
from tacrefine.nodes.tools.client import StackClient

pytestmark = pytest.mark.ros

HAND = load_hand()
TARGET, START = np.array([[0, 0, 0.001, 0.02, 0.03, 0], [0, 0, -0.003, -0.1, 0.12, 0]], float)
BUDGET_S = 120.0


@pytest.fixture(scope="module")
def robot():
    """The simulated robot with nominal mechanics, refined with those; holds what the topics carry."""
    from sensor_msgs.msg import JointState

    arguments = Arguments(object="plate_6", model_based="nominal", log_level="warn")
    nodes = [spec for spec in describe(arguments) if spec.executable != "refine_server"]
    with NodeProcesses(nodes) as processes, StackClient() as client:
        client.check, client.corrections, client.joints = processes.check, [], []
        client.node.create_subscription(PoseCorrection, "correction", client.corrections.append, RELIABLE)
        client.node.create_subscription(JointState, "joint_states", client.joints.append, SENSOR)
        client.targets = client.node.create_publisher(GraspTarget, "grasp_target", LATCHED)
        client.wait_for(lambda: client.truth is not None and bool(client.joints), BUDGET_S, "the bridge")
        yield client
        print(processes.log("policy"))


def hold(robot, plant: str, name: str) -> None:
    """Show the target grasp on a plant, then hold the start grasp."""
    robot.reset(TARGET, plant=plant, close=True, seed=4)
    shown = GraspTarget(id=name, name=name, object="plate_6", hand=HAND.name, frames=1)
    shown.observable_axes = [False, False, True, True, True, False]
    shown.tactile = robot.fresh_tactile()
    shown.joint_state = robot.joints[-1]
    robot.reset(START, plant=plant, close=True, seed=4)
    robot.corrections.clear()
    robot.targets.publish(shown)


def of_target(robot, name: str, refined: bool) -> list[PoseCorrection]:
    return [c for c in list(robot.corrections) if c.target_id == name and (c.frames > 1) == refined]


def errors(robot, corrections: list[PoseCorrection]) -> np.ndarray:
    """Degrees by which each correction misses the target."""
    here = from_coordinates(robot.fresh_truth()) * HAND.centre_from_wrist
    ends = [here * from_transform(c.increment) * HAND.wrist_from_centre for c in corrections]
    return np.degrees([error_between(end, from_coordinates(TARGET))[1] for end in ends])


def test_refined_corrections_follow_and_are_nearer_to_the_truth_than_the_networks(robot):
    hold(robot, "nominal_elastic", "as-assumed")
    robot.wait_for(lambda: len(of_target(robot, "as-assumed", True)) >= 9, BUDGET_S, "refined corrections")
    refined, single = (of_target(robot, "as-assumed", which) for which in (True, False))
    assert np.median(errors(robot, refined)) < np.median(errors(robot, single))
    assert np.median(errors(robot, refined)) < 1.0
    for axis in (2, 3, 4):
        deviation = [np.median([c.standard_deviation[axis] for c in which]) for which in (single, refined)]
        assert 0.0 < deviation[1] < deviation[0]
    stamps = [to_seconds(c.header.stamp) for c in single]  # a busy listener may have missed some
    assert all(min(stamps) <= to_seconds(c.header.stamp) <= max(stamps) for c in refined[1:])
    assert all(c.contact_state == PoseCorrection.CONTACT_GOOD and c.model_id for c in refined)
    assert all(list(c.observable_axes) == [False, False, True, True, True, False] for c in refined)


def test_on_another_plant_than_assumed_the_network_keeps_its_say(robot):
    """A refined correction rests on the mean of a grasp then, and claims no more than averaged readings may."""
    hold(robot, "hard_elastic", "another")

    def judged() -> int:
        return int(
            robot.diagnostics.get("/tacrefine_policy", {}).get("model-based improved", "0 of 0").split()[-1]
        )

    before = judged()
    robot.wait_for(lambda: judged() >= before + 3, BUDGET_S, "fits that are judged")
    single, refined = (of_target(robot, "another", which) for which in (False, True))
    assert len(single) >= 5
    for axis in (2, 3, 4):
        told = np.median([c.standard_deviation[axis] for c in single])
        assert all(c.standard_deviation[axis] > 0.2 * told for c in refined)
    assert float(robot.diagnostics["/tacrefine_policy"]["model-based misfit"]) > 1.3
