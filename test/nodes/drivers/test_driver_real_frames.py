"""Recorded frames of a real RH56DFTP through emulator and driver, where TACREFINE_REAL_TOUCH names their folder.

The frames are no part of this project; without them these tests are skipped.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from driver_listener import WAIT, Listener, driver, grids

from tacrefine.bringup.processes import NodeProcesses
from tacrefine.drivers.emulation.inspire import InspireEmulator
from tacrefine.hands import load_hand
from tacrefine.nodes.core.convert import from_pads
from tacrefine.touch import ContactState, contact_state, frame_from_arrays

FILE = Path(os.environ.get("TACREFINE_REAL_TOUCH", "/nonexistent")) / "rh56dftp_frames.npz"
pytestmark = [
    pytest.mark.ros,
    pytest.mark.skipif(not FILE.exists(), reason="TACREFINE_REAL_TOUCH names no folder with the frames"),
]
PARTS = {"nail": "fingertip"}  # the recorder's word, and the manual's
OPEN_RAW = 900
HAND = "inspire_rh56dftp"


@pytest.fixture(scope="module")
def recorded():
    """Frames as {pad: (rows, cols)} counts, and raw angles (N, 6). Undecoded taxels (-1) become 0."""
    with np.load(FILE) as file:
        taxels, regions, sizes = file["taxels"], file["regions"], file["sizes"]
        angles = file["angle"]
    edges = np.cumsum(np.concatenate([[0], sizes]))
    frames = []
    for line in np.maximum(taxels, 0):
        frame = {}
        for region, start, size in zip(map(str, regions), edges, sizes, strict=False):
            values = line[start : start + size].astype(int)
            if region == "palm":
                frame["palm"] = np.array([[values[col * 8 + row] for col in range(14)] for row in range(8)])
            else:
                finger, _, part = region.partition("_")
                name = f"{finger}_{PARTS.get(part, part)}"
                frame[name] = values.reshape(-1, 3 if size == 9 else 8)
        frames.append(frame)
    return frames, angles


@pytest.fixture(scope="module")
def setup():
    with InspireEmulator() as emulator:
        spec = driver("real", driver="inspire_rh56dftp", device=emulator.address, hand=HAND, tare_frames=5)
        with NodeProcesses([spec]) as processes, Listener("real") as listener:
            listener.check = processes.check
            listener.wait_for(lambda: len(listener.arrays) > 0, WAIT, "tactile")
            yield emulator, listener


def show(emulator, listener, frame, angles, more=2):
    emulator.stand_at(angles)
    emulator.touch(frame)
    return listener.next_array(more)


def test_every_count_of_every_frame_arrives(setup, recorded):
    emulator, listener = setup
    for frame, angles in zip(*recorded, strict=True):
        received = grids(show(emulator, listener, frame, angles))
        assert set(received) == set(frame)
        for name, counts in frame.items():
            assert np.array_equal(received[name], counts), name


def test_stuck_taxels_are_named_and_no_others(setup, recorded):
    emulator, listener = setup
    for _ in range(3):  # the hand was open in one frame only, and has to be more often than that
        for frame, angles in zip(*recorded, strict=True):
            show(emulator, listener, frame, angles, more=8 if angles[:5].min() > OPEN_RAW else 2)
    listener.wait_told("taxels that look stuck", "2: little_tip 3, little_tip 6")


def test_tare_takes_off_a_rest_that_is_not_zero_and_the_preprocessing_takes_both(setup, recorded):
    emulator, listener = setup
    frames, angles = recorded
    rest = int(np.argmax(angles[:, :5].min(1)))
    hand = load_hand(HAND)
    joints = dict.fromkeys(hand.joint_names, 0.0)
    before = show(emulator, listener, frames[rest], angles[rest])
    raw = frame_from_arrays(hand, from_pads(before.pads), joints)
    assert (raw.tactile > 0).sum() == sum((counts > 0).sum() for counts in frames[rest].values()) > 0
    listener.tare(WAIT)
    tared = grids(listener.next_array())
    assert max(counts.max() for counts in tared.values()) == 0
    rested = frame_from_arrays(hand, from_pads(listener.next_array().pads), joints)
    assert contact_state(hand, rested) == ContactState.NONE
    for frame, posture in zip(frames, angles, strict=True):
        message = show(emulator, listener, frame, posture)
        for name, counts in grids(message).items():
            assert np.array_equal(counts, np.maximum(frame[name] - frames[rest][name], 0)), name
        frame_from_arrays(hand, from_pads(message.pads), joints)
