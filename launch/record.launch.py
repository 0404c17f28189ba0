"""Record a bag: ros2 launch tacrefine record.launch.py [bag:=...] [object:=...] [object_fixed:=true] [namespace:=...].

With `ros2 bag record` where it is installed, else with the recorder of this package (recorder:=rosbag2 | tacrefine to
choose). Both write rosbag2 MCAP. Which topics, and what the metadata says, is decided in `tacrefine.bags.command`.
"""

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess, OpaqueFunction, SetEnvironmentVariable
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from tacrefine.bags.command import ARGUMENTS, has_rosbag2, rosbag2_command
from tacrefine.bringup.description import environment
from tacrefine.bringup.registry import NODES, PACKAGE

CLOSING_S = "20"
"""how long Ctrl-C leaves a recorder to write what it holds and the bag's index, on a busy machine"""


def start(context: LaunchContext) -> list[Node | ExecuteProcess]:
    """Make the process once the arguments are known."""
    values = {name: LaunchConfiguration(name).perform(context) for name in ARGUMENTS}
    recorder, namespace = values.pop("recorder"), values.pop("namespace")
    if recorder == "rosbag2" or (recorder == "auto" and has_rosbag2()):
        return [
            ExecuteProcess(
                cmd=rosbag2_command(namespace=namespace, **values), output="screen", sigterm_timeout=CLOSING_S
            )
        ]
    fixed = values.pop("object_fixed") == "true"
    return [
        Node(
            package=PACKAGE,
            executable="recorder",
            name=NODES["recorder"].name,
            namespace=namespace,
            parameters=[{**values, "object_fixed": fixed}],
            output="screen",
            emulate_tty=True,
            sigterm_timeout=CLOSING_S,
        )
    ]


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments and start the recorder."""
    arguments = [
        DeclareLaunchArgument(
            name, default_value=default, description=meaning, **({"choices": choices} if choices else {})
        )
        for name, (default, meaning, choices) in ARGUMENTS.items()
    ]
    variables = [SetEnvironmentVariable(name, value) for name, value in environment().items()]
    return LaunchDescription([*arguments, *variables, OpaqueFunction(function=start)])
