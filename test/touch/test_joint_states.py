"""Joints as public drivers publish them: in parts, under other names, coupled ones left out."""

from __future__ import annotations

import numpy as np
import pytest

from tacrefine.errors import ConfigError, TouchError
from tacrefine.hands import load_hand
from tacrefine.touch import JointStates, TouchSettings

HAND = load_hand()
NAMES = list(HAND.joint_names)
VALUES = {name: 0.1 * number for number, name in enumerate(NAMES)}
COUPLED = [joint.name for joint in HAND.joints if joint.mimic]
AGE = 0.1


def joint_states(**settings) -> JointStates:
    return JointStates(HAND, TouchSettings(**settings))


def say(states, stamp, names, shift=0.0, prefix=""):
    return states.observe(stamp, [prefix + name for name in names], [VALUES[name] + shift for name in names])


def refusal(states, stamp=1.0) -> str:
    with pytest.raises(TouchError) as caught:
        states.at(stamp)
    return str(caught.value)


def test_several_publishers_are_merged_joint_by_joint():
    states = joint_states()
    say(states, 0.95, NAMES[:4])
    say(states, 0.96, NAMES[4:])
    say(states, 0.97, NAMES[:4], shift=1.0)
    assert states.at(1.0) == pytest.approx(
        {name: value + (name in NAMES[:4]) for name, value in VALUES.items()}
    )


def test_a_publisher_that_falls_silent_is_named_by_its_joints_once_it_is_too_old():
    states = joint_states()
    say(states, 0.95, NAMES[4:])
    say(states, 1.02, NAMES[:4])
    assert states.at(1.04)
    say(states, 1.09, NAMES[:4])
    said = refusal(states, 1.1)
    assert NAMES[5] in said
    assert f"lacks {NAMES[3]}" not in said
    assert "joint_state_age" in said


@pytest.mark.parametrize("publishers", [1, 2, 3])
def test_whatever_the_order_of_arrival_the_stamps_decide(publishers):
    rng = np.random.default_rng(publishers)
    messages = []
    for number in range(publishers):
        for stamp in np.arange(0.0, 2.0, 0.02) + 0.001 * number:
            messages.append((float(stamp), NAMES[number::publishers], float(stamp)))
    in_order, shuffled = joint_states(), joint_states()
    for stamp, names, shift in sorted(messages):
        say(in_order, stamp, names, shift)
    late = {tuple(NAMES[number::publishers]): rng.uniform(0.0, 0.05) for number in range(publishers)}
    for stamp, names, shift in sorted(messages, key=lambda message: message[0] + late[tuple(message[1])]):
        say(shuffled, stamp, names, shift)
    for stamp in (0.5, 1.005, 1.5):
        assert in_order.at(stamp) == shuffled.at(stamp)


def test_coupled_joints_that_are_not_measured_follow_from_their_drive():
    states = joint_states()
    say(states, 0.95, HAND.actuated_joints)
    found = states.at(1.0)
    actuated = np.array([VALUES[name] for name in HAND.actuated_joints])
    assert [found[name] for name in NAMES] == pytest.approx(HAND.joint_positions_at(actuated).tolist())
    assert "lacks thumb_pip" in refusal_of_partial(fill_coupled_joints=False)


def refusal_of_partial(**settings) -> str:
    states = joint_states(**settings)
    say(states, 0.95, HAND.actuated_joints)
    return refusal(states)


def test_a_coupled_joint_that_is_measured_is_not_worked_out():
    states = joint_states()
    say(states, 0.95, NAMES, shift=0.3)
    assert states.at(1.0)[COUPLED[0]] == pytest.approx(VALUES[COUPLED[0]] + 0.3)


def test_a_drive_that_is_missing_is_named_and_what_came_instead():
    states = joint_states()
    say(states, 0.95, [name for name in NAMES if name != "index_mcp"])
    said = refusal(states)
    assert "lacks index_mcp within 0.1 s" in said
    assert "there came index_pip, little_mcp" in said


@pytest.mark.parametrize("prefix", ["rh_", "left/hand_"])
def test_names_with_a_prefix_are_told_with_the_prefix_that_would_fit_and_read_with_it(prefix):
    states = joint_states()
    for stamp in (0.95, 0.97):
        assert not say(states, stamp, NAMES, prefix=prefix)
    said = refusal(states)
    assert f"2 joint_states messages name {prefix}thumb_opposition" in said
    assert f"joint_prefix '{prefix}' would fit" in said
    states = joint_states(joint_prefix=prefix)
    assert say(states, 0.95, NAMES, prefix=prefix)
    assert not say(states, 0.96, NAMES, shift=9.0), "joints without the prefix are those of the other hand"
    assert states.at(1.0) == pytest.approx(VALUES)


def test_joints_under_other_names_are_read_by_a_map():
    there = {name: f"J{number}" for number, name in enumerate(NAMES)}
    states = joint_states()
    states.observe(0.95, list(there.values()), list(VALUES.values()))
    said = refusal(states)
    assert "J0, J1, J2" in said
    assert "joint_names" in said
    states = joint_states(joint_names=", ".join(f"{other}={name}" for name, other in there.items()))
    states.observe(0.95, list(there.values()), list(VALUES.values()))
    assert states.at(1.0) == pytest.approx(VALUES)


@pytest.mark.parametrize("names", ["J0", "J0=", "=index_mcp", "J0=index_mcp, J1"])
def test_a_map_that_is_none_is_refused(names):
    with pytest.raises(ConfigError, match="THERE=JOINT"):
        joint_states(joint_names=names)


def test_a_position_that_is_no_number_counts_as_not_measured():
    states = joint_states()
    odd = dict(VALUES, thumb_pip=float("nan"))
    states.observe(0.95, list(odd), list(odd.values()))
    assert states.at(1.0)["thumb_pip"] == pytest.approx(0.6 * VALUES["thumb_mcp"])
    odd = dict(VALUES, thumb_mcp=float("inf"))
    states = joint_states()
    states.observe(0.95, list(odd), list(odd.values()))
    assert "thumb_mcp a position that is not finite" in refusal(states)


def test_names_and_positions_that_do_not_pair_up_are_refused():
    with pytest.raises(TouchError, match="names 11 joints and gives 3 positions"):
        joint_states().observe(1.0, NAMES, [0.1, 0.2, 0.3])


def test_the_newest_positions_of_all_publishers_are_one_sample():
    states = joint_states()
    say(states, 1.0, NAMES[4:])
    with pytest.raises(TouchError, match="lacks"):
        states.latest()
    say(states, 1.0, NAMES[:4])
    say(states, 1.05, NAMES[:4], shift=1.0)
    stamp, positions = states.latest()
    assert stamp == 1.05
    assert positions == pytest.approx({name: value + (name in NAMES[:4]) for name, value in VALUES.items()})


def test_before_the_first_message_that_is_what_is_said():
    assert "no joint_states message has arrived yet" in refusal(joint_states())
