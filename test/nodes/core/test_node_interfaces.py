"""Numbers that stand both in the interfaces and in plain code must be the same."""

from __future__ import annotations

import numpy as np
import pytest
from rcl_interfaces.msg import ParameterType
from tacrefine.action import RefineGrasp, Regrasp
from tacrefine.msg import PoseCorrection, TactilePad

from tacrefine.bringup.registry import NODE_PARAMETERS
from tacrefine.geometry import from_coordinates
from tacrefine.nodes.core.convert import UNITS, from_pose, to_pose, to_seconds, to_stamp
from tacrefine.nodes.core.ros_parameters import descriptor
from tacrefine.parameters import specs
from tacrefine.refine.correction_filter import CONTACT_GOOD
from tacrefine.supervision.errors import REFINE, REGRASP, SUCCESS, all_errors
from tacrefine.supervision.phases import HandPhase
from tacrefine.touch import ContactState

pytestmark = pytest.mark.ros


@pytest.mark.parametrize(("action", "name"), [(RefineGrasp, REFINE), (Regrasp, REGRASP)])
def test_error_codes_are_those_of_the_action(action, name):
    constants = {
        name: getattr(action.Result, name)
        for name in dir(type(action.Result))
        if name[0].isupper() and name.isupper()
    }
    assert constants.pop("SUCCESS") == SUCCESS
    assert constants == {name: error.code for name, error in all_errors(name).items()}


def test_states_are_those_of_the_feedback():
    for state in HandPhase:
        if state is not HandPhase.PREPARING:
            assert getattr(RefineGrasp.Feedback, f"STATE_{state.name}") == state


def test_contact_states_and_units_are_those_of_the_messages():
    for state in ContactState:
        assert getattr(PoseCorrection, f"CONTACT_{state.name}") == state
    assert CONTACT_GOOD == ContactState.GOOD
    for name, unit in UNITS.items():
        assert getattr(TactilePad, f"UNIT_{name.upper()}") == unit


@pytest.mark.parametrize("group", NODE_PARAMETERS.values())
def test_every_parameter_is_described_with_type_unit_and_bounds(group):
    for spec in specs(group).values():
        message = descriptor(spec)
        assert message.type != ParameterType.PARAMETER_NOT_SET
        assert message.description
        assert not message.read_only, "whether it may be set depends on the node's state"
        if spec.kind is float:
            assert message.floating_point_range[0].from_value == spec.low


def test_stamps_and_poses_survive_the_way_to_the_wire_and_back():
    for seconds in (0.0, 1.5, 1795218155.799899480, 3.999999999):
        assert to_seconds(to_stamp(seconds)) == pytest.approx(seconds, abs=1e-6)
    pose = from_coordinates([0.1, -0.2, 0.3, 0.4, 0.5, -0.6])
    assert np.allclose(from_pose(to_pose(pose)).as_matrix(), pose.as_matrix())
    broken = to_pose(pose)
    broken.orientation.w = float("nan")
    with pytest.raises(ValueError, match="finite"):
        from_pose(broken)
    broken.orientation.w = 5.0
    with pytest.raises(ValueError, match="unit quaternion"):
        from_pose(broken)
