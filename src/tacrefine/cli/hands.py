"""`tacrefine hands`: make a hand of your own one that can be simulated and refined with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

CALIBRATION_PLANT = "training_narrow"
"""robots near the nominal one, as the weights for any hand learned from"""

hands = typer.Typer(no_args_is_help=True, help="Hands as data, also of your own.")


@hands.callback()
def _group() -> None:
    """Hands: import a robot model, fit its grasp, look at it, and tell others of it."""


@hands.command("add")
def add(
    model: Annotated[Path, typer.Argument(help="The robot model: URDF or MJCF.")],
    wrist: Annotated[str, typer.Option(help="Link (body) that the arm moves; all fingers hang on it.")],
    out: Annotated[Path, typer.Option(help="The hand's YAML file.")],
    fingers: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME=LINK, with the link that carries the finger's pad; by commas, or repeated. With --pads-on names "
            "alone."
        ),
    ] = None,
    pads: Annotated[
        Path | None,
        typer.Option(
            help="YAML that places the pads: finger: [{link, position, rotation_vector, rows, ...}]."
        ),
    ] = None,
    pads_on: Annotated[
        list[str] | None,
        typer.Option(help="Links (or MJCF sites) to put a grid of taxels on, on the side that closes."),
    ] = None,
    driven: Annotated[
        list[str] | None, typer.Option(help="Driven joints, where the model does not say or says otherwise.")
    ] = None,
    rows: Annotated[
        int | None, typer.Option(min=1, max=64, help="Rows of a grid, along the finger; default 8.")
    ] = None,
    cols: Annotated[
        int | None, typer.Option(min=1, max=64, help="Columns of a grid, across the finger; default 6.")
    ] = None,
    pitch: Annotated[
        float | None, typer.Option(min=2e-4, max=0.05, help="Between taxels of a grid, m; default 0.002.")
    ] = None,
    layout: Annotated[
        str | None,
        typer.Option(
            help="With --pads-on, instead of a grid: a PaXini sensor by name (PXSR-..., PX6AX-...), or a CSV file."
        ),
    ] = None,
    components: Annotated[int, typer.Option(help="Force components of a taxel: 1 or 3.")] = 1,
    name: Annotated[str | None, typer.Option(help="Name of the hand; else that of the file.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a file that is there.")] = False,
) -> None:
    """Write a hand's YAML file from a robot model."""
    from tacrefine.documents import write_atomically
    from tacrefine.errors import ConfigError
    from tacrefine.sim.hand_setup.importing import WantedHand, finger_links, import_hand, layout_of

    _check_out(out, replace)
    if components not in (1, 3):
        raise ConfigError(f"--components {components} is not allowed; use 1 or 3.")
    links = finger_links(_listed(fingers), _listed(pads_on), model)
    if pads is None and not links:
        raise ConfigError("say where the pads are: --pads-on LINK,... or --fingers NAME=LINK or --pads FILE.")
    if pads is not None and layout is not None:
        raise ConfigError(
            "--layout is for --pads-on; a file of pads (--pads) names layouts itself, as 'taxels'."
        )
    placed = layout_of(layout, components, rows=rows, cols=cols, pitch=pitch)
    wanted = WantedHand(model, wrist, links, pads, tuple(_listed(driven)), placed, name or out.stem)
    made = import_hand(wanted)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(out, made.text)
    hand = made.hand
    for note in made.notes:
        print(f"Note: {note}.")
    print(
        f"{hand.name}: {len(hand.fingers)} fingers ({', '.join(finger.name for finger in hand.fingers)}), "
        f"{len(hand.joint_names)} joints of which {len(hand.actuated_joints)} are driven, {hand.taxel_count} taxels on "
        f"{len(hand.pads)} pads; a grasp needs {hand.grasp_sentence}."
    )
    print(f"Written to {out}. Next: tacrefine hands fit {out}")


