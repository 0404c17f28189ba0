"""Bags of a simulated stand-in for a real robot, recorded through the ROS nodes: what ``finetuning.py --bags`` reads.

    python benchmarks/record_stand_in.py --out out/stand_in --robots 3 --grasps 1000

For each robot (a draw of the plant) the bridge plays hand, arm and sensors faster than real time, and `collect` leads
it through a few grasps of one object an episode, a bag each, objects in random order. Bags that are there already are
kept, so a run that was broken off goes on where it was.
"""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

import numpy as np

from tacrefine.bringup.description import NodeSpec
from tacrefine.bringup.processes import NodeProcesses
from tacrefine.cli.progress import progress_bar
from tacrefine.errors import TacrefineError
from tacrefine.objects import GraspObject, load_objects
from tacrefine.supervision.domains import free_domain

RATE = 25.0
"""Hz of readings and commands, in simulated time: less work for the processor than the usual 100"""
QUICK = {
    "settle_time": 0.3,
    "settled_window": 0.2,
    "close_duration": 1.2,
    "open_duration": 0.4,
    "arm_rate": RATE,
}
"""s of simulated time; the skin of the elastic model is at rest by then"""
PATIENT = dict.fromkeys(
    ("prepare_timeout", "close_timeout", "settle_timeout", "open_timeout", "move_timeout", "finish_timeout"),
    60.0,
)
TRIES = 5
"""starts of an episode: some end early because a pose is no grasp"""


def record_robot(
    folder: Path, plant: str, seed: int, grasps: int, per_episode: int, items: list[GraspObject]
) -> None:
    """All episodes of one robot that are not there yet, into ``folder/<seed>``."""
    from tacrefine.nodes.hand.collection import CollectingRobot
    from tacrefine.nodes.tools.client import StackClient

    episodes = -(-grasps // per_episode)
    rng = np.random.default_rng([seed, 2])
    order = np.concatenate([rng.permutation(len(items)) for _ in range(-(-episodes // len(items)))])
    wanted = {number: items[order[number]] for number in range(episodes)}
    bags = {number: folder / str(seed) / f"{number:04d}_{item.name}" for number, item in wanted.items()}
    settings = {"real_time_factor": 0.0, "plant": plant, "seed": seed, "rate": RATE}
    bridge = NodeSpec("mujoco_bridge", "", settings, "warn")
    with (
        NodeProcesses([bridge]) as processes,
        StackClient(use_sim_time=True) as client,
        CollectingRobot(use_sim_time=True, parameters={**QUICK, **PATIENT}) as robot,
        progress_bar(f"robot {seed}", episodes) as advance,
    ):
        client.check = processes.check
        client.wait_for(lambda: client.truth is not None, 60.0, "the bridge")
        for number, item in wanted.items():
            if not bags[number].exists():
                _episode(client, robot, bags[number], item, plant, seed, per_episode, number)
            advance(number + 1)


def _episode(client, robot, bag: Path, item, plant: str, seed: int, grasps: int, number: int) -> None:  # type: ignore[no-untyped-def]
    partial = bag.with_name(f".{bag.name}")
    bag.parent.mkdir(parents=True, exist_ok=True)
    for attempt in range(TRIES):
        shutil.rmtree(partial, ignore_errors=True)
        client.reset(np.zeros(6), item.name, plant, seed=seed)
        made = robot.collect(
            partial, item, grasps, seed=1000 * seed + TRIES * number + attempt, compress=True
        )
        if made.complete:
            break
    # An episode that ends early every time still holds good grasps.
    partial.rename(bag)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("out/stand_in"), help="a folder for each robot seed")
    parser.add_argument("--plant", default="hard_elastic", help="an elastic one")
    parser.add_argument("--robots", type=int, default=3, help="draws of the plant")
    parser.add_argument("--seed", type=int, default=100, help="of the first robot")
    parser.add_argument("--grasps", type=int, default=1000, help="of each robot")
    parser.add_argument("--per-episode", type=int, default=10, help="grasps of one object that stands still")
    arguments = parser.parse_args()
    os.environ.setdefault("ROS_DOMAIN_ID", str(free_domain()))
    os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
    items = list(load_objects().values())
    try:
        for robot in range(arguments.seed, arguments.seed + arguments.robots):
            record_robot(
                arguments.out, arguments.plant, robot, arguments.grasps, arguments.per_episode, items
            )
    except TacrefineError as error:
        parser.exit(2, f"record_stand_in: {error}\n")


if __name__ == "__main__":
    main()
