"""Grasp a plate with execution error, refine the grasp or not, and insert it into a slot: how often does it go in?

    python examples/insert_planner/run.py --tries 100 --clearance 3 2 1 0.5 --json FILE --plot FILE

Broken off, it goes on where it was with the same command. The stack runs in processes of its own, as fast as it can.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import yaml
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tacrefine.bringup.arguments import Arguments
from tacrefine.demo.program import check_choices, running_stack
from tacrefine.errors import ConfigError, TacrefineError
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.sim.world import load_cell

RATE = 25.0
"""Hz of readings and of commands, in simulated time: less work for the processor than the usual 100"""
PARAMETERS = {
    "mujoco_bridge": {"rate": RATE, "arm_linear_speed": 0.4, "arm_angular_speed": 1.0},
    # Silence is judged by the wall clock, which says little where nobody keeps time: a busy machine may stall.
    "refine_server": {"arm_rate": RATE, "sensor_timeout": 10.0, "tactile_timeout": 10.0},
}


def main() -> int:
    """Run, print the table, write the files."""
    options = _parser().parse_args()
    try:
        _run(options)
    except TacrefineError as error:
        print(f"insert_planner: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("broken off; the same command goes on from here", file=sys.stderr)
        return 130
    return 0


def _run(options: argparse.Namespace) -> None:
    try:
        import insertion_figures as report
        import insertion_tries as tries
        from insertion_robot import PlannerRobot
    except ModuleNotFoundError as error:
        if error.name != "py_trees":
            raise
        raise ConfigError("py_trees is missing; install it with pip install 'tacrefine[examples]'") from None
    cell, hand, objects = load_cell(options.cell), load_hand(), load_objects()
    unknown = [clearance for clearance in options.clearance if clearance not in cell.slots]
    if unknown:
        raise ConfigError(
            f"--clearance {unknown[0]}: cell '{cell.name}' has {', '.join(cell.slots) or 'no slots'}"
        )
    check_choices(options.object, "fifteen", options.plant, "five_finger", "five_finger")
    settings = tries.Settings(
        options.object, options.plant, tuple(options.clearance), options.seed, options.per_robot
    )
    stated = {**vars(settings), "synthesis": options.model_based, "cell": cell.model_dump(mode="json")}
    records = report.read(options.json, stated) if options.json else []
    todo = list(tries.pending(records, options.tries))
    console, obj, shown = Console(), objects[options.object], -1
    bar = Progress(
        TextColumn("tries"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
    )
    with ExitStack() as stack:
        if todo:
            robot = stack.enter_context(running_stack(_arguments(options, stack), client=PlannerRobot))
        task = stack.enter_context(bar).add_task("", total=2 * options.tries, completed=len(records))
        for number, refine in todo:
            if number // options.per_robot != shown:
                shown = number // options.per_robot
                target, wrist = tries.show_target(robot, hand, obj, settings, shown)
                known = tries.known_cell(cell, obj, wrist)
            records.append(tries.one_try(robot, hand, known, target, settings, number, refine))
            bar.advance(task)
            if options.json:
                report.write(options.json, stated, report.summary(records, options.clearance), records)
    records.sort(key=lambda record: (record["try"], record["refined"]))
    figures = report.summary(records, options.clearance)
    if options.json:
        report.write(options.json, stated, figures, records)
    console.print(report.table(figures, options.clearance))
    if options.plot:
        report.plot(options.plot, figures, options.clearance)


def _arguments(options: argparse.Namespace, stack: ExitStack) -> Arguments:
    """The bringup's, with the bridge in this cell and a quick arm."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tacrefine-insert-")))
    file = folder / "parameters.yaml"
    cell = {"mujoco_bridge": {"cell": options.cell}}
    nodes = {
        f"/**/{node}": {"ros__parameters": {**values, **cell.get(node, {})}}
        for node, values in PARAMETERS.items()
    }
    file.write_text(yaml.safe_dump(nodes), encoding="utf-8")
    return Arguments(
        object=options.object,
        plant=options.plant,
        model_based=options.model_based,
        real_time_factor=0.0,
        params_file=str(file),
        log_level="warn",
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--tries", type=int, default=100, help="tries without and as many with refinement (default 100)")
    add(
        "--clearance",
        nargs="+",
        default=["3", "2", "1", "0.5"],
        help="slots of the cell, by clearance in mm",
    )
    add("--object", default="plate_8", help="plate of the set 'fifteen' (default plate_8)")
    add("--plant", default="nominal_elastic", help="simulated robot, elastic touch (default nominal_elastic)")
    add("--model-based", default="", help="plant to refine corrections with; empty: the network alone")
    add("--cell", default="slots", help="fixture and slots: name or path of a cell (default slots)")
    add("--seed", type=int, default=0, help="draws robots, targets and execution errors")
    add("--per-robot", type=int, default=10, help="tries with one robot and its target (default 10)")
    add("--json", type=Path, help="write figures and every try to this file, and go on from it")
    add("--plot", type=Path, help="draw the figures into this PNG")
    return parser


if __name__ == "__main__":
    sys.exit(main())
