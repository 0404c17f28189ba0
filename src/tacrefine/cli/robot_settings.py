"""Settings out of the ROS parameter file that a robot runs with, for verbs that read or make its recordings."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def refine_settings(params_file: Path | None) -> Any:
    """`RefineSettings` that say when a hand is settled, as the refine server has them; None without a file.

    Raises ConfigError in one sentence where the file is wrong or says nothing about the refine server.
    """
    from tacrefine.bags.grasps import SETTLED_BY
    from tacrefine.bringup.parameter_files import parameters_for
    from tacrefine.parameters import build
    from tacrefine.refine.settings import RefineSettings

    if params_file is None:
        return None
    values = parameters_for("refine_server", params_file)
    return build(RefineSettings, {name: values[name] for name in SETTLED_BY if name in values})


def source_settings(params_file: Path | None, **typed: Any) -> Any:
    """`SourceSettings` as the policy has them in the file; what was typed and is not the default counts more."""
    from tacrefine.parameters import build, specs
    from tacrefine.touch import SourceSettings, TouchSettings

    values = {
        name: value for name, value in policy_values(params_file).items() if name in specs(TouchSettings)
    }
    table = specs(SourceSettings)
    values |= {name: value for name, value in typed.items() if value != table[name].default}
    return build(SourceSettings, values)


def policy_values(params_file: Path | None) -> dict[str, Any]:
    """Parameters that the file gives to the policy; {} where it says nothing about it."""
    from tacrefine.bringup.parameter_files import parameters_for
    from tacrefine.errors import ConfigError

    if params_file is None:
        return {}
    try:
        return parameters_for("policy", params_file)
    except ConfigError:
        return {}


def recorded_with(params_file: Path | None) -> dict[str, float]:
    """The settings that a recording keeps: when a hand is settled, and `joint_state_age`; {} without a file."""
    from tacrefine.bags.grasps import settled_of
    from tacrefine.touch.settings import JOINT_STATE_AGE

    settings = refine_settings(params_file)
    if settings is None:
        return {}
    age = policy_values(params_file).get("joint_state_age", JOINT_STATE_AGE)
    return settled_of(settings) | {"joint_state_age": age}
