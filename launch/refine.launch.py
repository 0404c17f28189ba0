"""Start the stack: ros2 launch tacrefine refine.launch.py [mode:=real] [object:=...] [plant:=...] [namespace:=...].

Which nodes run with which parameters is described in `tacrefine.bringup.description`, which `tacrefine up` reads too.
"""

import json
import shlex
import sys
from pathlib import Path

from launch import Action, LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess, OpaqueFunction, SetEnvironmentVariable
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from tacrefine.bringup import respawn
from tacrefine.bringup.arguments import argument_specs, check_names, parse
from tacrefine.bringup.description import describe, environment
from tacrefine.bringup.registry import PACKAGE
from tacrefine.bringup.viewers import STATE_PUBLISHER, rviz_command, with_state_publisher


class Starter:
    """Makes the nodes once the arguments are known, and knows which of them were given."""

    def __init__(self) -> None:
        self._given: list[str] = []

    def note_given(self, context: LaunchContext) -> None:
        """Runs before the arguments are declared: what has a value by now came from the user, not from a default.

        Raises ConfigError for a name that is none of the arguments, which `ros2 launch` itself would ignore.
        """
        if any(
            Path(word).name == Path(__file__).name for word in sys.argv
        ):  # not included by another launch file
            check_names(word.partition(":=")[0] for word in context.argv if ":=" in word)
        self._given = [name for name in argument_specs() if name in context.launch_configurations]

    def start(self, context: LaunchContext) -> list[Action]:
        """The node actions, and those of programs that show the hand."""
        arguments = parse({name: LaunchConfiguration(name).perform(context) for name in argument_specs()})
        nodes, state = with_state_publisher(describe(arguments, self._given))
        shown: list[Action] = []
        if state:
            shown.append(
                Node(
                    package=STATE_PUBLISHER,
                    executable=STATE_PUBLISHER,
                    namespace=arguments.namespace,
                    parameters=[state],
                    output="screen",
                )
            )
        if arguments.rviz:
            shown.append(ExecuteProcess(cmd=rviz_command(arguments.namespace), output="screen"))
        started = [
            Node(
                package=PACKAGE,
                executable=spec.executable,
                name=spec.name,
                namespace=spec.namespace,
                parameters=[dict(spec.parameters)],
                ros_arguments=["--log-level", spec.log_level, "--enclave", spec.enclave],
                exec_name=spec.executable,
                prefix=shlex.join(respawn.prefix()) if arguments.respawn else None,
                output="screen",
                emulate_tty=True,
            )
            for spec in nodes
        ]
        return [*started, *shown]


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments of the description and start its nodes."""
    arguments = [
        DeclareLaunchArgument(
            spec.name,
            default_value=spec.default if spec.kind is str else json.dumps(spec.default),
            description=spec.description + (f" [{spec.unit}]" if spec.unit else ""),
            **({"choices": list(spec.choices)} if spec.choices else {}),
        )
        for spec in argument_specs().values()
    ]
    variables = [SetEnvironmentVariable(name, value) for name, value in environment().items()]
    starter = Starter()
    return LaunchDescription(
        [
            OpaqueFunction(function=starter.note_given),
            *arguments,
            *variables,
            OpaqueFunction(function=starter.start),
        ]
    )
