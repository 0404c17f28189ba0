"""Messages become the state that is shown, whole ones and damaged ones."""

from types import SimpleNamespace

import numpy as np
import pytest
from made import (
    HAND,
    START_NS,
    TYPES,
    Story,
    feedback,
    goal_id,
    header,
    joint_state,
    packed,
    pose,
    status,
    target,
)

from tacrefine.bags.schemas import CORRECTION, DIAGNOSTICS, FEEDBACK, JOINTS, STATUS, TACTILE, TARGET, WRIST
from tacrefine.geometry import from_coordinates, transform
from tacrefine.objects import load_objects
from tacrefine.supervision.phases import HandPhase
from tacrefine.touch.adapters import Adapter, AdapterDescription
from tacrefine.viewer.feed import Feed
from tacrefine.viewer.inputs import BAD, GOOD, WAITING, waiting_for
from tacrefine.viewer.live import take_arrivals
from tacrefine.viewer.topics import LOG, SENSORS


@pytest.fixture
def feed() -> Feed:
    return Feed(HAND, load_objects())


def moment(touch: float = 0.3) -> list:
    story = Story()
    story.tick(transform((0.4, 0.0, 0.3)), 0.7, touch)
    return story.messages


def correction(increment, deviation: float = 1e-3, target_id: str = "shown-1", contact: int = 2):
    moved = pose(increment)
    return TYPES["tacrefine/msg/PoseCorrection"](
        header(START_NS), 1, TYPES["geometry_msgs/msg/Transform"](moved.position, moved.orientation),
        np.full(6, deviation), np.ones(6, bool), contact, 1, target_id, "model",
    )  # fmt: skip


def phase(number: int, state: HandPhase, step: int, metres: float = np.nan, radians: float = np.nan):
    return SimpleNamespace(
        goal_id=goal_id(number),
        feedback=SimpleNamespace(
            state=int(state), step=step, degraded="", remaining_position_error=metres,
            remaining_rotation_error=radians, standard_deviation=np.full(6, 5e-4),
            touch_difference=0.0, differing_finger="",
        ),
    )  # fmt: skip


def test_touch_joints_and_wrist_are_shown_as_they_were_sent(feed: Feed) -> None:
    for topic, _, data in moment():
        feed.take_bytes(topic, data, 1.0)
    state = feed.state
    assert state.tactile is not None
    assert 0.1 < state.tactile.mean() < 0.5
    assert state.wrist is not None
    assert state.wrist[:3, 3].tolist() == [0.4, 0.0, 0.3]
    middle = HAND.open_positions + 0.7 * (HAND.closed_positions - HAND.open_positions)
    np.testing.assert_allclose(state.joints, HAND.joint_positions_at(middle), atol=1e-6)
    assert not any(entry.problem for entry in state.inputs.values())


