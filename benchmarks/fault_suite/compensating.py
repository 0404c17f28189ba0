"""Faults while a held object is only looked at (strategy compensate): nothing may move, whatever goes wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from fault_suite import messages as m
from fault_suite.running import CODES, LONGEST_S, NAMES, Row, wanted
from fault_suite.stand import START, Stand
from tacrefine.nodes.tools.client import ClientError

NAN = float("nan")
FAULTS: dict[str, tuple[str, Callable[[], m.Fault], tuple[str, ...]]] = {
    "tactile stops": ("tactile", lambda: m.stopped, ("NO_TACTILE",)),
    "joint_states stops": ("joint_states", lambda: m.stopped, ("NO_JOINT_STATES",)),
    "wrist_pose stops": ("wrist_pose", lambda: m.stopped, ("NO_WRIST_POSE",)),
    "correction stops": ("correction", lambda: m.stopped, ("NO_CORRECTION",)),
    "tactile: NaN": ("tactile", lambda: m.taxels(lambda v: v * NAN), ("INVALID_TACTILE",)),
    "tactile: wrong size": ("tactile", lambda: m.taxels(lambda v: v[:-1]), ("INVALID_TACTILE",)),
    "tactile: unknown pad": ("tactile", lambda: m.unknown_pad, ("INVALID_TACTILE",)),
    "tactile: stamps go back 30 s": ("tactile", lambda: m.shifted(-30.0), ("STALE_TACTILE",)),
    "tactile: stamps jump ahead 30 s": ("tactile", lambda: m.shifted(30.0), ("STALE_TACTILE",)),
    "tactile freezes": ("tactile", m.frozen, ("FROZEN_TACTILE",)),
    "joint states: NaN": ("joint_states", lambda: m.joints(NAN), ("NO_JOINT_STATES",)),
    "contact is lost": ("tactile", lambda: m.taxels(lambda v: v * 0.0), ("NO_CONTACT",)),
    "no faults": ("tactile", lambda: m.passed, ("SUCCESS",)),
}


def compensating(stand: Stand) -> Iterator[Row]:
    """Every fault from before the goal on, with a hand that holds the object."""
    for name, (topic, make, allowed) in FAULTS.items():
        fault = f"compensate: {name}"
        if not wanted(fault, "before"):
            continue
        stand.relay.faults.clear()
        stand.robot.reset(np.array(START), stand.obj, close=True, seed=1, timeout=120.0)
        stand.relay.restart_log()
        stand.relay.faults[topic] = make()
        began = time.monotonic()
        row = _goal(stand, fault, topic, began)
        row.as_expected &= row.code in {0 if code == "SUCCESS" else CODES[code] for code in allowed}
        stand.relay.faults.clear()
        row.nothing_lost = stand.works()
        yield row


def _goal(stand: Stand, fault: str, topic: str, began: float) -> Row:
    try:
        result: Any = stand.planner.send("shown", strategy="compensate").result(LONGEST_S)[1]
    except ClientError as error:
        return Row(
            "compensate", fault, topic, "before", "no end", None, "", None, None, 0.0, False, False, str(error)
        )  # fmt: skip
    seconds = time.monotonic() - began
    moved = len(stand.relay.log.arm) + len(stand.relay.log.hand)
    code = int(result.error_code)
    return Row(
        "compensate", fault, topic, "before", NAMES[code], code, result.safe_state, seconds,
        None if code == 0 else 0.0, 0.0, False, moved == 0, result.message,
    )  # fmt: skip
