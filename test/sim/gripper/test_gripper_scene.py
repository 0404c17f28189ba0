"""The simulated gripper: what holds, what slips, and that touch tells which."""

import numpy as np
import pytest

from tacrefine.data.regrasp.trials import held_for
from tacrefine.errors import SimulationError
from tacrefine.gripper import Action, GripperPose, wrap_yaw
from tacrefine.objects.free_objects import Part, RegraspObject
from tacrefine.regrasp.actions import ActionBox, Workspace, load_action_box
from tacrefine.sim.gripper.scene import GripperScene

BAR = Part(kind="box", size=(0.075, 0.018, 0.022))


def bar(mass: float = 0.4, friction: float = 0.45) -> RegraspObject:
    return RegraspObject(name="bar", mass=mass, friction=friction, parts=(BAR,))


def grasped(obj: RegraspObject, force: float, along: float = 0.0, height: float = 0.024) -> GripperScene:
    """Closed on an object in the middle of the table, `along` m from its middle."""
    scene = GripperScene(obj)
    scene.place(0.0, 0.0, 0.0)
    scene.approach(GripperPose(along, 0.0, height, 0.0))
    scene.close(force)
    return scene


def lifted(scene: GripperScene) -> bool:
    """Whether touch says that it is held; the forces, which no sensor tells, must agree."""
    scene.lift()
    felt = held_for(scene, 4.0)
    assert felt == bool(scene.pad_forces.min() > 0.1)
    return felt


def turned_over(scene: GripperScene) -> float:
    """Angle (rad) between the object's x axis and the table."""
    return float(abs(np.arcsin(scene.data.body("object").xmat[6])))


def test_a_can_is_held_across_its_middle_and_squeezed_out_beside_it() -> None:
    can = RegraspObject(
        name="can", mass=0.25, friction=0.45, parts=(Part(kind="cylinder", size=(0.03, 0.045)),)
    )
    assert lifted(grasped(can, 12.0, height=0.04))
    assert not lifted(grasped(can, 12.0, along=0.022, height=0.04))


def test_a_bar_stays_level_by_its_middle_and_tips_over_by_its_end() -> None:
    middle, end = grasped(bar(), 8.0), grasped(bar(), 8.0, along=0.06)
    assert lifted(middle)
    assert turned_over(middle) < 0.15
    lifted(end)
    assert turned_over(end) > 0.8


def test_a_heavy_slippery_bar_needs_force() -> None:
    heavy = bar(mass=0.5, friction=0.3)
    assert not lifted(grasped(heavy, 4.0))
    assert lifted(grasped(heavy, 20.0))


@pytest.mark.parametrize(("force", "comes_along"), [(20.0, True), (0.5, False)])
def test_the_camera_tells_what_hangs_in_the_raised_gripper_from_what_stayed_on_the_table(
    force: float, comes_along: bool
) -> None:
    scene = grasped(bar(), force)
    scene.move_to(scene.pose._replace(z=scene.pose.z + 0.05))
    assert scene.left_behind(0.05) is not comes_along


def test_a_ball_gripped_above_its_middle_slips_out() -> None:
    ball = RegraspObject(name="ball", mass=0.2, friction=0.4, parts=(Part(kind="sphere", size=(0.03,)),))
    assert lifted(grasped(ball, 12.0, height=0.03))
    assert not lifted(grasped(ball, 12.0, height=0.055))


@pytest.mark.parametrize("force", [4.0, 20.0])
def test_pads_press_with_the_force_that_was_asked_for(force: float) -> None:
    scene = grasped(bar(), force)
    assert scene.pad_forces == pytest.approx(force, rel=0.15)
    assert scene.holds()


def test_closing_on_nothing_feels_nothing() -> None:
    scene = grasped(bar(), 10.0, height=0.12)
    assert scene.width < 0.001
    assert not scene.holds()


def test_lowering_leads_back_to_where_the_lift_began() -> None:
    scene = grasped(bar(), 10.0)
    before = scene.object_position
    scene.lift()
    scene.lower()
    assert scene.object_position == pytest.approx(before, abs=0.004)
    scene.open()
    assert scene.width > 0.09
    scene.place(0.0, 0.0, 0.0)
    scene.reset(np.random.default_rng(0))
    with pytest.raises(SimulationError, match="nothing was lifted"):
        scene.lower()


def test_the_state_tells_pose_force_and_what_was_before_closing() -> None:
    scene = GripperScene(bar())
    scene.reset(np.random.default_rng(4))
    opened = scene.state()
    assert opened.force == 0.0
    assert np.array_equal(opened.camera, opened.camera_rest)
    scene.place(0.0, 0.0, 0.0)
    scene.approach(GripperPose(0.01, 0.002, 0.03, 0.1))
    scene.close(7.0)
    closed = scene.state()
    assert closed.force == 7.0
    assert closed.pose == pytest.approx((0.01, 0.002, 0.03, 0.1), abs=0.02)
    assert not np.array_equal(closed.camera, closed.camera_rest)


def test_the_same_seed_gives_the_same_scene_whatever_was_done_before() -> None:
    used = GripperScene(bar())
    used.reset(np.random.default_rng(1))
    used.approach(GripperPose(0.0, 0.0, 0.03, 0.2))
    used.close(9.0)
    states = []
    for scene in (used, GripperScene(bar())):
        scene.reset(np.random.default_rng(2))
        scene.approach(GripperPose(0.01, 0.0, 0.03, 0.1))
        scene.close(6.0)
        states.append(scene.state())
    first, second = states
    assert np.array_equal(first.tactile, second.tactile)
    assert np.array_equal(first.camera, second.camera)
    assert np.array_equal(first.pose, second.pose)


def test_an_action_moves_in_the_frame_of_the_gripper() -> None:
    pose = GripperPose(0.1, 0.0, 0.05, np.pi / 4)
    there = pose.moved(Action(0.02, 0.0, -0.01, np.pi / 2, 5.0))
    assert there[:3] == pytest.approx((0.1 + 0.02 * np.sqrt(0.5), 0.02 * np.sqrt(0.5), 0.04))
    assert there.yaw == pytest.approx(-np.pi / 4)  # half a turn is the same grasp
    back = pose.action_to(there, 5.0)
    assert back[:3] == pytest.approx((0.02, 0.0, -0.01))
    assert abs(wrap_yaw(back.dyaw - np.pi / 2)) == pytest.approx(0.0, abs=1e-9)


def test_random_actions_stay_in_the_box_and_above_the_table() -> None:
    box, pose = load_action_box(), GripperPose(0.0, 0.0, 0.02, 0.0)
    actions = box.sample(np.random.default_rng(0), 2000, pose)
    low, high = box.bounds
    assert (actions >= low - 1e-6).all()
    assert (actions <= high + 1e-6).all()
    assert (actions[:, 2] + pose.z).min() >= box.workspace.z[0] - 1e-6
    assert all(box.allows(pose, Action.from_array(action)) for action in actions[:50])
    narrow = ActionBox(workspace=Workspace(x=(-0.001, 0.001)))
    assert not narrow.allows(pose, Action(0.01, 0.0, 0.0, 0.0, 5.0))
    assert not box.allows(pose, Action(0.0, 0.0, 0.0, 0.0, 99.0))


def test_force_only_actions_sweep_the_forces_in_place() -> None:
    actions = ActionBox().sample_force(np.random.default_rng(0), 100)
    assert not actions[:, :4].any()
    assert (np.diff(actions[:, 4]) > 0).all()
    assert (actions[0, 4], actions[-1, 4]) == pytest.approx(ActionBox().force)