def test_a_robot_with_topics_of_its_own_is_shown_through_its_adapter() -> None:
    description = AdapterDescription.model_validate(
        {
            "touch": [
                {
                    "topic": f"/skin/{pad.name}",
                    "type": "std_msgs/msg/Float32MultiArray",
                    "stamp": "received",
                    "unit": "normalized",
                    "pads": {pad.name: "data"},
                }
                for pad in HAND.pads
            ],
            "joints": [{"topic": "/hand/joints", "prefix": "rh_"}],
        }
    )
    feed = Feed(HAND, load_objects(), adapter=Adapter(description, HAND))
    topics = {topic.name: topic for topic in feed.sensors.topics}
    assert "tactile" not in topics
    assert "joint_states" not in topics
    assert WRIST in feed.sensors.topics
    entries = list(feed.state.inputs.values())
    waiting = waiting_for(entries, [], 1.0)
    assert waiting.startswith("Waiting for a stack")

    def come(now: float, touch: float) -> None:
        arrivals = []
        for pad in HAND.pads:
            layout = TYPES["std_msgs/msg/MultiArrayLayout"]([], 0)
            message = TYPES["std_msgs/msg/Float32MultiArray"](layout, np.full(pad.size, touch, np.float32))
            topic = topics[f"/skin/{pad.name}"]
            arrivals.append(SimpleNamespace(topic=topic, messages=[packed(topic, message)] * 5))
        joints = joint_state(HAND, HAND.joint_positions_at(HAND.closed_positions), START_NS)
        joints.name = [f"rh_{name}" for name in joints.name]
        topic = topics["/hand/joints"]
        arrivals.append(SimpleNamespace(topic=topic, messages=[packed(topic, joints)]))
        take_arrivals(feed, arrivals, now)

    for number in range(3):
        come(1.0 + 0.05 * number, 0.1 * number)
    state = feed.state
    assert waiting_for(entries, [], 1.1) == "Waiting for wrist_pose: no message has come yet."
    np.testing.assert_allclose(state.tactile, 0.2, atol=1e-6)
    np.testing.assert_allclose(state.joints, HAND.joint_positions_at(HAND.closed_positions), atol=1e-6)
    assert not any(entry.problem for entry in state.inputs.values())
    short = TYPES["std_msgs/msg/MultiArrayLayout"]([], 0)
    topic = topics["/skin/thumb_tip"]
    message = TYPES["std_msgs/msg/Float32MultiArray"](short, np.zeros(7, np.float32))
    feed.take_bytes(topic, packed(topic, message), 1.2)
    assert "7" in state.inputs[topic].health(1.2)[1]


def test_bytes_that_are_no_message_become_the_problem_of_their_topic_alone(feed: Feed) -> None:
    feed.count(TACTILE, 1.0, 1)
    feed.take_bytes(TACTILE, b"\x00\x01\x00\x00rubbish", 1.0)
    level, sentence = feed.state.inputs[TACTILE].health(1.0)
    assert level == BAD
    assert "cannot be decoded" in sentence
    for topic, _, data in moment():
        feed.take_bytes(topic, data, 1.1)
    assert feed.state.inputs[TACTILE].health(1.1)[0] == GOOD


def test_touch_of_another_hand_says_which_pad_is_wrong(feed: Feed) -> None:
    message = TYPES["tacrefine/msg/TactileArray"](header(START_NS), 1, [])
    feed.count(TACTILE, 1.0, 1)
    feed.take_bytes(TACTILE, packed(TACTILE, message), 1.0)
    assert "thumb_tip" in feed.state.inputs[TACTILE].health(1.0)[1]


def test_the_object_stays_where_touch_put_it_while_the_wrist_moves(feed: Feed) -> None:
    for topic, _, data in moment():
        feed.take_bytes(topic, data, 1.0)
    feed.take_bytes(TARGET, target("shown", "rod_8", transform(), START_NS)[2], 1.0)
    offset = (0.002, 0.0, -0.003, 0.0, 0.05, 0.0)
    step = HAND.wrist_from_centre * from_coordinates(offset) * HAND.centre_from_wrist
    feed.take(CORRECTION, correction(step), 1.0)
    state = feed.state
    before = state.object_pose
    assert before is not None
    there = transform((0.4, 0.0, 0.3)) * HAND.wrist_from_centre * from_coordinates(offset)
    np.testing.assert_allclose(before, there.as_matrix(), atol=1e-9)
    message = TYPES["geometry_msgs/msg/PoseStamped"](header(START_NS), pose(transform((0.5, 0.0, 0.3))))
    feed.take(WRIST, message, 1.1)
    np.testing.assert_array_equal(state.object_pose, before)
    assert state.object is not None
    assert state.object.name == "rod_8"


def test_corrections_for_another_target_or_without_contact_move_nothing(feed: Feed) -> None:
    feed.take_bytes(TARGET, target("shown", "rod_8", transform(), START_NS)[2], 1.0)
    feed.take(CORRECTION, correction(transform((0.01, 0, 0)), target_id="other-1"), 1.0)
    feed.take(CORRECTION, correction(transform((0.01, 0, 0)), contact=0), 1.0)
    feed.take(CORRECTION, correction(transform((0.01, 0, 0)), deviation=np.inf), 1.0)
    assert feed.state.estimate is None


