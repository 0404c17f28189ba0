"""`tacrefine calibrate-optical`: an optical fingertip as taxels, from a few presses of a ball."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tacrefine.vision.gel.calibration import TaxelGrid


def calibrate_optical(
    folder: Annotated[
        Path, typer.Argument(help="Folder with rest*.png (untouched) and press*.png (ball pressed in).")
    ],
    ball_radius: Annotated[
        float, typer.Option(min=2e-4, max=0.05, help="Radius of the ball, m.", show_default=False)
    ],
    width: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="What the image shows left to right, m; 0: the model's.")
    ] = 0.0,
    model: Annotated[
        str, typer.Option(help="Fingertip: gelsight_mini, digit or any (camera mode and width).")
    ] = "any",
    device: Annotated[
        str, typer.Option(help="Take the images from this camera (number or path) first.")
    ] = "",
    presses: Annotated[int, typer.Option(min=1, max=50, help="Presses to take with --device.")] = 5,
    hand: Annotated[
        str, typer.Option(help="Hand whose pad gives rows, columns and pitch: a name or a YAML file.")
    ] = "",
    pad: Annotated[str, typer.Option(help="That pad's name.")] = "",
    rows: Annotated[int, typer.Option(min=0, max=200, help="Rows of taxels; 0: as many as fit.")] = 0,
    cols: Annotated[int, typer.Option(min=0, max=200, help="Columns of taxels; 0: as many as fit.")] = 0,
    pitch: Annotated[float, typer.Option(min=1e-4, max=0.05, help="From taxel to taxel, m.")] = 0.0015,
    turn: Annotated[
        int, typer.Option(min=0, max=3, help="Quarter turns that bring the image into the pad's frame.")
    ] = 0,
    mirror: Annotated[bool, typer.Option(help="Swap left and right of the image before turning.")] = False,
    out: Annotated[Path, typer.Option(help="Calibration to write.")] = Path("out/optical.npz"),
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """Find how a gel's image becomes depth and taxels; write the calibration and a picture beside it.

    Press a ball of known radius a few times, at places and depths of your choice, each time further than 2 radii
    of the contact from the image's rim if you can.
    """
    from tacrefine.drivers.optical.device import OpticalDevice, load_mode, open_camera
    from tacrefine.drivers.optical.presses import read_folder, take
    from tacrefine.errors import ConfigError
    from tacrefine.provenance import write_figures
    from tacrefine.vision.gel.calibration import calibrate
    from tacrefine.vision.gel.files import save
    from tacrefine.vision.gel.picture import draw

    mode = load_mode(model)
    width = width or mode.view_width
    if not width:
        raise ConfigError("--width: say how much of the gel the image shows from left to right, in m.")
    if out.suffix != ".npz":
        raise ConfigError(f"--out {out}: must end with .npz.")
    if device:
        camera = OpticalDevice(device, lambda: open_camera(device, mode, 2.0), 2.0)
        take(camera, folder, presses, _ask)
    rest, pressed = read_folder(folder)
    height = width * rest[0].shape[0] / rest[0].shape[1]
    seen = (width, height) if turn % 2 else (height, width)
    grid = _grid(hand, pad, (rows, cols), pitch, seen, turn, mirror)
    calibration = calibrate(rest, pressed, ball_radius, width, grid)
    save(calibration, out)
    picture = out.with_suffix(".png")
    draw(calibration, pressed, picture)
    found = []
    for (name, image), press in zip(pressed, calibration.presses, strict=True):
        deep = press.depth(ball_radius)
        print(f"{name}: contact radius {1e3 * press.radius:.2f} mm, depth {1e3 * deep:.2f} mm")
        found.append(
            {
                "name": name,
                "right_m": press.right,
                "down_m": press.down,
                "contact_radius_m": press.radius,
                "depth_m": deep,
                "map_depth_m": float(calibration.depth(image).max()),
            }
        )
    print(f"left unexplained: {100 * calibration.unexplained:.1f} % of the presses' depth (mean square)")
    print(f"{out}: {grid.rows} x {grid.cols} taxels, full scale {1e3 * calibration.full_scale:.2f} mm")
    print(f"{picture}: look at it; a green circle must lie on every contact")
    if json_file is not None:
        figures = {
            "presses": found,
            "unexplained": calibration.unexplained,
            "full_scale_m": calibration.full_scale,
            "rows": grid.rows,
            "cols": grid.cols,
        }
        write_figures(json_file, figures)


def _ask(sentence: str) -> None:
    input(f"{sentence} Then press Enter. ")


def _grid(
    hand: str,
    pad: str,
    shape: tuple[int, int],
    pitch: float,
    seen: tuple[float, float],
    turn: int,
    mirror: bool,
) -> TaxelGrid:
    """The grid of taxels: the named pad's, or what fits into `seen` (down and across, m) of the turned image."""
    from tacrefine.errors import ConfigError
    from tacrefine.hands import load_hand
    from tacrefine.vision.gel.calibration import TaxelGrid

    if bool(hand) != bool(pad):
        raise ConfigError("--hand and --pad belong together; give both or neither.")
    if hand:
        described = load_hand(hand)
        names = [item.name for item in described.pads]
        if pad not in names:
            raise ConfigError(f"--pad {pad}: hand '{described.name}' has {', '.join(names)}.")
        found = described.pads[names.index(pad)]
        return TaxelGrid(found.rows, found.cols, float(found.row_pitch), turn, mirror)
    rows, cols = (n or max(1, int(length / pitch + 1e-6)) for n, length in zip(shape, seen, strict=True))
    return TaxelGrid(rows, cols, pitch, turn, mirror)
