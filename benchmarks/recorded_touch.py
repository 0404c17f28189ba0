"""Recorded touch of a real Inspire RH56DFTP, and the simulated hand around the same object; see `real_touch.py`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacrefine.errors import ConfigError
from tacrefine.geometry import Rotation
from tacrefine.hands import Hand
from tacrefine.objects.grasp_object import GraspObject
from tacrefine.objects.shapes import Rod
from tacrefine.plants import load_plant
from tacrefine.sim import QuasistaticSimulator
from tacrefine.sim.quasistatic import MechanicsBatch

FILE = "rh56dftp_frames.npz"
REST = "record_tenis_ball_empty_1/"
"""the recording of the open hand that touches nothing"""
OBJECTS = {"record_250": (0.024, 0.12), "record_tenis": (0.032, 1e-4), "record_orange": (0.0294, 1e-4),
           "record_white": (0.0385, 1e-4)}  # fmt: skip
"""radius and length (m) by what a recording's name begins with"""
JOINTS = {f"right_{finger}_1_joint": f"{finger}_bend" for finger in ("index", "middle", "ring", "little")}
JOINTS |= {"right_thumb_1_joint": "thumb_rotation", "right_thumb_2_joint": "thumb_bend"}
FINGERTIP = "nail"
"""what the recordings call the pads `<finger>_fingertip`"""
ACTIVE = 20
"""counts from which on a taxel counts as active: three to seven is how much steady readings vary"""
LOWEST, HIGHEST = np.array([50.0, 0.3, 0.0]), np.array([4000.0, 6.0, 0.03])
"""taxel stiffness (N/m), factor on the torque, threshold (share of full scale)"""
TOTAL_WEIGHT = 0.5
RESTARTS = 4


@dataclass(frozen=True, eq=False)
class Recording:
    """Mean of one recording's frames. Readings (T,) as a share of full scale, rest taken off, NaN where not decoded."""

    name: str
    frames: int
    radius: float
    length: float
    angles: dict[str, float]
    readings: NDArray[np.float64]


def read_recordings(folder: Path, hand: Hand) -> tuple[list[Recording], NDArray[np.float64]]:
    """The recordings with contact, and the rest readings (T,) in counts. Raises ConfigError."""
    try:
        with np.load(folder / FILE) as data:
            names, joint_names = [str(s) for s in data["sample"]], [str(s) for s in data["joint_names"]]
            joints, taxels = data["joint_pos"], data["taxels"].astype(float)
            ends = np.cumsum([0, *data["sizes"]])
            pads = {
                str(region).replace(FINGERTIP, "fingertip"): (start, stop)
                for region, start, stop in zip(data["regions"], ends[:-1], ends[1:], strict=True)
            }
    except (OSError, KeyError, ValueError) as error:
        raise ConfigError(f"{folder / FILE}: cannot be read as recorded frames ({error}).") from error
    taxels[taxels < 0] = np.nan
    parts = []
    for pad in hand.pads:
        start, stop = pads[pad.name]
        part = taxels[:, start:stop]
        if pad.name == "palm":  # recorded column by column
            part = part.reshape(-1, pad.cols, pad.rows).swapaxes(1, 2).reshape(len(taxels), -1)
        parts.append(part)
    counts = np.concatenate(parts, axis=1)
    folders = [name.rstrip("/").rsplit("/", 1)[0] + "/" for name in names]
    at_rest = np.array([name.endswith(REST) for name in folders])
    if not at_rest.any():
        raise ConfigError(f"{folder / FILE}: no recording of the open hand ({REST}).")
    rest = counts[at_rest].mean(axis=0)
    found = []
    for name in dict.fromkeys(np.array(folders)[~at_rest]):
        of = np.array([other == name for other in folders])
        words = [size for key, size in OBJECTS.items() if f"/{key}" in f"/{name}"]
        if not words:
            raise ConfigError(f"{folder / FILE}: of recording '{name}' the object is not known.")
        mean = joints[of].mean(axis=0)
        angles = {JOINTS[j]: float(a) for j, a in zip(joint_names, mean, strict=True) if j in JOINTS}
        readings = np.maximum(counts[of].mean(axis=0) - rest, 0.0) / hand.skin.raw_full_scale
        short = name.split("training_data/", 1)[-1].rstrip("/")
        found.append(Recording(short, int(of.sum()), *words[0], angles, readings))
    return found, rest


def held_at(hand: Hand, angles: dict[str, float]) -> Hand:
    """The hand whose drives close to these angles (rad) from open."""
    joints = []
    for joint in hand.joints:
        if joint.drive is not None:
            angle = angles[joint.name]
            start = angle if joint.drive.role == "posture" else 0.0
            drive = joint.drive.model_copy(update={"closed": angle, "open": start, "stiffness": 1e4})
            joint = joint.model_copy(update={"drive": drive})
        joints.append(joint)
    return Hand(hand.description.model_copy(update={"joints": tuple(joints)}))