def test_a_goal_is_told_phase_by_phase_with_the_error_of_each_step(feed: Feed) -> None:
    feed.take_bytes(TARGET, target("shown", "rod_8", transform(), START_NS)[2], 1.0)
    for step, error in ((0, 4e-3), (1, 5e-4)):
        for state in (HandPhase.CLOSING, HandPhase.SETTLING, HandPhase.SENSING):
            feed.take(FEEDBACK, phase(7, state, step), 1.0)
        increment = HAND.wrist_from_centre * transform((error, 0.0, 0.0)) * HAND.centre_from_wrist
        feed.take(CORRECTION, correction(increment), 1.0)
        feed.take(FEEDBACK, phase(7, HandPhase.DECIDING, step, error, 0.02), 1.0)
    goal = feed.state.goals.goal
    assert goal is not None
    assert goal.headline == "deciding"
    assert [(s.number, s.position_error) for s in goal.steps] == [(0, 4e-3), (1, 5e-4)]
    assert goal.steps[0].offset is not None
    np.testing.assert_allclose(goal.steps[0].offset, [4e-3, 0.0, 0.0], atol=1e-9)
    feed.take(
        LOG,
        SimpleNamespace(level=20, name="refine_server", msg="refine_grasp 'shown': done (code 0, holding)"),
        1.0,
    )
    feed.take_bytes(STATUS, status(7, 4, START_NS)[2], 1.0)
    assert (goal.headline, goal.text) == ("succeeded", "done (code 0, holding)")


def test_a_new_goal_begins_with_an_empty_plot(feed: Feed) -> None:
    feed.take(FEEDBACK, phase(1, HandPhase.DECIDING, 0, 1e-3, 0.1), 1.0)
    feed.take_bytes(FEEDBACK, feedback(2, START_NS)[2], 1.0)
    goal = feed.state.goals.goal
    assert goal is not None
    assert (goal.steps, goal.headline) == ([], "settling")


def test_rates_count_every_message_and_a_silent_sensor_is_told(feed: Feed) -> None:
    messages = [data for topic, _, data in moment() if topic is TACTILE]
    for number in range(60):
        arrived = SimpleNamespace(topic=TACTILE, messages=messages * 5)
        take_arrivals(feed, [arrived], 10.0 + 0.05 * number)
    entry = feed.state.inputs[TACTILE]
    assert entry.count == 300
    assert entry.rate(12.95) == pytest.approx(100.0, rel=0.05)
    assert entry.health(12.95)[0] == GOOD
    assert entry.health(16.0) == (BAD, "stopped 3 s ago")
    assert entry.rate(16.0) == 0.0


def test_what_the_page_waits_for_is_one_sentence(feed: Feed) -> None:
    entries = [feed.state.inputs[topic] for topic in SENSORS]
    assert waiting_for(entries, [], 1.0).startswith("Waiting for a stack: no node reports")
    feed.count(TACTILE, 1.0, 1)
    assert (
        waiting_for(entries, [], 1.0) == "Waiting for joint_states and wrist_pose: no message has come yet."
    )
    for topic in (JOINTS, WRIST):
        feed.count(topic, 1.0, 1)
    assert waiting_for(entries, [], 1.5) == ""
    assert "no message for more than 1 s" in waiting_for(entries, [], 9.0)


def test_a_node_that_reports_an_error_or_falls_silent_is_shown_so(feed: Feed) -> None:
    pairs = [SimpleNamespace(key="last error", value="no wrist pose")]
    report = SimpleNamespace(name="/refine_server", level=1, message="active", values=pairs)
    feed.take(DIAGNOSTICS, SimpleNamespace(status=[report]), 1.0)
    node = feed.state.nodes["/refine_server"]
    assert node.health(2.0) == (WAITING, "active: no wrist pose")
    assert node.health(20.0)[0] == BAD
