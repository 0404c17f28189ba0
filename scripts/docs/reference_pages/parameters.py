"""The arguments of the launch file and the parameters of every node."""

from __future__ import annotations

import json

from reference_pages.page import WIDE, Page, table
from tacrefine.bringup.arguments import Arguments
from tacrefine.bringup.description import SAFETY
from tacrefine.bringup.registry import NODE_PARAMETERS, NODES
from tacrefine.parameters import Spec, specs

SERVERS = ("refine_server", "regrasp_server")
LIVE = """While it is active and no goal runs, it takes tolerances, speeds, durations and timeouts (not `estop_timeout`)
too; they count from the next goal on."""
ACTIVE = "While it is active, it takes none."
FOLDER = "reference/parameters"
SAFETY_NAMES = ", ".join(f"`{name}`" for name in SAFETY)
TYPES = {bool: "bool", int: "integer", float: "double", str: "string"}


def pages() -> list[Page]:
    """One page for the launch arguments, one for each node."""
    nodes = [Page(f"{FOLDER}/{name}.md", name, _node(name, group)) for name, group in NODE_PARAMETERS.items()]
    return [Page(f"{FOLDER}/launch_arguments.md", "Launch arguments", _arguments()), *nodes]


def parameter_table(group: type) -> str:
    """A table of one group of parameters."""
    rows = (
        (f"`{s.name}`", TYPES[s.kind], f"`{json.dumps(s.default)}`", s.unit, allowed(s), s.description)
        for s in specs(group).values()
    )
    return table(("name", "type", "default", "unit", "allowed", "meaning"), rows)


def allowed(spec: Spec) -> str:
    """The values that a parameter may have, in words."""
    if spec.choices:
        return ", ".join(spec.choices)
    if spec.low is None or spec.high is None:
        return "true, false" if spec.kind is bool else ""
    return f"{spec.low:g} to {spec.high:g}"


def _arguments() -> str:
    return f"""{WIDE}# Launch arguments

`ros2 launch tacrefine refine.launch.py NAME:=VALUE` and `tacrefine up --NAME VALUE` take the same arguments and start
the same nodes. On the command line of `tacrefine up` an underscore of a name becomes a hyphen.

What is typed wins over `params_file`, and the file wins over the defaults of this table. Where the two disagree about
what moves ({SAFETY_NAMES}), the launch is refused with both values. Where a section of the file matches no node that is
started, or a name in it is no parameter of that node, the launch is refused with the nearest name.

{parameter_table(Arguments)}
"""


def _node(name: str, group: type) -> str:
    return f"""{WIDE}# Parameters of `{name}`

In the graph the node is called `{NODES[name].name}`; `{NODES[name].started_by}` starts it. Set its parameters in a
parameter file (`params_file:=FILE`), in a section of that name, or with `--ros-args -p NAME:=VALUE`. The node reads
them when it is configured. While it is unconfigured or inactive, `ros2 param set` takes each of them; what an inactive
node has read already counts after `cleanup` and `configure`. {LIVE if name in SERVERS else ACTIVE}

{parameter_table(group)}
"""
