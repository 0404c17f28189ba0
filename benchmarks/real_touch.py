"""The simulated Inspire RH56DFTP against touch that a real one recorded.

    python benchmarks/real_touch.py FOLDER --json out/benchmarks/real_touch.json
    python benchmarks/real_touch.py FOLDER --fit config/plants/inspire_fitted.yaml
    python benchmarks/real_touch.py FOLDER --predict --json out/benchmarks/touch_prediction.json

FOLDER holds `rh56dftp_frames.npz`, which is not part of this project: `taxels` (N, T) counts with -1 where nothing
was decoded, `regions` and `sizes` that cut T, `sample` (N,) names of the recordings, `joint_names` and `joint_pos`
(N, J) rad.

For each recording the simulated hand moves to the recorded joint angles around a sphere or can of the recorded radius;
fingers stop early where the plant's torque cannot hold them. Where the object lay was not recorded, so its place is
searched for (position, and two angles of a can's axis) such that share of force, active taxels and total load are most
alike. So the comparison is the best that the simulation can do, and what is left is its error. Readings of the empty
hand are taken off first. With --fit taxel stiffness, torque and threshold are searched for too, in each recording by
itself, and a plant with their medians is written.

With --predict nothing of a grasp's touch but its object's place is fitted on it: skin, torque, threshold and the
fingers' gains come from the other half of the grasps, and an object has one place for all its grasps. Beside it stands
what one real grasp says of another of the same object, from `icub_grasps/icub_grasps.npz` in FOLDER.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from recorded_touch import ACTIVE, FILE, HeldHand, read_recordings
from rich.console import Console
from rich.progress import track
from rich.table import Table
from touch_prediction import draw, predicted, repeatability

from tacrefine.errors import TacrefineError
from tacrefine.hands import Hand, load_hand
from tacrefine.plants import load_plant
from tacrefine.provenance import write_figures

HAND, FITTED = "inspire_rh56dftp", "inspire_fitted"
NOISE_COUNTS = 5.0
"""how much a taxel of a steady grasp varies from frame to frame in these recordings: three to seven counts"""


def compare(held: HeldHand, place: NDArray[np.float64], robot: NDArray[np.float64]) -> dict[str, Any]:
    """Figures of one recording: real and simulated."""
    hand, recording = held.hand, held.recording
    felt, joints = held.readings(place[None], robot[None])
    wanted = hand.joint_positions_at(np.array([recording.angles[name] for name in hand.actuated_joints]))
    sides = {"real": held.real, "simulated": felt[0]}
    figures: dict[str, Any] = {
        "frames": recording.frames,
        "object_radius_mm": round(1e3 * recording.radius, 1),
    }
    for name, readings in sides.items():
        sums = [float(readings[part].sum()) for part in hand.finger_slices]
        figures[name] = {
            "active": dict(zip([pad.name for pad in hand.pads], held.active(readings).tolist(), strict=True)),
            "share": {
                f.name: round(s / max(sum(sums), 1e-9), 3) for f, s in zip(hand.fingers, sums, strict=True)
            },
            "total_full_scales": round(sum(sums), 2),
            "largest": round(float(readings.max()), 3),
            "saturated": int((readings >= 1.0).sum()),
        }
    real, simulated = held.active(held.real), held.active(felt[0])
    figures["active_taxels_misplaced"] = int(np.abs(real - simulated).sum())
    shares = [np.array(list(figures[name]["share"].values())) for name in sides]
    figures["share_misplaced"] = round(float(np.abs(shares[0] - shares[1]).sum() / 2), 3)
    off = {
        n: round(float(np.rad2deg(d)), 1) for n, d in zip(hand.joint_names, wanted - joints[0], strict=True)
    }
    figures["short_of_recorded_angle_deg"] = {n: off[n] for n in hand.actuated_joints}
    return figures


def plant_yaml(robot: NDArray[np.float64], gains: NDArray[np.float64], noise: float) -> str:
    """The fitted plant."""
    content = {
        "name": FITTED,
        "description": "The Inspire RH56DFTP as grasps of a real one suggest: skin, force, finger gains, noise.",
        "tactile_model": "quasistatic",
        "mechanics": {
            "taxel_stiffness": float(f"{robot[0]:.3g}"),
            "closing_torque": float(f"{robot[1]:.3g}"),
        },
        "sensor": {
            "noise": round(noise, 4),
            "threshold": round(float(robot[2]), 4),
            "taxel_gain": 0.1,
            "finger_gain": round(float(min(np.sqrt(3.0) * np.std(gains), 0.9)), 2),
        },
        "joints": {"noise": 0.001},
    }
    head = (
        "# Written by `python benchmarks/real_touch.py FOLDER --fit` from recordings of the public repository\n"
        "# laurent-19/inspire_hand_ws. taxel_gain and joint noise are assumed, not fitted.\n"
    )
    return head + yaml.safe_dump(content, sort_keys=False, width=110)


def run(chosen: argparse.Namespace) -> dict[str, Any]:
    """Everything but the command line."""
    hand = load_hand(HAND)
    recordings, rest = read_recordings(chosen.folder, hand)
    held = [HeldHand(hand, recording) for recording in recordings]
    if chosen.predict:
        active = ACTIVE / hand.skin.raw_full_scale
        ceiling = repeatability(chosen.folder)
        figures = predicted(hand, held, active, chosen.rounds, chosen.members, chosen.seed)
        if chosen.picture is not None:
            draw(figures, chosen.picture)
        for name, one in (("predicted", figures), ("another real grasp", ceiling)):
            print(f"{name}: {one['agreement']}")
        return {"predicted": figures, "repeatability": ceiling}
    if chosen.fit is not None:
        chosen.fit.write_text(fitted(hand, held, chosen))
    plant = load_plant(chosen.fit or chosen.plant)
    typical = plant.typical(hand)
    robot = np.array([typical.taxel_stiffness, typical.closing_torque, typical.threshold])
    figures, unlike = {}, []
    for one in track(held, f"comparing with {plant.name}"):
        place, _, cost = one.search(chosen.rounds, chosen.members, robot, chosen.seed)
        figures[one.recording.name] = compare(one, place, robot) | {"unlike": round(cost, 3)}
        unlike.append(cost)
    show(figures, hand)
    return {
        "plant": {
            "name": plant.name,
            **dict(zip(("taxel_stiffness", "closing_torque", "threshold"), robot.tolist(), strict=True)),
        },
        "rest_taxels_above_zero": int((np.nan_to_num(rest) > 0).sum()),
        "recordings": figures,
        "mean_unlike": round(float(np.mean(unlike)), 3),
    }


def fitted(hand: Hand, held: list[HeldHand], chosen: argparse.Namespace) -> str:
    """A plant's YAML: each recording's best robot, their median, and how much fingers then differ."""
    robots = [
        one.search(chosen.rounds, chosen.members, None, chosen.seed)[1]
        for one in track(held, "fitting each recording")
    ]
    robot = np.median(robots, axis=0)
    ratios = []
    for one in track(held, "fingers' gains"):
        place, _, _ = one.search(chosen.rounds, chosen.members, robot, chosen.seed)
        felt, _ = one.readings(place[None], robot[None])
        for part in hand.finger_slices[:-1]:
            real, simulated = float(one.real[part].sum()), float(felt[0][part].sum())
            if min(real, simulated) > hand.contact_force:
                ratios.append(real / simulated)
    gains = np.array(ratios) / np.median(ratios)
    return plant_yaml(robot, gains, NOISE_COUNTS / hand.skin.raw_full_scale)


def show(figures: dict[str, Any], hand: Hand) -> None:
    """Shares of force by finger and active taxels, real / simulated."""
    table = Table(title="share of force in % and active taxels, real / simulated")
    table.add_column("")
    for name in figures:
        table.add_column(name.replace("/", "\n"), justify="right")

    def row(label: str, cell: Any) -> None:
        table.add_row(label, *(cell(one["real"], one["simulated"]) for one in figures.values()))

    for finger in hand.fingers:
        row(
            f"{finger.name}, force",
            lambda r, s, n=finger.name: f"{100 * r['share'][n]:.0f} / {100 * s['share'][n]:.0f}",
        )
    table.add_section()
    for pad in hand.pads:
        row(f"{pad.name} ({pad.size})", lambda r, s, n=pad.name: f"{r['active'][n]} / {s['active'][n]}")
    table.add_section()
    row("total, full scales", lambda r, s: f"{r['total_full_scales']:.1f} / {s['total_full_scales']:.1f}")
    row("largest reading", lambda r, s: f"{r['largest']:.2f} / {s['largest']:.2f}")
    row("saturated taxels", lambda r, s: f"{r['saturated']} / {s['saturated']}")
    Console(width=150).print(table)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help=f"holds {FILE}")
    parser.add_argument("--plant", default=FITTED, help="plant to compare with")
    parser.add_argument("--fit", type=Path, help="fit a plant first, and write it here")
    parser.add_argument("--predict", action="store_true", help="predict grasps that nothing was fitted on")
    parser.add_argument("--picture", type=Path, help="with --predict, draw real and predicted touch here")
    parser.add_argument("--rounds", type=int, default=70, help="of the search for each object's place")
    parser.add_argument("--members", type=int, default=60, help="places in each round")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="write the figures here")
    chosen = parser.parse_args(arguments)
    try:
        result = run(chosen)
    except TacrefineError as error:
        print(error, file=sys.stderr)
        return 2
    if chosen.json is not None:
        write_figures(chosen.json, result, chosen.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
