"""Where the object is in the hand, from estimates and moves of the wrist."""

from __future__ import annotations

import numpy as np

from tacrefine.geometry import from_quaternion, transform
from tacrefine.hands import load_hand
from tacrefine.scene.estimate import EstimateFrames

CENTRE, WRIST = transform((0.4, 0.0, 0.2)), transform((0.41, 0.0, 0.3), (0.0, 0.1, 0.0))
MOVED = WRIST * transform((0.01, 0.02, 0.0))


def object_in(frames, wrist, now=1.0):
    """The object's pose in the base frame."""
    target, held = frames.frames(wrist, now)
    assert (target.child, held.parent, held.child) == ("grasp_target", "hand_wrist", "object_in_hand")
    return wrist * from_quaternion(held.position, held.quaternion)


def test_an_object_in_the_closed_hand_moves_with_it_and_stays_once_the_hand_opens():
    frames = EstimateFrames(load_hand(), "", 60.0)
    assert frames.frames(WRIST, 0.0) == []
    frames.observe("base", CENTRE, WRIST, 0.0)
    assert np.allclose(object_in(frames, WRIST).as_matrix(), CENTRE.as_matrix())
    carried = MOVED * WRIST.inv() * CENTRE
    assert np.allclose(object_in(frames, MOVED).as_matrix(), carried.as_matrix())
    frames.let_go()
    assert np.allclose(object_in(frames, MOVED).as_matrix(), CENTRE.as_matrix())
    assert np.allclose(object_in(frames, WRIST).as_matrix(), CENTRE.as_matrix())


def test_nothing_is_shown_of_an_old_estimate_or_of_another_target():
    frames = EstimateFrames(load_hand(), "", 60.0)
    frames.observe("base", CENTRE, None, 0.0)
    assert len(frames.frames(WRIST, 59.0)) == 2
    assert frames.frames(WRIST, 61.0) == []
    frames.observe("base", CENTRE, WRIST, 70.0)
    frames.forget()
    assert frames.frames(WRIST, 70.0) == []
