"""The demo of a whole task: pick a part, refine the grasp by touch, insert it; first without touch, then with it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from tacrefine.bringup import ros
from tacrefine.bringup.arguments import Arguments
from tacrefine.demo.film_scene import FilmScene, Posture
from tacrefine.demo.program import check_choices, running_stack
from tacrefine.errors import ConfigError
from tacrefine.geometry import error_between, from_coordinates
from tacrefine.hands import Hand, load_hand
from tacrefine.objects import GraspObject, load_objects
from tacrefine.planner.tasks import TASKS, Task, TaskScene, off_along
from tacrefine.provenance import write_figures
from tacrefine.refine.settings import RefineSettings
from tacrefine.sim.robot import BASE_FROM_OBJECT
from tacrefine.sim.world import load_cell

RATE = 100.0
"""Hz of readings and of commands, in simulated time"""
CARRY_SPEED, CARRY_TURN = 0.15, 0.5
"""m/s and rad/s of the simulated arm. It is told where to go and plans the way itself: poses on the way would come late
from a busy machine, the arm would stop and go, and the held part would slip."""
LOOKS = 3
LEAST_OFF_M, LEAST_OFF_RAD = 0.004, 0.14
"""how far the camera is off at least: less would show little"""
FILMED_S = 0.05
"""simulated time between two pictures"""


SAY = {
    "look for the part": "looks for the part; the camera is some millimetres and degrees off",
    "go above it": "moves above where it saw the part",
    "go down": "moves down to it with the open hand",
    "close the hand": "closes the hand",
    "is it felt": "feels thumb and fingers on the part",
    "open the hand": "does not hold it: opens the hand",
    "rise": "rises, to look and grasp again",
    "refine in the nest": "refines the grasp by touch: refine_grasp, strategy in_place",
    "lift it a little": "lifts it a little",
    "put it down, grasp it anew": "puts it down and grasps it anew: refine_grasp, strategy put_down",
    "grip it firmly": "presses on with the fingers while the nest opens",
    "open the nest": "opens the nest: from now on friction alone holds the part",
    "let it settle": "",
    "is it held": "",
    "feel how it is held": "feels how the part sits in the hand: refine_grasp, strategy compensate",
    "lead the wrist by it": "corrects every following pose by what touch said",
    "lift it": "lifts the part",
    "go to the slot": "carries it to its place",
    "go near": "goes near",
    "is it still held": "",
    "go over it": "",
    "touch the rim": "lowers it to the rim",
    "search for the hole": "leads it on a small spiral until it falls in",
    "insert": "inserts, slowly",
    "is it in": "",
    "withdraw": "it is stuck on the rim: takes it back",
}


def run_task_demo(
    task: Task,
    seed: int,
    out: Path,
    json_file: Path | None,
    console: Console,
    rendering: str = "auto",
    model_based: str = "",
) -> dict[str, Any]:
    """Run it and return the figures; leaves no process behind, however it ends. Raises ConfigError without py_trees."""
    try:
        import py_trees  # noqa: F401
    except ModuleNotFoundError:
        raise ConfigError("py_trees is missing; install it with pip install 'tacrefine[planner]'") from None
    from tacrefine.demo.film import Clip, draw_film
    from tacrefine.planner.trees import Way

    scene = TASKS[task]
    check_choices(scene.object, scene.objects, scene.plant, scene.model_name, scene.hand)
    hand, obj = load_hand(scene.hand), load_objects(scene.objects)[scene.object]
    if model_based or scene.model_based:
        from tacrefine.identification.model_based.worker import Assumptions, Worker

        # Compiled here once, so that the policy's process has it before the first grasp is felt.
        Worker(
            Assumptions(scene.hand, scene.objects, model_based or scene.model_based, scene.model_name)
        ).warm_up()
    rng = np.random.default_rng(seed)
    target = obj.sample_poses(rng, 1, 0.3)[0]
    looks = [_look(obj, rng, target) for _ in range(LOOKS)]
    with tempfile.TemporaryDirectory(prefix="tacrefine-task-") as folder:
        arguments = _arguments(scene, seed, Path(folder), model_based)
        with running_stack(arguments, 120.0, client=ros.client("planner")) as robot:
            robot.hand, robot.tolerances = hand, scene.tolerances
            console.print("nodes are up: mujoco_bridge, policy, refine_server, each a process of its own")
            worker = _Worker(robot, hand, obj, scene, console)
            worker.show(target)
            clips = [
                worker.do(Way.NONE, looks, Clip("Without touch")),
                worker.do(Way.BOTH, looks, Clip("With touch")),
            ]
    result = {
        "task": str(task),
        "object": scene.object,
        "clearance_mm": 1e3 * (worker.known.place(scene.place).clearance or 0.0),
        "success": clips[1].inserted,
        "without": worker.figures[0],
        "with": worker.figures[1],
    }
    console.print(_table(result))
    console.print("drawing the film")
    pictures = FilmScene(hand, obj, load_cell(scene.cell), scene.place, rendering)
    try:
        film, picture = out / f"{task}.gif", out / f"{task}.png"
        draw_film(clips, worker.shown_touch, hand, pictures, scene.heading, film, picture)
        result["rendering"] = pictures.rendering
    finally:
        pictures.close()
    console.print(f"film: {film}")
    console.print(f"picture: {picture}")
    for path in [out / f"{task}.json", *([json_file] if json_file else [])]:
        write_figures(path, result)
        console.print(f"figures: {path}")
    return result


class _Worker:
    """Shows the grasp once, then does the task in one way after the other and films it."""

    def __init__(self, robot: Any, hand: Hand, obj: GraspObject, scene: TaskScene, console: Console) -> None:
        self._robot, self._hand, self._obj, self._scene = robot, hand, obj, scene
        self._console, self._cell = console, load_cell(scene.cell)
        self.figures: list[dict[str, Any]] = []

    def show(self, target: NDArray[np.float64]) -> None:
        """The grasp that is wanted, captured in the nest and again in the hand."""
        from tacrefine.planner.places import KnownCell
        from tacrefine.planner.trees import Targets

        names = Targets()
        self._target = target
        fixture = self._cell.fixture is not None
        wrist = self._robot.show(self._obj.name, target, names.in_nest, names.held, fixture)
        self._held = self._robot.fresh_truth()
        self.shown_touch = self._robot.frame.tactile.copy()
        self.known = KnownCell(self._cell, self._obj, BASE_FROM_OBJECT, wrist)
        self._console.print(
            "a grasp was shown once, and captured: as the part stands, and as the hand alone holds it"
        )

    def do(self, way: Any, looks: list[NDArray[np.float64]], clip: Any) -> Any:
        """The whole task; returns the clip."""
        from tacrefine.planner.places import is_inserted
        from tacrefine.planner.trees import Motion, Planner, failed_leaf

        robot, scene = self._robot, self._scene
        robot.reset(np.array([0.0, 0.0, 0.06, 0.0, 0.0, 0.0]), self._obj.name, timeout=600.0)
        robot.looks = list(looks)
        self._console.print(f"[bold]{clip.title}[/]")
        carry = RefineSettings(linear_speed=CARRY_SPEED, angular_speed=CARRY_TURN)
        planner = Planner(
            robot,
            self._hand,
            self.known,
            Motion(carry=carry, streams=False, search_radius=scene.search_radius),
        )
        judged: list[tuple[bool, float]] = []

        def judge() -> bool:
            judged.append(is_inserted(self.known, scene.place, robot.object_pose))
            return judged[-1][0]

        tree = planner.task(way, scene.place, judge)
        camera = _Camera(robot, clip, self._teller())
        began = robot.now
        off: list[tuple[float, float]] = []

        def after_tick() -> None:
            tip = tree.tip()
            leaf = "" if tip is None else tip.name
            if leaf == "lift it" and not off:
                off.append(self._error())
            camera(leaf)

        robot.run(tree, after_tick)
        failed = failed_leaf(tree)
        clip.inserted = bool(judged and judged[-1][0])
        clip.end = "It goes in." if clip.inserted else "It hits the rim." if judged else "The part was lost."
        if off:
            clip.off = f"grasp off by {off[0][0]:.1f} mm, {off[0][1]:.1f} degrees"
        colour = "green" if clip.inserted else "red"
        self._console.print(f"  [{colour}]{clip.end}[/] ({clip.off or 'never held'})")
        self.figures.append(
            {
                "inserted": clip.inserted,
                "depth_mm": round(1e3 * judged[-1][1], 2) if judged else None,
                "error_mm": round(off[0][0], 3) if off else None,
                "error_deg": round(off[0][1], 3) if off else None,
                "seconds": round(robot.now - began, 1),
                "failed": "" if failed is None else f"{failed.name}: {failed.feedback_message}",
            }
        )
        return clip

    def _error(self) -> tuple[float, float]:
        """Of the grasp against the one that was shown, mm and degrees, where a fit minds it."""
        from tacrefine.planner.places import misfit

        wanted, truth = from_coordinates(self._held), from_coordinates(self._robot.truth)
        metres, radians = misfit(self._obj, wanted, truth)
        return metres * 1e3, float(np.degrees(radians))

    def _teller(self) -> Callable[[str], None]:
        said = [""]

        def tell(leaf: str) -> None:
            if leaf != said[0]:
                said[0] = leaf
                words = SAY.get(leaf, "")
                if words:
                    self._console.print(f"  {words}")

        return tell


class _Camera:
    """Keeps a posture now and then, and tells each step."""

    def __init__(self, robot: Any, clip: Any, tell: Callable[[str], None]) -> None:
        self._robot, self._clip, self._tell, self._next = robot, clip, tell, -np.inf

    def __call__(self, leaf: str) -> None:
        self._tell(leaf)
        robot = self._robot
        if robot.now < self._next:
            return
        self._next = robot.now + FILMED_S
        frame = robot.frame
        self._clip.postures.append(
            Posture(
                robot.now, robot.wrist, robot.object_pose, frame.joints.copy(), frame.tactile.copy(), leaf
            )
        )


def _look(obj: GraspObject, rng: np.random.Generator, target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where the camera sees the part: off by execution error, and not by so little that nothing is to be seen."""
    while True:
        pose = obj.sample_poses(rng, 1)[0]
        metres, radians = error_between(from_coordinates(pose), from_coordinates(target))
        if 0.6 * LEAST_OFF_M <= metres <= LEAST_OFF_M and radians >= LEAST_OFF_RAD:
            return off_along(obj, pose, rng)


