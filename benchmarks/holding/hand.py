"""A hand with taxels closes on an object in a nest; then friction alone holds it."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import mujoco
import numpy as np
from numpy.typing import NDArray

from holding.judging import can_bear, record_of
from tacrefine.geometry import error_between, from_coordinates
from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.plants import load_plant
from tacrefine.sim.elastic import ElasticWorld
from tacrefine.sim.scene import GRAVITY
from tacrefine.sim.world.bodies import WORKPIECE
from tacrefine.sim.world.cell import Body, Cell, Fixture

RELAXING_S = 1.0


class Case(NamedTuple):
    """What is held: object, mass (kg), friction, and how far aside (m, along y) its centre of mass is."""

    object: str
    mass: float
    friction: float
    aside: float


class Contacts(NamedTuple):
    """Contacts of the fingers with the object: N points (m), normals into the object, normal forces (N)."""

    points: NDArray[np.float64]
    normals: NDArray[np.float64]
    forces: NDArray[np.float64]
    bodies: list[int]


def hold_with_hand(hand: Hand, obj: GraspObject, plant: str, case: Case, seconds: float) -> dict[str, Any]:
    """One case as a record."""
    low, high = np.array(obj.shape.bounds)
    middle = (low + high) / 2 + [0.0, case.aside, 0.0]
    body = Body(mass=case.mass, centre_of_mass=tuple(float(v) for v in middle))
    cell = Cell(name="hold", body=body, fixture=Fixture())
    sample = dataclasses.replace(load_plant(plant).typical(hand), friction=case.friction)
    world = ElasticWorld(hand, obj, sample, cell)
    world.reset(from_coordinates(np.zeros(6)) * hand.centre_from_wrist)
    world.close(hand.closing_time)
    law = judged(world, hand, case, middle)
    assert world.workpiece is not None
    world.workpiece.release()
    begin = world.workpiece.pose()
    run(world, RELAXING_S)
    rest = world.workpiece.pose()
    first = error_between(begin, rest)
    lost = float(first[0]) > 0.05
    if not lost:
        run(world, seconds)
    creep = error_between(rest, world.workpiece.pose())
    mm, deg = 1e3, np.degrees(1.0)
    return record_of(
        {"by": hand.name, **case._asdict()},
        law,
        float(first[0]) * mm,
        float(first[1]) * deg,
        float(creep[0]) * mm,
        float(creep[1]) * deg,
    )


def run(world: ElasticWorld, seconds: float) -> None:
    """Let time pass."""
    for _ in range(round(seconds / world.timestep / 5)):
        world.step(5)


def judged(world: ElasticWorld, hand: Hand, case: Case, middle: NDArray[np.float64]) -> str:
    """`yes`, `no` or `open`."""
    found = contacts(world)
    if not len(found.points):
        return "no"
    weight = np.array([0.0, 0.0, -case.mass * GRAVITY])
    wrench = np.concatenate([weight, np.cross(middle, weight)])
    cone = (found.points, found.normals)
    if can_bear(*cone, found.forces, case.friction, wrench):
        return "yes"
    if can_bear(
        *cone, np.full(len(found.points), 1e3), case.friction, wrench, True, rated(world, hand, found)
    ):
        return "open"
    return "no"


def contacts(world: ElasticWorld) -> Contacts:
    """What the fingers do to the object now; the weakest contacts are left out."""
    model, data, wrench = world.model, world.data, np.zeros(6)
    piece = model.body(WORKPIECE).id
    points, normals, forces, bodies = [], [], [], []
    for i in range(data.ncon):
        pair = [int(model.geom_bodyid[g]) for g in data.contact[i].geom]
        if piece not in pair or min(pair) == 0:
            continue
        mujoco.mj_contactForce(model, data, i, wrench)
        if wrench[0] > 1e-3:
            points.append(data.contact[i].pos.copy())
            normals.append(data.contact[i].frame[:3] * (1 if pair[1] == piece else -1))
            forces.append(wrench[0])
            bodies.append(pair[0] if pair[1] == piece else pair[1])
    return Contacts(np.array(points), np.array(normals), np.array(forces), bodies)


def rated(
    world: ElasticWorld, hand: Hand, found: Contacts
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Torque of each drive for each unit of force at the contacts ``(D, 3 N)``, and what the drives withstand (D,)."""
    model, data = world.model, world.data
    dofs = [int(model.joint(name).dofadr[0]) for name in hand.actuated_joints]
    coupled = {
        int(model.joint(j.name).dofadr[0]): (int(model.joint(j.mimic.joint).dofadr[0]), j.mimic.ratio)
        for j in hand.joints
        if j.mimic is not None
    }
    rows = np.zeros((len(dofs), len(found.points), 3))
    for i, (point, body) in enumerate(zip(found.points, found.bodies, strict=True)):
        jacobian = np.zeros((3, model.nv))
        mujoco.mj_jac(model, data, jacobian, None, point, body)
        for dof, (leader, ratio) in coupled.items():
            jacobian[:, leader] += ratio * jacobian[:, dof]
        rows[:, i] = jacobian[:, dofs].T
    limits = np.array([joint.drive.withstands for joint in hand.driven if joint.drive is not None])
    return rows.reshape(len(dofs), -1), limits
