"""Pick a part up, refine the grasp or not, and insert it into slots or holes: how often does it go in?

    python examples/pick_refine_insert/run.py --tries 100 --json FILE --plot FILE

Each try has another robot, mass, friction, target and execution error, and is made in each way of using touch. All of
it runs in this process, in simulated time; `tacrefine demo --task plate` runs the same trees over ROS 2. Broken off, it
goes on where it was with the same command.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tacrefine.errors import ConfigError, TacrefineError
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.planner.tasks import TASKS, task_of
from tacrefine.plants import load_plant
from tacrefine.policy import load_policy
from tacrefine.refine.settings import RefineSettings
from tacrefine.sim.world import load_cell


def main() -> int:
    """Run, print the table, write the files."""
    options = _parser().parse_args()
    try:
        _run(options)
    except TacrefineError as error:
        print(f"pick_refine_insert: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("broken off; the same command goes on from here", file=sys.stderr)
        return 130
    return 0


def _run(options: argparse.Namespace) -> None:
    try:
        import insertion_figures as report

        from tacrefine.planner.places import places_of
        from tacrefine.planner.trees import Motion, Way
        from tacrefine.planner.tries import Setting, run_try
    except ModuleNotFoundError as error:
        if error.name != "py_trees":
            raise
        raise ConfigError("py_trees is missing; install it with pip install 'tacrefine[planner]'") from None
    task = TASKS[task_of(options.task)]
    for name in ("cell", "hand", "object", "model", "model_based"):
        if getattr(options, name) is None:
            setattr(options, name, getattr(task, name))
    cell, hand, objects = load_cell(options.cell), load_hand(options.hand), load_objects(task.objects)
    feasible = [str(way) for way in Way if way.is_possible_in(cell)]
    options.way = options.way or feasible
    options.clearance = options.clearance or places_of(cell)
    known = {"--clearance": places_of(cell), "--way": feasible, "--object": list(objects)}
    for name, asked in (
        ("--clearance", options.clearance),
        ("--way", options.way),
        ("--object", [options.object]),
    ):
        unknown = [value for value in asked if value not in known[name]]
        if unknown:
            raise ConfigError(
                f"{name} {unknown[0]} is unknown; allowed are {', '.join(known[name]) or 'none'}"
            )
    plant = load_plant(options.plant)
    if plant.tactile_model != "elastic":
        raise ConfigError(f"--plant {options.plant} is not elastic; the simulated robot needs an elastic one")
    ways = [Way(way) for way in options.way]
    stated = {
        "object": options.object,
        "hand": options.hand,
        "plant": options.plant,
        "clearances": options.clearance,
        "seed": options.seed,
        "cell": cell.model_dump(mode="json", exclude_defaults=True),
        **task.tolerances,
        **({"search_radius": task.search_radius} if task.search_radius else {}),
        **({"model": options.model} if options.model else {}),
        **({"model_based": options.model_based} if options.model_based else {}),
    }
    records = report.read(options.json, stated) if options.json else []
    todo = report.pending(records, options.tries, ways)
    console = Console()
    setting = Setting(
        hand,
        objects[options.object],
        plant,
        cell,
        load_policy(options.model or options.hand, hand),
        tuple(options.clearance),
        options.seed,
        options.model_based,
        RefineSettings(**task.tolerances),
        Motion(search_radius=task.search_radius),
    )
    bar = Progress(
        TextColumn("tries"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
    )
    with bar:
        shown = bar.add_task("", total=options.tries, completed=options.tries - len(todo))
        for number in todo:
            done = {record["way"] for record in records if record["try"] == number}
            records += run_try(setting, number, [way for way in ways if str(way) not in done])
            bar.advance(shown)
            if options.json:
                report.write(options.json, stated, options.clearance, records)
    figures = report.summary(records, options.clearance)
    if options.json:
        report.write(options.json, stated, options.clearance, records)
    console.print(report.table(figures, options.clearance))
    if options.plot:
        report.plot(options.plot, figures, options.clearance)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add(
        "--task",
        choices=list(TASKS),
        default="plate",
        help="plate into slots, or peg into holes (default plate)",
    )
    add("--tries", type=int, default=100, help="tries, each in every way (default 100)")
    add(
        "--way",
        nargs="+",
        help="how touch is used: none, in_place, compensate, in_place+compensate, put_down (default all that the "
        "cell allows)",
    )
    add("--clearance", nargs="+", help="slots or holes of the cell, by clearance in mm (default all)")
    add("--object", help="part of the task's set (default plate_8, peg_12x80)")
    add("--hand", help="hand: a name or a YAML file (default five_finger, parallel_gel)")
    add(
        "--model",
        help="name or path of the model (default the one named like the hand)",
    )
    add(
        "--model-based",
        help="plant of model-based refinement (default none)",
    )
    add("--plant", default="handling", help="robots to draw from, elastic touch (default handling)")
    add("--cell", help="cell with slots or holes: name or path (default slots, peg_table)")
    add("--seed", type=int, default=0, help="draws robots, masses, targets and execution errors")
    add("--json", type=Path, help="write figures and every try to this file, and go on from it")
    add("--plot", type=Path, help="draw the figures into this PNG")
    return parser


if __name__ == "__main__":
    sys.exit(main())
