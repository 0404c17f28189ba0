"""What is drawn: hands, objects, touch, errors and lists."""

import re

import numpy as np
import pytest
from made import HAND

from tacrefine.hands import Hand, load_hand
from tacrefine.hands.kinematics import link_poses, taxel_places
from tacrefine.objects import load_objects
from tacrefine.objects.grids import REACH
from tacrefine.viewer.board import Board
from tacrefine.viewer.chain import HandChain
from tacrefine.viewer.colours import DEAD, Scale, pressure_levels
from tacrefine.viewer.error_plot import error_plot
from tacrefine.viewer.feed import Feed
from tacrefine.viewer.goal import Step
from tacrefine.viewer.inputs import NodeReport
from tacrefine.viewer.poses import pose_matrix, quaternion
from tacrefine.viewer.solids import along, cylinder, object_mesh
from tacrefine.viewer.tables import headline, health


@pytest.fixture(
    params=["five_finger", "inspire_rh56dftp", "parallel_gel", "allegro_gen3", "robotiq_2f85_tsf85"]
)
def hand(request: pytest.FixtureRequest) -> Hand:
    return load_hand(request.param)


def fills(picture: str) -> set[str]:
    return set(re.findall(r'<path d="[^"]*" fill="(#[0-9a-f]{6})"', picture))


def test_links_and_taxels_are_where_the_hands_kinematics_say(hand: Hand) -> None:
    joints = hand.joint_positions_at(0.3 * hand.open_positions + 0.7 * hand.closed_positions)
    chain = HandChain(hand)
    links = chain.links(joints)
    for matrix, pose in zip(links[1:], list(link_poses(hand, joints).values())[1:], strict=True):
        np.testing.assert_allclose(matrix, pose.as_matrix(), atol=1e-9)
    np.testing.assert_allclose(chain.taxels(links), taxel_places(hand, joints), atol=1e-9)


def test_a_pose_and_its_quaternion_come_back_as_they_were() -> None:
    numbers = np.array([0.1, 0.2, 0.3, 0.5, -0.5, 0.5, 0.5])
    matrix = pose_matrix(numbers)
    np.testing.assert_allclose(matrix[:3, :3] @ matrix[:3, :3].T, np.eye(3), atol=1e-12)
    turned = quaternion(matrix)
    np.testing.assert_allclose(turned * np.sign(turned[0]), [0.5, 0.5, -0.5, 0.5], atol=1e-12)
    with pytest.raises(ValueError, match="no finite position"):
        pose_matrix(np.full(7, np.nan))


@pytest.mark.parametrize("objects", ["fifteen", "unseen_shapes"])
def test_every_object_is_drawn_as_large_as_it_is(objects: str) -> None:
    for name, item in load_objects(objects).items():
        corners, faces = object_mesh(item)
        assert faces.max() < len(corners), name
        low, high = np.array(item.shape.bounds)
        # Hollow solids have no parts beyond the hand's reach.
        low, high = np.maximum(low, -np.array(REACH)), np.minimum(high, REACH)
        assert (corners.min(0) <= low + 2e-3).all(), name
        assert (corners.max(0) >= high - 2e-3).all(), name
        assert (corners.min(0) >= np.array(item.shape.bounds[0]) - 2e-3).all(), name
        assert (corners.max(0) <= np.array(item.shape.bounds[1]) + 2e-3).all(), name


def test_bones_lie_along_their_lines() -> None:
    lines = np.array([[[0, 0, 0], [0, 0, 2.0]], [[1, 0, 0], [1, -3.0, 0]], [[0, 0, 1], [0, 0, -1.0]]])
    corners, _ = cylinder()
    from scipy.spatial.transform import Rotation

    positions, turns, scales = along(lines, 0.1)
    for line, position, turn, scale in zip(lines, positions, turns, scales, strict=True):
        drawn = Rotation.from_quat(turn, scalar_first=True).apply(corners * scale) + position
        ends = drawn[corners[:, 2] > 0.5].mean(0)
        np.testing.assert_allclose(ends, line[1], atol=1e-9)


def test_touch_is_drawn_beside_its_target_with_the_difference(hand: Hand) -> None:
    board = Board(hand)
    empty = board.draw(None, None, 1.0)
    assert empty is not None
    assert "no target yet" in empty
    zero = np.zeros(hand.taxel_count, np.float32)
    rest = board.draw(zero, zero, 1.0)
    assert rest is not None
    assert len(fills(rest)) == 2  # no pressure, and no difference
    assert rest.count("difference") == len(hand.fingers)
    pressed = zero.copy()
    pressed[hand.pad_slices[0].start] = 1.0
    assert board.draw(pressed, zero, 1.0) is not None
    assert board.draw(pressed, zero, 1.0) is None, "nothing has changed"
    dead = zero.copy()
    dead[0] = np.nan
    drawn = board.draw(dead, zero, 1.0)
    assert drawn is not None
    assert DEAD in fills(drawn)


def test_a_board_that_has_drawn_before_draws_what_a_new_one_does(hand: Hand) -> None:
    board = Board(hand)
    pressed, other = np.zeros((2, hand.taxel_count), np.float32)
    pressed[hand.pad_slices[0].start] = 0.09
    other[hand.pad_slices[-1].start] = 0.05
    for now, target, top in (
        (pressed, None, 0.1),
        (pressed, other, 0.1),  # the target alone is new, and with it the difference
        (other, other, 0.1),
        (other, pressed, 0.1),
        (other, pressed, 0.5),  # the colours end elsewhere
        (None, pressed, 0.5),
        (None, None, 0.5),
    ):
        assert board.draw(now, target, top) == Board(hand).draw(now, target, top)


def test_a_reading_slightly_below_zero_is_no_dead_taxel() -> None:
    assert pressure_levels(np.array([-0.04, np.nan, 0.0, 2.0]), 0.1).tolist() == [0, -1, 0, 23]


def test_colours_end_above_the_strongest_reading_and_do_not_flicker() -> None:
    scale = Scale(hold_s=10.0)
    assert scale.observe(0.3, 0.0) == 0.35
    assert scale.observe(0.02, 5.0) == 0.35
    assert scale.observe(0.02, 11.0) == 0.1
    assert scale.observe(5.0, 11.0) == 1.0


def test_the_error_plot_has_a_mark_for_each_step_and_an_ellipse_where_it_is_known() -> None:
    steps = [
        Step(0, 5e-3, 0.2, np.full(6, 1e-3), np.array([3e-3, 0.0, -4e-3])),
        Step(1, 1e-3, 0.05, np.full(6, 5e-4), None),
    ]
    picture = error_plot(steps)
    assert picture.count("<circle") == 4
    assert picture.count("<ellipse") == 2
    assert "1.00 ± 0.87" in picture
    assert "no estimate yet" in error_plot(())


def test_names_and_sentences_of_others_are_text_on_the_page() -> None:
    feed = Feed(HAND, load_objects())
    state = feed.state
    state.nodes["x"] = NodeReport("<script>alert(1)</script>", 2, '<img src="x" onerror="alert(1)">', 0.0)
    state.log.append("<b>loud</b>")
    page = headline(state, 0.0) + health(state, 0.0)
    assert "<script" not in page
    assert "<img" not in page
    assert "<b>loud" not in page
    assert "&lt;img" in page
