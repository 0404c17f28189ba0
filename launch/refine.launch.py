"""Start the stack: ros2 launch tacrefine refine.launch.py [mode:=real] [object:=...] [plant:=...] [namespace:=...].

Which nodes run with which parameters is described in `tacrefine.bringup.description`, which `tacrefine up` reads too.
"""

import json

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction, SetEnvironmentVariable
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from tacrefine.bringup.description import PACKAGE, argument_specs, describe, environment, parse


def start(context: LaunchContext) -> list[Node]:
    """Make the nodes once the arguments are known."""
    values = {name: LaunchConfiguration(name).perform(context) for name in argument_specs()}
    return [
        Node(
            package=PACKAGE,
            executable=spec.executable,
            name=spec.executable,
            namespace=spec.namespace,
            parameters=[dict(spec.parameters), *([spec.params_file] if spec.params_file else [])],
            ros_arguments=["--log-level", spec.log_level, "--enclave", spec.enclave],
            output="screen",
            emulate_tty=True,
        )
        for spec in describe(parse(values))
    ]


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
    return LaunchDescription([*arguments, *variables, OpaqueFunction(function=start)])
