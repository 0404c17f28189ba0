"""A firm grip of a part that nothing but the hand will hold."""

from __future__ import annotations

import numpy as np

from tacrefine.hands import Hand

BEYOND = 0.05
"""of the way from open to closed, which the fingers' targets go on: drives press as hard as they may, not harder"""
TIGHTEN_S, SETTLE_S = 0.6, 1.0
"""s of the trajectory that closes the fingers while the nest opens, and that are waited after it was asked to"""
LIFT_M, LIFT_S = 0.02, 1.0
"""how far what stands on a table is lifted when it is shown, and the time for it"""


def tightened(hand: Hand) -> dict[str, float]:
    """Where to lead the fingers that oppose the thumb so that they press once more; empty where that changes nothing.

    A nest takes up what four fingers press more than one thumb. Once it opens, drives that lock where they came to rest
    are left with as much as balances, a third of what they can. So the fingers close further while it opens: the thumb
    stays locked and withstands more than it can press, and all fingers press against it as hard as they can.
    """
    thumb, *others = hand.fingers
    joints = dict(zip(hand.actuated_joints, hand.driven, strict=True))
    pressing = [
        name
        for name in joints
        if name not in thumb.drives and any(name in finger.closing_joints for finger in others)
    ]
    drives = [joints[name].drive for name in (*pressing, *thumb.closing_joints)]
    if len(pressing) < 2 or not all(drive is not None and drive.self_locking for drive in drives):
        return {}
    return {
        name: float(np.clip(drive.closed + BEYOND * (drive.closed - drive.open), *joints[name].limits))
        for name, drive in zip(pressing, drives, strict=False)
        if drive is not None
    }
