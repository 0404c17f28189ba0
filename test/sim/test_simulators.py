"""Both tactile models: they agree, they move as the pose moves, and batches do not depend on how they are cut."""

from __future__ import annotations

import dataclasses

import mujoco
import numba
import numpy as np
import pytest

from tacrefine.contact_model import CONTACT_MODEL
from tacrefine.geometry import error_between, from_coordinates, to_coordinates
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.plants import load_plant
from tacrefine.sim import ElasticSimulator, ElasticWorld, QuasistaticSimulator, make_simulator
from tacrefine.sim.hand_bodies import TAXEL_SOLIMP, TAXEL_SOLREF
from tacrefine.sim.quasistatic.taxels import hardening

HAND = load_hand()
OBJECTS = load_objects()
IDEAL = load_plant("ideal").sample(HAND, np.random.default_rng(0))
QUASISTATIC = QuasistaticSimulator(HAND)


@pytest.mark.parametrize("name", ["rod_10", "plate_6", "disk_90x8"])
def test_quasistatic_touch_equals_slowly_closed_elastic_touch(name: str) -> None:
    poses = OBJECTS[name].sample_poses(np.random.default_rng(5), 3)
    elastic = ElasticSimulator(HAND, OBJECTS[name], IDEAL).grasp(poses)
    quasistatic = QUASISTATIC.grasp(OBJECTS[name], poses, IDEAL)
    for a, b in zip(elastic.force, quasistatic.force, strict=True):
        assert np.corrcoef(a, b)[0, 1] > 0.97
    # A finger that grazes the rim is held by friction in MuJoCo; only fingers that press are compared.
    pressing = HAND.fingers_in_contact(elastic.force)
    closing = [HAND.joint_names.index(finger.closing_joint) for finger in HAND.fingers]
    difference = np.abs(elastic.joints - quasistatic.joints)[:, closing]
    assert difference[pressing].max() < np.deg2rad(0.05)
    assert quasistatic.force.sum() == pytest.approx(elastic.force.sum(), rel=0.03)


FELT = {
    "hardening": {
        "rod_10": [0.191, 0.194, 0.191, 0.192, 0.194],
        "plate_6": [0.220, 0.323, 0.220, 0.180, 0.165],
        "disk_90x8": [0.179, 0.0, 0.179, 0.152, 0.0],
    }
}
"""largest force of each finger, N, in one grasp of three objects, by contact model"""


@pytest.mark.parametrize("name", ["rod_10", "plate_6", "disk_90x8"])
def test_a_simulator_that_feels_otherwise_has_a_contact_model_of_another_name(name: str) -> None:
    force = QUASISTATIC.grasp(OBJECTS[name], np.array([[0, 0, 0.003, 0.05, 0, 0]]), IDEAL).force[0]
    largest = [float(force[part].max()) for part in HAND.finger_slices]
    assert CONTACT_MODEL in FELT, "write down here what is felt with the new contact model"
    assert largest == pytest.approx(FELT[CONTACT_MODEL][name], rel=0.01), "rename CONTACT_MODEL"


def test_a_contact_grows_stiffer_with_depth_as_in_mujoco() -> None:
    spec = mujoco.MjSpec()
    spec.option.gravity = [0, 0, 0]
    spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_BOX, size=[0.05, 0.05, 0.05], pos=[0, 0, -0.05])
    ball = spec.worldbody.add_body(pos=[0, 0, 0.00055])
    ball.add_joint(type=mujoco.mjtJoint.mjJNT_SLIDE, axis=[0, 0, 1], damping=[0.3, 0, 0])
    ball.add_geom(size=[0.00055, 0, 0], mass=1e-3, solref=TAXEL_SOLREF, solimp=TAXEL_SOLIMP)
    model = spec.compile()
    depth, stiffness = [], []
    for acceleration in (0.5, 20.0, 60.0, 150.0, 400.0):
        data = mujoco.MjData(model)
        data.qfrc_applied[0] = -1e-3 * acceleration
        mujoco.mj_step(model, data, 4000)
        depth.append(-data.qpos[0])
        stiffness.append(1e-3 * acceleration / depth[-1])
    assert depth[0] < 1e-5 < 8e-4 < depth[-1]
    ours = [hardening(np.float32(d)) / hardening(np.float32(depth[0])) for d in depth]
    assert ours == pytest.approx(np.array(stiffness) / stiffness[0], rel=0.04)


def test_a_nominal_grasp_is_valid_on_every_object() -> None:
    for obj in OBJECTS.values():
        assert QUASISTATIC.grasp(obj, np.zeros((1, 6)), IDEAL).valid.all(), obj.name