class HeldHand:
    """The simulated hand around one recording's object."""

    def __init__(self, hand: Hand, recording: Recording) -> None:
        self.hand, self.recording = held_at(hand, recording.angles), recording
        self._simulator = QuasistaticSimulator(self.hand)
        rod = Rod(kind="rod", radius=recording.radius, length=recording.length)
        self._object = GraspObject("recorded", "recorded", rod, np.ones(6, bool), np.full(6, 0.05))
        self._sample = load_plant("ideal").typical(self.hand)
        palm = self.hand.pads[-1].pose_in_link
        self._palm, self._normal = np.asarray(palm.translation), palm.rotation.as_matrix()[:, 0]
        known = ~np.isnan(recording.readings)
        self.real = np.where(known, recording.readings, 0.0)
        self._known = known

    @property
    def box(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Bounds (5,) of the object: along x and z of the wrist from the palm, distance to the palm; tilts."""
        r, tilt = self.recording.radius, 0.6 if self.recording.length > 0.01 else 0.0
        return np.array([-0.04, -0.03, 0.3 * r, -tilt, -tilt]), np.array([0.03, 0.05, 1.8 * r, tilt, tilt])

    def readings(
        self, places: NDArray[np.float64], robots: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Readings (N, T) and joints (N, J) for objects (N, 5) and robots (N, 3), see LOWEST."""
        n = len(places)
        base = MechanicsBatch.of(self._sample, n)
        values = base.values.copy()
        values[:, 0], values[:, 3] = robots[:, 0], robots[:, 1]
        batch = self._simulator.close(self._object, self._poses(places), MechanicsBatch(values, base.offsets))
        share = np.clip(batch.force / self.hand.full_scale, 0.0, 1.0)
        return np.where((share >= robots[:, 2:3]) & self._known, share, 0.0), batch.joints

    def _poses(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Pose coordinates of the hand about the object, whose axis is y."""
        x, z, away, turn, lift = places.T
        centre = self._palm + np.stack([x, 0 * x, z], 1) + away[:, None] * self._normal
        # A can lies across the palm, along the wrist's x, but for the two tilts.
        about = Rotation.from_euler("yz", np.stack([turn, lift], 1)) * Rotation.from_euler("z", -np.pi / 2)
        into = about.inv()
        from_wrist = self.hand.wrist_from_centre
        position = into.apply(np.asarray(from_wrist.translation) - centre)
        return np.concatenate([position, (into * from_wrist.rotation).as_rotvec()], axis=1)

    def unlike(self, places: NDArray[np.float64], robots: NDArray[np.float64]) -> NDArray[np.float64]:
        """How unlike the recording each simulated touch is, (N,)."""
        return self.unlikeness(self.readings(places, robots)[0])

    def unlikeness(self, felt: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same of readings (N, T)."""
        total, real = np.maximum(felt.sum(1), 1e-6), self.real.sum()
        shares = np.abs(self.by_pad(felt) / total[:, None] - self.by_pad(self.real) / real).sum(1)
        active = np.abs(self.active(felt) - self.active(self.real)).sum(1) / self.active(self.real).sum()
        return shares + active + TOTAL_WEIGHT * np.abs(np.log(np.maximum(total, 1e-3) / real))

    def by_pad(self, felt: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sums (..., P)."""
        return np.stack([felt[..., part].sum(-1) for part in self.hand.pad_slices], axis=-1)

    def active(self, felt: NDArray[np.float64]) -> NDArray[np.int64]:
        """Active taxels (..., P)."""
        limit = ACTIVE / self.hand.skin.raw_full_scale
        return np.stack([(felt[..., part] >= limit).sum(-1) for part in self.hand.pad_slices], axis=-1)

    def search(
        self, rounds: int, members: int, robot: NDArray[np.float64] | None, seed: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
        """The best of a few searches: object (5,), robot (3,) (as given, or found), how unlike it is."""
        tries = [self._evolve(rounds, members, robot, (seed, i)) for i in range(RESTARTS)]
        return min(tries, key=lambda found: found[2])

    def _evolve(
        self, rounds: int, members: int, robot: NDArray[np.float64] | None, seed: tuple[int, int]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
        """Differential evolution."""
        rng = np.random.default_rng(seed)
        low, high = self.box
        logs = np.log(np.stack([LOWEST, HIGHEST])[:, :2])
        free = robot is None
        if free:
            low = np.concatenate([low, logs[0], LOWEST[2:]])
            high = np.concatenate([high, logs[1], HIGHEST[2:]])

        def cost(x: NDArray[np.float64]) -> NDArray[np.float64]:
            return self.unlike(x[:, :5], robots_of(x))

        def robots_of(x: NDArray[np.float64]) -> NDArray[np.float64]:
            if robot is not None:
                return np.tile(robot, (len(x), 1))
            return np.concatenate([np.exp(x[:, 5:7]), x[:, 7:]], axis=1)

        x = rng.uniform(low, high, (members, len(low)))
        costs = cost(x)
        for _ in range(rounds):
            a, b = rng.permutation(members), rng.permutation(members)
            towards = rng.uniform(0.0, 0.5, (members, 1)) * (x[costs.argmin()] - x)
            trial = np.clip(x + towards + 0.6 * (x[a] - x[b]), low, high)
            trial = np.where(rng.random(x.shape) < 0.85, trial, x)
            trial_costs = cost(trial)
            better = trial_costs < costs
            x[better], costs[better] = trial[better], trial_costs[better]
        best = int(costs.argmin())
        return x[best, :5], robots_of(x[best : best + 1])[0], float(costs[best])
