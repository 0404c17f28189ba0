"""Taxels with three force components, and pads whose taxels are points: from the wire to the tensors."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tacrefine.errors import TouchError
from tacrefine.hands import Hand, load_hand
from tacrefine.touch import PadReading, Touch, TouchStream, frame_from_arrays
from tacrefine.touch.settings import TouchSettings

PLAIN = load_hand()


def with_shear(*pads: str) -> Hand:
    """The default hand, these pads with three components."""
    described = PLAIN.description.model_dump()
    for finger in described["fingers"]:
        for pad in finger["pads"]:
            if pad["name"] in pads:
                pad["components"] = 3
    return Hand(type(PLAIN.description).model_validate(described))


HAND = with_shear("index_tip", "ring_tip")
JOINTS = dict.fromkeys(HAND.joint_names, 0.1)


def readings(hand: Hand = HAND) -> list[PadReading]:
    """Normal 0.5 of full scale, and tangential 0.1 and -0.2 where there are tangential components."""
    parts = {1: [0.5], 3: [0.5, 0.1, -0.2]}
    return [
        PadReading(
            p.name, p.rows, p.cols, 1, np.tile(parts[p.components], p.size).astype(np.float32), p.components
        )
        for p in hand.pads
    ]


def test_normal_and_tangential_components_are_told_apart() -> None:
    frame = frame_from_arrays(HAND, readings(), JOINTS)
    assert np.allclose(frame.tactile, 0.5)
    assert frame.shear is not None
    index, thumb = HAND.pad_slices[1], HAND.pad_slices[0]
    assert np.allclose(frame.shear[index], [0.1, -0.2])
    assert np.allclose(frame.shear[thumb], 0.0)


def test_a_hand_without_tangential_components_has_none() -> None:
    assert frame_from_arrays(PLAIN, readings(PLAIN), JOINTS).shear is None


def test_messages_of_before_do_not_say_their_components_and_mean_one() -> None:
    silent = [dataclasses.replace(pad, components=0) for pad in readings(PLAIN)]
    assert np.allclose(frame_from_arrays(PLAIN, silent, JOINTS).tactile, 0.5)


@pytest.mark.parametrize(("hand", "sent", "wanted"), [(HAND, PLAIN, "3"), (PLAIN, HAND, "1")])
def test_the_wrong_number_of_components_is_told_with_the_pad(hand: Hand, sent: Hand, wanted: str) -> None:
    with pytest.raises(TouchError, match=rf"'index_tip' has \d force components.*says {wanted}\."):
        frame_from_arrays(hand, readings(sent), JOINTS)


def test_a_stream_keeps_what_is_tangential() -> None:
    stream = TouchStream(HAND, TouchSettings())
    stream.observe_joints(1.0, list(JOINTS), list(JOINTS.values()))
    shear = stream.frame(1.001, readings()).shear
    assert shear is not None
    assert shear.min() == pytest.approx(-0.2)


def test_recorded_arrays_of_one_pad_may_hold_three_components() -> None:
    pads = {pad.name: np.full((pad.rows, pad.cols, pad.components), 0.25, np.float32) for pad in HAND.pads}
    touch = Touch.from_arrays(HAND, pads, JOINTS)
    assert np.allclose(touch.tactile, 0.25)
    assert touch.shear is not None
    assert np.allclose(touch.shear[HAND.pad_slices[3]], 0.25)
    flat = np.concatenate([values.ravel() for values in pads.values()])
    assert np.array_equal(Touch.from_arrays(HAND, flat, JOINTS).tactile, touch.tactile)


def test_all_components_go_out_as_they_came_in() -> None:
    frame = frame_from_arrays(HAND, readings(), JOINTS)
    sent = np.concatenate([reading.data for reading in readings()])
    assert np.allclose(HAND.components_of(frame.tactile, frame.shear), sent)


def test_only_components_that_are_there_count_for_the_models_of_a_hand() -> None:
    assert with_shear().signature == PLAIN.signature != HAND.signature