def _arguments(scene: TaskScene, seed: int, folder: Path, model_based: str) -> Arguments:
    """The bringup's, as fast as the machine, with a quick arm."""
    parameters = {
        "mujoco_bridge": {"rate": RATE, "arm_linear_speed": CARRY_SPEED, "arm_angular_speed": CARRY_TURN},
        "refine_server": {
            "arm_rate": RATE,
            "sensor_timeout": 10.0,
            "tactile_timeout": 10.0,
            "heartbeat_timeout": 10.0,  # by the wall clock, too: a busy machine may stall
        },
    }
    file = folder / "parameters.yaml"
    nodes = {f"/**/{node}": {"ros__parameters": values} for node, values in parameters.items()}
    file.write_text(yaml.safe_dump(nodes), encoding="utf-8")
    return Arguments(
        object=scene.object,
        objects=scene.objects,
        plant=scene.plant,
        cell=scene.cell,
        hand=scene.hand,
        model=scene.model_name,
        model_based=model_based or scene.model_based,
        seed=seed,
        real_time_factor=0.0,
        params_file=str(file),
        log_level="warn",
    )


def _table(result: dict[str, Any]) -> Table:
    table = Table(
        "",
        "inserted",
        "grasp off by",
        "seconds",
        title=f"Clearance {result['clearance_mm']:g} mm",
        title_justify="left",
    )
    for key, name in (("without", "without touch"), ("with", "with touch")):
        row = result[key]
        off = "" if row["error_mm"] is None else f"{row['error_mm']:.2f} mm, {row['error_deg']:.2f} deg"
        answer = "[green]yes[/]" if row["inserted"] else "[red]no[/]"
        table.add_row(name, answer, off, f"{row['seconds']:.0f}")
    return table
