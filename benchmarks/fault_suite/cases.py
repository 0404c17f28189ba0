"""The faults: what, where, in which phase of a goal, and how it may end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fault_suite import messages as m
from fault_suite.relay import Relay
from tacrefine.supervision.errors import all_errors

CODES = {name: error.code for name, error in all_errors().items()}
GOES_ON = ("SUCCESS", "NOT_CONVERGED")
NAN = float("nan")


@dataclass(frozen=True)
class Case:
    """`make(relay)` gives the fault of `topic`; it begins with `phase` of a goal, or before the goal."""

    name: str
    topic: str
    phase: str
    make: Callable[[Relay], m.Fault]
    expected: tuple[str, ...]
    degraded: bool = False

    @property
    def codes(self) -> set[int]:
        """Codes that count as right."""
        return {0 if name == "SUCCESS" else CODES[name] for name in self.expected}


def _plain(name: str, topic: str, phase: str, fault: Callable[[], m.Fault], *expected: str) -> Case:
    return Case(name, topic, phase, lambda _relay: fault(), expected)


def _nothing(values: np.ndarray) -> np.ndarray:
    return np.abs(np.random.default_rng().normal(0.0, 0.01, values.shape))


def _streams() -> list[Case]:
    tactile, cases = "tactile", []
    for topic, code in (
        ("tactile", "NO_TACTILE"),
        ("joint_states", "NO_JOINT_STATES"),
        ("wrist_pose", "NO_WRIST_POSE"),
    ):
        for phase in ("before", "closing", "moving"):
            cases.append(_plain(f"{topic} stops", topic, phase, lambda: m.stopped, code))
        past = {"tactile": ("STALE_TACTILE",)}.get(topic, (code,))
        cases.append(
            _plain(f"{topic}: stamps go back 30 s", topic, "closing", lambda: m.shifted(-30.0), *past)
        )
        cases.append(
            _plain(f"{topic}: stamps jump ahead 30 s", topic, "closing", lambda: m.shifted(30.0), *past)
        )
        cases.append(_plain(f"{topic}: the same stamp for ever", topic, "closing", m.same_stamp, *past, code))
        cases.append(_plain(f"{topic}: half the rate", topic, "before", m.every_other, *GOES_ON))
        cases.append(_plain(f"{topic}: out of order", topic, "before", m.swapped, *GOES_ON))
        cases.append(_plain(f"{topic}: each message twice", topic, "before", lambda: m.repeated(2), *GOES_ON))
    cases += [
        _plain("tactile freezes", tactile, "closing", m.frozen, "FROZEN_TACTILE"),
        _plain("tactile freezes", tactile, "opening", m.frozen, "FROZEN_TACTILE", "FORCE_EXCEEDED"),
        _plain("joint states freeze", "joint_states", "opening", m.frozen, "HAND_TIMEOUT"),
        _plain("joint states: NaN", "joint_states", "closing", lambda: m.joints(NAN), "NO_JOINT_STATES"),
        _plain("100 x message rate", tactile, "before", lambda: m.repeated(100), *GOES_ON),
        _plain("tactile: NaN", tactile, "closing", lambda: m.taxels(lambda v: v * NAN), "INVALID_TACTILE"),
        _plain("tactile: inf", tactile, "closing", lambda: m.taxels(lambda v: v + np.inf), "INVALID_TACTILE"),
        _plain(
            "tactile: negative", tactile, "closing", lambda: m.taxels(lambda v: v - 9.0), "INVALID_TACTILE"
        ),
        _plain(
            "tactile: saturated",
            tactile,
            "closing",
            lambda: m.taxels(lambda v: v * 0 + 9.0),
            "FORCE_EXCEEDED",
        ),
        _plain(
            "tactile: wrong size", tactile, "closing", lambda: m.taxels(lambda v: v[:-1]), "INVALID_TACTILE"
        ),
        _plain("tactile: unknown pad", tactile, "closing", lambda: m.unknown_pad, "INVALID_TACTILE"),
        _plain("tactile: no pads", tactile, "closing", lambda: m.no_pads, "INVALID_TACTILE"),
    ]
    for name, change in (
        ("no readings", lambda v: v[:0]),
        ("all NaN", lambda v: v * NAN),
        ("zeros", lambda v: v * 0),
    ):
        spoil = lambda change=change: m.taxels(change, "index_tip")  # noqa: E731
        cases.append(
            Case(f"one finger silent: {name}", tactile, "closing", lambda _r, s=spoil: s(), GOES_ON, True)
        )
    cases.append(
        Case("one finger frozen", tactile, "closing", lambda _r: m.frozen_pad("index_tip"), GOES_ON, True)
    )
    thumb = lambda: m.taxels(lambda v: v * NAN, "thumb_tip")  # noqa: E731
    cases.append(_plain("the thumb silent", tactile, "closing", thumb, "INVALID_TACTILE", "NO_CONTACT"))
    cases += [
        _plain("/clock is set back 30 s", "/clock", "closing", lambda: m.shifted(-30.0), "CLOCK_JUMP"),
        _plain("/clock jumps ahead 900 s", "/clock", "closing", lambda: m.shifted(900.0), "CLOCK_JUMP"),
        _plain(
            "/clock stops",
            "/clock",
            "closing",
            lambda: m.stopped,
            "CLOCK_JUMP",
            "NO_WRIST_POSE",
            "NO_JOINT_STATES",
        ),
    ]
    return cases


def _motion() -> list[Case]:
    arm, wrist, hand, correction = "arm/target_frame", "wrist_pose", "hand/joint_trajectory", "correction"

    def beyond(pose: Any) -> None:
        pose.position.z += 0.02

    def far(pose: Any) -> None:
        pose.position.x += 0.2

    def lost(pose: Any) -> None:
        pose.orientation.w = NAN

    def drift(relay: Relay) -> m.Fault:
        offset = [0.0]

        def fault(message: Any) -> tuple[Any, ...]:
            offset[0] += 0.0003
            target = type(message)(header=message.header)
            target.pose.position.x = message.pose.position.x + offset[0]
            target.pose.position.y, target.pose.position.z = message.pose.position.y, message.pose.position.z
            target.pose.orientation = message.pose.orientation
            relay.send(arm, target)
            return (message,)

        return fault

    def increment(metres: float) -> m.Fault:
        def fault(message: Any) -> tuple[Any, ...]:
            message.increment.translation.x = metres
            return (message,)

        return fault

    def oscillating(relay: Relay) -> m.Fault:
        def fault(message: Any) -> tuple[Any, ...]:
            message.increment.translation.z = 0.012 if len(relay.log.hand) // 2 % 2 else -0.012
            message.increment.translation.x = message.increment.translation.y = 0.0
            message.increment.rotation.x = message.increment.rotation.y = message.increment.rotation.z = 0.0
            message.increment.rotation.w = 1.0
            return (message,)

        return fault

    return [
        _plain("the arm stalls", arm, "moving", lambda: m.stopped, "ARM_TIMEOUT"),
        _plain("the arm overshoots by 20 mm", arm, "moving", lambda: m.position(beyond), "PATH_DEVIATION"),
        Case("the arm drifts while the hand closes", wrist, "closing", drift, ("PATH_DEVIATION",)),
        _plain("the wrist pose freezes", wrist, "moving", m.frozen, "ARM_TIMEOUT"),
        _plain("the wrist pose is NaN", wrist, "moving", lambda: m.position(lost), "NO_WRIST_POSE"),
        _plain("the wrist pose jumps by 200 mm", wrist, "moving", lambda: m.position(far), "PATH_DEVIATION"),
        _plain("the hand does not close", hand, "before", lambda: m.stopped, "HAND_TIMEOUT"),
        _plain("the hand does not open", hand, "sensing", lambda: m.stopped, "HAND_TIMEOUT"),
        _plain("the hand closes on nothing", "tactile", "before", lambda: m.taxels(_nothing), "NO_CONTACT"),
        _plain(
            "contact is lost while the arm moves",
            "tactile",
            "moving",
            lambda: m.taxels(_nothing),
            "NO_CONTACT",
        ),
        _plain("corrections of 250 mm", correction, "before", lambda: increment(0.25), "LIMIT_EXCEEDED"),
        _plain("corrections of 5 m", correction, "closing", lambda: increment(5.0), "NO_CORRECTION"),
        _plain("corrections of NaN", correction, "closing", lambda: increment(NAN), "NO_CORRECTION"),
        Case("corrections go back and forth", correction, "before", oscillating, ("OSCILLATING",)),
    ]


FAMILIES = {"streams": _streams, "motion": _motion}
