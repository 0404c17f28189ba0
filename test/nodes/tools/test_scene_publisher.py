"""What others see: TF, robot description and markers while a real refine server refines, over DDS."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from fake_robot import FakeRobot, server_spec, show, wait_matched
from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage
from visualization_msgs.msg import Marker, MarkerArray

from tacrefine.bringup.description import NodeSpec
from tacrefine.bringup.processes import NodeProcesses
from tacrefine.frame_tree import FrameTree
from tacrefine.geometry import error_between
from tacrefine.hands.kinematics import link_poses
from tacrefine.nodes.core.convert import from_pose, from_transform
from tacrefine.nodes.core.qos import LATCHED, RELIABLE
from tacrefine.nodes.tools.scene_markers import COLOURS
from tacrefine.scene.looks import LEVELS

pytestmark = pytest.mark.ros
PREFIX = "left/"


class Viewer:
    """Listens as RViz would."""

    def __init__(self, node) -> None:
        self.tree, self.fixed, self.description = FrameTree(), set(), ""
        self.markers: dict[tuple[str, int], Marker] = {}
        self.estimates: list[PoseWithCovarianceStamped] = []
        self.ahead: list[PoseStamped] = []
        self.ghosts = 0
        node.create_subscription(TFMessage, "/tf", self._on_tf, 100)
        node.create_subscription(TFMessage, "/tf_static", self._on_static, LATCHED)
        node.create_subscription(String, "robot_description", self._on_description, LATCHED)
        node.create_subscription(MarkerArray, "markers", self._on_markers, RELIABLE)
        node.create_subscription(PoseWithCovarianceStamped, "grasp_estimate", self.estimates.append, RELIABLE)
        node.create_subscription(PoseStamped, "next_wrist_pose", self.ahead.append, RELIABLE)

    def pose(self, base: str, tip: str):
        return self.tree.pose(base, tip)

    def _on_tf(self, message) -> None:
        for item in message.transforms:
            self.tree.observe(item.header.frame_id, item.child_frame_id, from_transform(item.transform))

    def _on_static(self, message) -> None:
        self.fixed |= {item.child_frame_id for item in message.transforms}
        self._on_tf(message)

    def _on_description(self, message) -> None:
        self.description = message.data

    def _on_markers(self, message) -> None:
        for marker in message.markers:
            if marker.action == Marker.DELETE:
                self.markers.pop((marker.ns, marker.id), None)
            else:
                self.markers[marker.ns, marker.id] = marker
                self.ghosts += marker.ns == "next_pose"


def listens_to_the_server(robot) -> bool:
    """Whether the scene publisher is in the graph with what it hears of the server, so that no estimate is missed."""
    found = robot.node.get_subscriptions_info_by_topic("grasp_estimate")
    return any(end.node_name == "scene_publisher" for end in found) and bool(
        robot.node.count_publishers("grasp_estimate")
    )


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """A robot that has refined a grasp once, and what a viewer saw."""
    nodes = [
        server_spec(tmp_path_factory.mktemp("targets")),
        NodeSpec("scene_publisher", "", {"tf_prefix": PREFIX, "rate": 50.0}),
    ]
    with NodeProcesses(nodes) as processes, FakeRobot() as robot:
        robot.processes, robot.check = processes, processes.check
        robot.wait_ready(90.0, simulation=False)
        wait_matched(robot)
        viewer = Viewer(robot.node)
        robot.actuated = dict(zip(robot.hand.actuated_joints, robot.hand.closed_positions, strict=True))
        assert show(robot, "shown").success
        robot.wait_for(lambda: ("touch", 0) in viewer.markers, 30.0, "markers")
        robot.wait_for(
            lambda: listens_to_the_server(robot), 30.0, "the scene publisher to listen to the server"
        )
        robot.disturb()
        _, result = robot.send("shown").result()
        assert result.error_code == 0, result.message
        robot.wait_for(lambda: ("covariance", 0) in viewer.markers, 30.0, "the ellipsoid")
        robot.wait_for(lambda: viewer.pose("base", f"{PREFIX}object_in_hand") is not None, 30.0, "the object")
        robot.wait_for(lambda: ("next_pose", 0) not in viewer.markers, 30.0, "the ghost to go")
        yield robot, viewer


def test_every_pad_has_a_frame_where_the_hand_has_it(seen):
    robot, viewer = seen
    hand = robot.hand
    wrist = f"{PREFIX}{hand.wrist_frame}"
    joints = hand.joint_positions_at(hand.closed_positions)
    links = link_poses(hand, joints)

    def stands(pad):
        metres, radians = error_between(
            viewer.pose(wrist, f"{PREFIX}{pad.frame_id}"), links[pad.joint] * pad.pose_in_link
        )
        return metres < 1e-6 and radians < 1e-6

    robot.wait_for(lambda: all(map(stands, hand.pads)), 10.0, "the pads of the closed hand")
    assert {f"{PREFIX}{pad.frame_id}" for pad in hand.pads} | {f"{PREFIX}grasp_centre"} == viewer.fixed


def test_the_wrist_hangs_in_the_frame_of_its_pose_and_the_estimates_in_both(seen):
    robot, viewer = seen
    wrist = f"{PREFIX}{robot.hand.wrist_frame}"
    robot.wait_for(
        lambda: error_between(viewer.pose("base", wrist), robot.wrist)[0] < 1e-9, 10.0, "the wrist"
    )
    right = robot.right * robot.hand.wrist_from_centre
    assert error_between(viewer.pose("base", f"{PREFIX}grasp_target"), right)[0] < 2e-3
    held = viewer.pose(wrist, f"{PREFIX}object_in_hand")
    assert error_between(robot.wrist * held, right)[0] < 2e-3


def test_the_server_tells_what_it_believes_and_where_it_goes_next(seen):
    robot, viewer = seen
    assert len(viewer.ahead) == 1
    assert len(viewer.estimates) == 2
    assert error_between(from_pose(viewer.ahead[0].pose), robot.right)[0] < 2e-3
    estimate = viewer.estimates[0]
    assert estimate.header.frame_id == "base"
    matrix = np.reshape(estimate.pose.covariance, (6, 6))
    assert np.allclose(matrix, matrix.T)
    assert 0.0 < matrix[0, 0] < 1e-6


def test_the_description_is_that_of_the_hand(seen):
    robot, viewer = seen
    tree = ElementTree.fromstring(viewer.description)
    links = {link.get("name") for link in tree.findall("link")}
    assert {f"{PREFIX}{pad.frame_id}" for pad in robot.hand.pads} <= links


def test_markers_show_every_taxel_the_target_and_the_ellipsoid(seen):
    robot, viewer = seen
    pads = [viewer.markers["touch", number] for number in range(len(robot.hand.pads))]
    for marker, pad in zip(pads, robot.hand.pads, strict=True):
        assert marker.header.frame_id == f"{PREFIX}{pad.frame_id}"
        places = [(point.x, point.y, point.z) for point in marker.points]
        assert np.allclose(places, pad.points)
        assert len(marker.colors) == pad.size
    felt = 0.3 / 0.5 * (LEVELS - 1)  # the closed hand feels 0.3, colours end at 0.5
    palette = np.array([(colour.r, colour.g, colour.b) for colour in COLOURS])
    shown = np.array([(colour.r, colour.g, colour.b) for colour in pads[0].colors])
    steps = np.abs(shown[:, None] - palette).sum(axis=2).argmin(axis=1)
    assert min(steps) == pytest.approx(felt, abs=2)
    target = viewer.markers["target_touch", 0]
    assert len(target.points) == robot.hand.taxel_count
    assert "shown" in viewer.markers["target_touch", 1].text
    ellipsoid = viewer.markers["covariance", 0]
    assert ellipsoid.header.frame_id == "base"
    assert min(ellipsoid.scale.x, ellipsoid.scale.y, ellipsoid.scale.z) > 0.0
    assert viewer.ghosts >= 1
