"""`tacrefine record`: what a refinement leaves on the wire, as a bag."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from tacrefine.cli.options import AdapterOption

REPORT_PERIOD_S = 10.0
"""between two lines where there is no terminal"""


def record(
    out: Annotated[
        Path | None,
        typer.Option(help="Bag to write: a folder that does not exist yet; default: a dated name."),
    ] = None,
    hand: Annotated[str, typer.Option(help="Hand: a name or a YAML file.")] = "five_finger",
    object: Annotated[
        str, typer.Option(help="Name of the grasped object, for the metadata; default: as grasp_target says.")
    ] = "",
    fixed: Annotated[
        bool, typer.Option("--fixed", help="Note that the object does not move during this recording.")
    ] = False,
    adapter: AdapterOption = "",
    also: Annotated[str, typer.Option(help="Further topics, separated by commas.")] = "",
    compress: Annotated[bool, typer.Option("--compress", help="Compress the bag's chunks (zstd).")] = False,
    params_file: Annotated[
        Path | None,
        typer.Option(
            help="ROS parameter file of the robot: when its hand rests and joint_state_age, for the metadata."
        ),
    ] = None,
    namespace: Annotated[str, typer.Option(help="Namespace of the stack.")] = "",
    duration: Annotated[float, typer.Option(min=0.0, help="Seconds to record; 0: until Ctrl-C.")] = 0.0,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """Record touch, joints, wrist, corrections, targets, goals and diagnostics until Ctrl-C, as a rosbag2 MCAP bag.

    Whatever happens, a kill included, at most the last second is lost. `ros2 bag` and `rosbags` read it.
    """
    from tacrefine.bringup.description import NodeSpec
    from tacrefine.bringup.ros import require_ros, run_node
    from tacrefine.cli.robot_settings import policy_values, recorded_with
    from tacrefine.errors import DataError
    from tacrefine.hands import load_hand
    from tacrefine.provenance import write_figures
    from tacrefine.touch.adapters import load_adapter

    if out is not None and out.exists():
        raise DataError(f"{out}: exists already and is not overwritten; choose another name for the bag.")
    described = load_hand(hand)
    if adapter:
        load_adapter(adapter, described)
    settled = recorded_with(params_file)
    require_ros()
    parameters = {"hand": hand, "object": object, "object_fixed": fixed, "also": also, "compress": compress}
    adapter = adapter or str(policy_values(params_file).get("adapter", ""))
    if adapter:
        parameters["adapter"] = adapter
    if settled:
        parameters["settled"] = json.dumps(settled)
    if out is not None:
        parameters["bag"] = str(out)
    spec = NodeSpec("recorder", namespace, parameters)
    with RecordingView(duration) as view:
        run_node(spec.executable, spec.ros_arguments(), view.goes_on)
    if view.failure:
        raise DataError(view.failure)
    print(f"{view.figures['bag']}: {view.figures['messages']} messages, {view.figures['bytes']} bytes")
    if json_file is not None:
        write_figures(json_file, view.figures)


class RecordingView:
    """Says live what is recorded: a table in a terminal, else a line every ten seconds. `duration` s, 0: no end."""

    def __init__(self, duration: float) -> None:
        from rich.console import Console
        from rich.live import Live

        self._duration = duration
        self._node: Any = None
        self._told = time.monotonic()
        self._recorder: Any = None
        console = Console(stderr=True)
        self._live = Live(console=console, auto_refresh=False) if console.is_terminal else None

    def __enter__(self) -> RecordingView:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    @property
    def failure(self) -> str:
        """Why nothing was recorded, or not to the end."""
        if self._recorder is None:
            return self._node.health.last_error if self._node is not None else "no node was started"
        return str(self._recorder.failure)

    @property
    def figures(self) -> dict[str, Any]:
        """Bag, messages of all and of each topic, bytes and seconds."""
        recording = self._recorder.recording
        return {
            "bag": str(recording.path),
            "messages": recording.messages,
            "topics": recording.counts,
            "bytes": recording.size,
            "seconds": round(self._recorder.seconds, 1),
        }

    def goes_on(self, node: Any) -> bool:
        """Look at the node; whether it should go on."""
        self._node, self._recorder = node, node.recorder or self._recorder
        if self._recorder is None or self._recorder.failure or node.health.failure:
            return False
        now = time.monotonic()
        if now - self._told >= (0.5 if self._live is not None else REPORT_PERIOD_S):
            self._told = now
            self._tell()
        return not self._duration or self._recorder.seconds < self._duration

    def _tell(self) -> None:
        figures = self.figures
        total = (
            f"{figures['seconds']:.0f} s, {figures['messages']} messages, {figures['bytes'] / 2**20:.1f} MiB"
        )
        rates = {name: stream.rate() for name, stream in self._node.health.streams.items()}
        if self._live is None:
            topics = ", ".join(f"{name} {rate:.0f} Hz" for name, rate in rates.items())
            print(f"{figures['bag']}: {total}; {topics or 'no topic yet'}", file=sys.stderr, flush=True)
            return
        from rich.table import Table

        table = Table("topic", "messages", "Hz", title=f"{figures['bag']}: {total}")
        for name, count in figures["topics"].items():
            table.add_row(name, str(count), f"{rates.get(name, 0.0):.1f}")
        self._live.update(table, refresh=True)
