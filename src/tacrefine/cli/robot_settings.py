"""Settings out of the ROS parameter file that a robot runs with, for verbs that read or make its recordings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

OTHER_OPTIONS = {"joint_names": "joint"}
"""options that are called otherwise than their parameter"""


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


def robot_parameters(
    context: typer.Context, options: Mapping[str, Any], params_file: Path | None
) -> dict[str, Any]:
    """Parameters of the refine server: what is typed wins, the file comes next, defaults of the options last."""
    from tacrefine.bringup.parameter_files import parameters_for

    told = {} if params_file is None else parameters_for("refine_server", params_file)
    typed = {name: value for name, value in options.items() if is_typed(context, name)}
    return {**options, **told, **typed}


def is_typed(context: typer.Context, name: str) -> bool:
    """Whether an option was given on the command line."""
    return str(context.get_parameter_source(name)) != "ParameterSource.DEFAULT"


def source_settings(context: typer.Context, params_file: Path | None, **options: Any) -> Any:
    """`SourceSettings`: what is typed wins, the policy's parameters in the file come next, defaults last."""
    from tacrefine.parameters import build, specs
    from tacrefine.touch import SourceSettings, TouchSettings

    values = {
        name: value for name, value in policy_values(params_file).items() if name in specs(TouchSettings)
    }
    typed = {
        name: value for name, value in options.items() if is_typed(context, OTHER_OPTIONS.get(name, name))
    }
    values |= typed
    return build(SourceSettings, values)


def policy_values(params_file: Path | None) -> dict[str, Any]:
    """Parameters that the file gives to the policy; {} where it says nothing about it."""
    if params_file is None:
        return {}
    from tacrefine.bringup.parameter_files import parameters_for
    from tacrefine.errors import ConfigError

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
