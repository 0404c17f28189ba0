"""Declares a table of parameters (see `tacrefine.parameters`) as ROS parameters and reads it back."""

from __future__ import annotations

from typing import TypeVar

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor, ParameterType
from rclpy.node import Node

from tacrefine.parameters import Spec, build, specs

Group = TypeVar("Group")
TYPES = {
    bool: ParameterType.PARAMETER_BOOL,
    int: ParameterType.PARAMETER_INTEGER,
    float: ParameterType.PARAMETER_DOUBLE,
    str: ParameterType.PARAMETER_STRING,
}


def descriptor(spec: Spec) -> ParameterDescriptor:
    """What `ros2 param describe` shows, and what rclpy enforces."""
    unit = f" [{spec.unit}]" if spec.unit else ""
    message = ParameterDescriptor(name=spec.name, type=TYPES[spec.kind], description=spec.description + unit)
    message.read_only = spec.read_only
    if spec.choices:
        message.additional_constraints = "one of: " + ", ".join(spec.choices)
    if spec.low is not None and spec.high is not None:
        if spec.kind is int:
            message.integer_range = [IntegerRange(from_value=int(spec.low), to_value=int(spec.high), step=1)]
        elif spec.kind is float:
            message.floating_point_range = [
                FloatingPointRange(from_value=spec.low, to_value=spec.high, step=0.0)
            ]
    return message


def declare(node: Node, group: type) -> None:
    """Declare every parameter of the group.

    Types are left open here, so that a wrong one (an integer where a float is meant, a number outside its bounds)
    becomes our sentence when the node is configured, not a traceback while it starts.
    """
    for spec in specs(group).values():
        loose = descriptor(spec)
        loose.dynamic_typing, loose.read_only = True, False
        loose.integer_range, loose.floating_point_range = [], []
        value = node.declare_parameter(spec.name, spec.default, loose).value
        if type(value) is spec.kind and _in_range(spec, value):
            strict = descriptor(spec)
            node.set_descriptor(spec.name, strict)


def read(node: Node, group: type[Group]) -> Group:
    """The group filled with the node's parameters; raises ConfigError in one sentence."""
    return build(group, {name: node.get_parameter(name).value for name in specs(group)})


def _in_range(spec: Spec, value: object) -> bool:
    if spec.kind not in (int, float) or spec.low is None or spec.high is None:
        return True
    return spec.low <= value <= spec.high  # type: ignore[operator]
