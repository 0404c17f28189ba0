"""Declares a table of parameters (see `tacrefine.parameters`) as ROS parameters, reads it, and judges changes.

While a node is unconfigured or inactive every parameter may be set; configure reads them. While it is active only those
may be set that its class calls live, and only while it is not busy: they count from then on.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    ParameterType,
    SetParametersResult,
)
from rclpy.node import Node
from rclpy.parameter import Parameter

from tacrefine.errors import ConfigError
from tacrefine.parameters import Spec, build, check, specs

Group = TypeVar("Group")
TYPES = {
    bool: ParameterType.PARAMETER_BOOL,
    int: ParameterType.PARAMETER_INTEGER,
    float: ParameterType.PARAMETER_DOUBLE,
    str: ParameterType.PARAMETER_STRING,
}
RESTING = ("unconfigured", "inactive", "finalized")
"""lifecycle states in which nothing is in use"""


def descriptor(spec: Spec) -> ParameterDescriptor:
    """What `ros2 param describe` shows, and what rclpy enforces."""
    unit = f" [{spec.unit}]" if spec.unit else ""
    message = ParameterDescriptor(name=spec.name, type=TYPES[spec.kind], description=spec.description + unit)
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
        loose.dynamic_typing = True
        loose.integer_range, loose.floating_point_range = [], []
        value = node.declare_parameter(spec.name, spec.default, loose).value
        if type(value) is spec.kind and _in_range(spec, value):
            node.set_descriptor(spec.name, descriptor(spec))


def read(node: Node, group: type[Group]) -> Group:
    """The group filled with the node's parameters; raises ConfigError in one sentence."""
    return build(group, {name: node.get_parameter(name).value for name in specs(group)})


class LiveParameters:
    """A group of parameters (a frozen dataclass) with values that may change; whoever holds it sees the new ones."""

    def __init__(self, group: Any) -> None:
        self._group = group

    def change(self, values: Mapping[str, Any]) -> None:
        """Show other values of some parameters from now on."""
        self._group = dataclasses.replace(self._group, **values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._group, name)


class ParameterGate:
    """Decides which changes of parameters a node takes now, and gives a sentence for those that it does not take.

    `live` tells the names that count at once, `state` the lifecycle state, `busy` why nothing may change now, and
    `on_change` is called with new values of live parameters.
    """

    def __init__(
        self,
        node: Node,
        group: type,
        live: Callable[[str], bool],
        state: Callable[[], str],
        busy: Callable[[], str],
        on_change: Callable[[Mapping[str, Any]], None],
    ) -> None:
        self._node, self._table = node, specs(group)
        self._live, self._state, self._busy, self._on_change = live, state, busy, on_change
        node.add_pre_set_parameters_callback(self._with_kinds)
        node.add_on_set_parameters_callback(self._judge)
        node.add_post_set_parameters_callback(self._after)

    def _with_kinds(self, parameters: Sequence[Parameter]) -> list[Parameter]:
        """Whole numbers are written without a point where a float is meant."""
        return [
            Parameter(parameter.name, value=float(parameter.value))
            if type(parameter.value) is int and self._is_float(parameter.name)
            else parameter
            for parameter in parameters
        ]

    def _is_float(self, name: str) -> bool:
        return name in self._table and self._table[name].kind is float

    def _judge(self, parameters: Sequence[Parameter]) -> SetParametersResult:
        try:
            for parameter in parameters:
                if parameter.name in self._table:
                    check(self._table[parameter.name], parameter.value)
                    self._check_now(parameter.name)
        except ConfigError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def _check_now(self, name: str) -> None:
        """Raise ConfigError in one sentence if this parameter may not be set now."""
        node, state = self._node.get_fully_qualified_name(), self._state()
        if state in RESTING:
            return
        if not self._live(name):
            raise ConfigError(
                f"parameter '{name}' is read when {node} is configured, and the node is {state}; first: "
                f"ros2 lifecycle set {node} deactivate, and ros2 lifecycle set {node} cleanup"
            )
        busy = self._busy()
        if busy:
            raise ConfigError(f"parameter '{name}' cannot change now: {busy}")

    def _after(self, parameters: Sequence[Parameter]) -> None:
        changed = {p.name: p.value for p in parameters if p.name in self._table}
        at_once = {name: value for name, value in changed.items() if self._live(name)}
        later = [name for name in changed if name not in at_once]
        state = self._state()
        if state == "inactive" and later:
            self._node.get_logger().info(f"{', '.join(later)}: counts after cleanup and configure")
        if at_once and state in ("inactive", "active"):
            self._on_change(at_once)


def _in_range(spec: Spec, value: object) -> bool:
    if spec.kind not in (int, float) or spec.low is None or spec.high is None:
        return True
    return spec.low <= value <= spec.high  # type: ignore[operator]