def test_a_hand_far_away_touches_nothing_and_closes_fully() -> None:
    far = QUASISTATIC.grasp(OBJECTS["rod_10"], np.array([[0, 0, 0.2, 0, 0, 0.0]]), IDEAL)
    assert far.force.max() == 0
    assert not far.valid.any()
    closed = HAND.joint_positions_at(HAND.closed_positions)
    assert np.allclose(far.joints[0], closed, atol=1e-4)


def test_raising_the_hand_moves_the_contact_towards_the_tip() -> None:
    rows = np.tile(np.repeat(np.arange(11), 9), 5)
    batch = QUASISTATIC.grasp(
        OBJECTS["rod_10"], np.array([[0, 0, z, 0, 0, 0] for z in (-0.004, 0.0, 0.004)]), IDEAL
    )
    centre = (batch.force * rows).sum(1) / batch.force.sum(1)
    assert centre[0] > centre[1] + 1
    assert centre[1] > centre[2] + 1


def test_the_drives_torque_balances_the_skin() -> None:
    strong = dataclasses.replace(IDEAL, closing_torque=1.5)
    weak, more = (
        QUASISTATIC.grasp(OBJECTS["rod_16"], np.zeros((1, 6)), d).force.sum() for d in (IDEAL, strong)
    )
    assert more == pytest.approx(1.5 * weak, rel=0.06)


def test_batches_give_the_same_grasps_however_they_are_split_or_threaded() -> None:
    obj = OBJECTS["plate_4"]
    poses = obj.sample_poses(np.random.default_rng(9), 40)
    whole = QUASISTATIC.grasp(obj, poses, IDEAL)
    parts = [QUASISTATIC.grasp(obj, part, IDEAL).force for part in np.array_split(poses, 7)]
    assert np.array_equal(whole.force, np.concatenate(parts))
    threads = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        assert np.array_equal(whole.force, QUASISTATIC.grasp(obj, poses, IDEAL).force)
    finally:
        numba.set_num_threads(threads)


def test_objects_and_robots_mix_in_one_batch() -> None:
    objects = [OBJECTS["rod_8"], OBJECTS["plate_3"], OBJECTS["disk_120x8"]]
    plant = load_plant("training")
    samples = [plant.sample(HAND, np.random.default_rng(i)) for i in range(3)]
    poses = np.stack([o.sample_poses(np.random.default_rng(4), 1)[0] for o in objects])
    mixed = QUASISTATIC.grasp(objects, poses, samples)
    for i in range(3):
        alone = QUASISTATIC.grasp(objects[i], poses[i], samples[i])
        assert np.array_equal(mixed.force[i], alone.force[0])


def test_force_varies_smoothly_with_the_pose() -> None:
    poses = np.zeros((60, 6))
    poses[:, 2] = np.linspace(-0.003, 0.003, 60)
    force = QUASISTATIC.grasp(OBJECTS["rod_13"], poses, IDEAL).force
    change = np.linalg.norm(np.diff(force, axis=0), axis=1) / np.linalg.norm(force[1:], axis=1)
    assert change.max() < 0.15


def test_the_elastic_world_opens_again_and_reports_its_wrist() -> None:
    world = ElasticWorld(HAND, OBJECTS["rod_10"], IDEAL)
    pose = np.array([0, 0, 0.001, 0.05, 0, 0])
    world.reset(from_coordinates(pose) * HAND.centre_from_wrist)
    world.close(1.0)
    assert world.taxel_force().sum() > 1.0
    distance, angle = error_between(world.wrist_pose() * HAND.wrist_from_centre, from_coordinates(pose))
    assert distance < 1e-9
    assert angle < 1e-7
    world.set_joint_targets(HAND.open_positions)
    world.step(600)
    assert world.taxel_force().sum() < 0.01


def test_a_plant_chooses_its_simulator() -> None:
    rng = np.random.default_rng(0)
    elastic = make_simulator(HAND, OBJECTS["rod_10"], load_plant("nominal_elastic").sample(HAND, rng))
    assert isinstance(elastic, ElasticSimulator)
    pose = np.zeros((1, 6))
    assert make_simulator(HAND, OBJECTS["rod_10"], IDEAL).grasp(pose).valid.all()


def test_pose_coordinates_survive_the_round_trip() -> None:
    x = np.random.default_rng(0).uniform(-0.3, 0.3, (20, 6))
    assert np.allclose(to_coordinates(from_coordinates(x)), x)