@hands.command("fit")
def fit(
    file: Annotated[
        Path, typer.Argument(help="The hand's YAML file; open, closed and grasp_centre are replaced.")
    ],
    objects: Annotated[str, typer.Option(help="Object set: a name or a YAML file.")] = "fifteen",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """Find the closed posture and the grasp centre, and say what the hand can hold."""
    from tacrefine.cli.objects import progress
    from tacrefine.documents import write_atomically
    from tacrefine.objects import load_objects
    from tacrefine.provenance import write_figures
    from tacrefine.sim.hand_setup.files import hand_content
    from tacrefine.sim.hand_setup.fitting import ENOUGH, fit_hand
    from tacrefine.sim.hand_setup.importing import file_text

    known, content = load_objects(objects), hand_content(file)
    with progress() as report:
        found = fit_hand(content.values, known, str(file), report)
    fitted = {key: value for key, value in found.content.items() if key != "deviation_factors"}
    write_atomically(file, file_text(content.as_written(fitted), content.comment))
    _print_shares(found.shares, ENOUGH)
    if len(found.cannot_hold) < len(found.shares):
        _calibrate(file, "any_hand", objects, CALIBRATION_PLANT)
    print(f"Written to {file}. Look at it: tacrefine hands show {file} --object plate_6 --out hand.png")
    if json_file is not None:
        write_figures(json_file, {"hand": found.hand.name, "share_valid": dict(found.shares),
                                  "cannot_hold": list(found.cannot_hold)})  # fmt: skip
    if len(found.cannot_hold) == len(found.shares):
        raise typer.Exit(1)


@hands.command("calibrate")
def calibrate(
    file: Annotated[Path, typer.Argument(help="The hand's YAML file; deviation_factors are replaced.")],
    model: Annotated[
        str, typer.Option(help="Model for any hand: a name in models/ or a folder.")
    ] = "any_hand",
    objects: Annotated[str, typer.Option(help="Object set: a name or a YAML file.")] = "fifteen",
    plant: Annotated[
        str, typer.Option(help="Plant that robots are sampled from: a name or a YAML file.")
    ] = CALIBRATION_PLANT,
) -> None:
    """Find by simulated grasps how far off a model's standard deviations are on this hand; `fit` does it too.

    The factors go into the hand's file, and every correction of that model on this hand has them. No training.
    """
    _calibrate(file, model, objects, plant)


@hands.command("show")
def show(
    hand: Annotated[str, typer.Argument(help="A hand's name or YAML file.")],
    item: Annotated[str, typer.Option("--object", help="Object that it holds.")] = "plate_6",
    out: Annotated[Path, typer.Option(help="PNG to write.")] = Path("hand.png"),
    objects: Annotated[str, typer.Option(help="Object set: a name or a YAML file.")] = "fifteen",
) -> None:
    """Draw the hand closed on an object, from two sides: links, pads, taxels, frames."""
    import numpy as np

    from tacrefine.errors import ConfigError
    from tacrefine.hands import load_hand
    from tacrefine.objects import load_objects
    from tacrefine.plants import load_plant
    from tacrefine.sim import QuasistaticSimulator
    from tacrefine.sim.placement.picture import draw_grasp

    shown, known = load_hand(hand), load_objects(objects)
    if item not in known:
        raise ConfigError(f"--object {item} is unknown; {objects} has {', '.join(known)}.")
    if out.suffix.lower() != ".png":
        raise ConfigError(f"{out}: the picture is a PNG, its name must end in .png.")
    sample = load_plant("ideal").sample(shown, np.random.default_rng(0))
    grasp = QuasistaticSimulator(shown).grasp(known[item], np.zeros((1, 6)), sample)
    draw_grasp(shown, known[item], grasp.joints[0], grasp.force[0], out, frames=True)
    verdict = "a grasp" if grasp.valid[0] else f"no grasp, which needs {shown.grasp_sentence}"
    print(f"{shown.name} on {item}: {verdict}. Written to {out}")


@hands.command("check")
def check(
    hand: Annotated[str, typer.Argument(help="A hand's name or YAML file.")],
    objects: Annotated[str, typer.Option(help="Object set: a name or a YAML file.")] = "fifteen",
) -> None:
    """Check a hand's file, and say what it can hold as it stands; exit code 1 if that is nothing."""
    from tacrefine.hands import load_hand
    from tacrefine.objects import load_objects
    from tacrefine.sim.hand_setup.fitting import ENOUGH, shares_of

    checked = load_hand(hand)
    print(
        f"{checked.name}: {len(checked.fingers)} fingers, {len(checked.joint_names)} joints of which "
        f"{len(checked.actuated_joints)} are driven, {checked.taxel_count} taxels on {len(checked.pads)} pads; a grasp "
        f"needs {checked.grasp_sentence}."
    )
    shares = shares_of(checked, load_objects(objects), 200)
    _print_shares(shares, ENOUGH)
    if all(share < ENOUGH for share in shares.values()):
        raise typer.Exit(1)


@hands.command("description")
def description(
    hand: Annotated[str, typer.Argument(help="Name or path of the hand description.")] = "five_finger",
    out: Annotated[
        Path | None, typer.Option(help="URDF file to write; else it is printed on standard output.")
    ] = None,
    prefix: Annotated[str, typer.Option(help="What stands before the names of the hand's links.")] = "",
    arm: Annotated[
        str, typer.Option(help="MJCF or URDF of the arm that carries it: path or name of a shipped one.")
    ] = "",
    arm_tip: Annotated[
        str, typer.Option(help="Site, body or link of the arm that the hand's wrist is fixed to.")
    ] = "wrist",
) -> None:
    """Write the robot description (URDF) of a hand: links, joints, pads, grasp centre, and the arm if one is named.

    `robot_state_publisher`, MoveIt and RViz read it. Links are drawn with plain shapes; masses are left out.
    """
    from tacrefine.hands import load_hand
    from tacrefine.scene.arm_urdf import describe_robot

    text = describe_robot(load_hand(hand), prefix, arm, arm_tip)
    if out is None:
        typer.echo(text, nl=False)
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
    typer.echo(f"{out}: written")


def _calibrate(file: Path, model: str, objects: str, plant: str) -> None:
    from tacrefine.documents import write_atomically
    from tacrefine.errors import ModelError
    from tacrefine.hands import load_hand
    from tacrefine.objects import load_objects
    from tacrefine.plants import load_plant
    from tacrefine.policy import load_policy
    from tacrefine.policy.deviation_factors import deviation_factors
    from tacrefine.sim.hand_setup.files import hand_content
    from tacrefine.sim.hand_setup.importing import file_text

    content = hand_content(file)
    policy = load_policy(model, load_hand(file if file.suffix else file.with_name(f"{file.name}.yaml")))
    if not policy.card.for_any_hand:
        raise ModelError(
            f"model '{policy.model_id}' is of this hand alone: its deviations were set at the end of its training; "
            "calibrate one for any hand."
        )
    found = deviation_factors(policy, list(load_objects(objects).values()), load_plant(plant))
    known = {**content.values.get("deviation_factors", {}), policy.model_id: found}
    values = content.as_written({**content.values, "deviation_factors": known})
    write_atomically(file, file_text(values, content.comment))
    told = sorted(factor for factors in found.values() for factor in factors.values()) or [1.0]
    print(
        f"  standard deviations of {policy.model_id} on this hand are multiplied by {told[0]:g} to {told[-1]:g}"
    )


def _print_shares(shares: Mapping[str, float], enough: float) -> None:
    for name, share in shares.items():
        verdict = "can hold it" if share >= enough else "cannot hold it"
        print(f"  {name}: {100 * share:.0f} % of the sampling box are valid grasps, {verdict}")


def _check_out(out: Path, replace: bool) -> None:
    from tacrefine.errors import ConfigError

    if out.suffix not in (".yaml", ".yml"):
        raise ConfigError(f"{out}: a hand is a YAML file, its name must end in .yaml.")
    if out.exists() and not replace:
        raise ConfigError(f"{out}: is there already; --replace replaces it.")


def _listed(values: list[str] | None) -> list[str]:
    """Entries of an option that may be repeated, separated by commas, or both."""
    return [part.strip() for value in values or [] for part in value.split(",") if part.strip()]
