"""`tacrefine emulate`: play a device in software, to try a driver without the hardware."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tacrefine.drivers.emulation.faults import Fault

FAULTS = "none, drop, silent, late, short, fewer, garbage, wrong_id, exception, checksum"

emulate = typer.Typer(no_args_is_help=True, help="Play a device in software.")


@emulate.callback()
def _group() -> None:
    """Play a device over its real transport, on this machine only, until Ctrl-C."""


@emulate.command("inspire")
def inspire(
    port: Annotated[int, typer.Option(min=0, max=65535, help="TCP port on 127.0.0.1; 0: a free one.")] = 6000,
    fault: Annotated[str, typer.Option(help=f"Misbehave in every answer: {FAULTS}.")] = "none",
    angle_set: Annotated[
        str, typer.Option(help="Addresses of ANGLE_SET, one for each of the six drives.")
    ] = "1486,1488,1490,1492,1494,1496",
) -> None:
    """Play an Inspire RH56DFTP hand over Modbus TCP: it follows trajectories, and feels more the more it closes."""
    from tacrefine.drivers.emulation.inspire import InspireEmulator
    from tacrefine.errors import ConfigError

    addresses = angle_set.split(",")
    if len(addresses) != 6 or not all(part.isdecimal() and int(part) < 3000 for part in addresses):
        raise ConfigError(
            f"--angle-set must be six addresses below 3000 with commas between, not '{angle_set}'."
        )
    emulator = InspireEmulator(port, plays_touch=True, angle_set=[int(part) for part in addresses])
    emulator.fault = _fault(fault)
    try:
        emulator.start()
    except OSError as error:
        raise ConfigError(f"--port {port}: cannot be used ({error.strerror}); 0 takes a free one.") from None
    try:
        _wait("driver:=inspire_rh56dftp", f"device:={emulator.address}", "hand:=inspire_rh56dftp")
    finally:
        emulator.stop()


@emulate.command("paxini")
def paxini(
    port: Annotated[Path, typer.Option(help="Link that is made for the serial port.")] = Path(
        "/tmp/tacrefine-paxini"  # noqa: S108 - a link that people type; one that is in the way is refused
    ),
    connectors: Annotated[
        int, typer.Option(min=1, max=8, help="Arrays on the control box, from connector 1 on.")
    ] = 1,
    fault: Annotated[str, typer.Option(help=f"Misbehave in every answer: {FAULTS}.")] = "none",
) -> None:
    """Play a PaXini control box on a pseudo-terminal: something round moves over its arrays."""
    from tacrefine.drivers.emulation.paxini import PaxiniEmulator

    _check_link(port)
    numbers = tuple(range(1, connectors + 1))
    emulator = PaxiniEmulator(port, numbers)
    emulator.fault = _fault(fault)
    with emulator:
        emulator.play()
        pads = ", ".join(f"{number}:pad_{number}" for number in numbers)
        _wait("driver:=paxini", f"device:={port}", f"paxini_pads:='{pads}'")


@emulate.command("paxini-gen3")
def paxini_gen3(
    port: Annotated[Path, typer.Option(help="Link that is made for the serial port.")] = Path(
        "/tmp/tacrefine-gen3"  # noqa: S108 - as above
    ),
    sensors: Annotated[
        str, typer.Option(help="Sensors as module:pad:model with commas between, as the parameter gen3_pads.")
    ] = "Thumb-Tip:thumb_tip:PXSR-STDDP03D, Index-Tip:index_tip:PXSR-STDDP03A",
    board: Annotated[str, typer.Option(help="hand or single: which communication board.")] = "hand",
    fault: Annotated[str, typer.Option(help=f"Misbehave in every answer: {FAULTS}.")] = "none",
) -> None:
    """Play a PaXini GEN3 communication board on a pseudo-terminal: something presses its sensors by turns."""
    from tacrefine.drivers.emulation.paxini_gen3 import Gen3HandBoard, Gen3SingleBoard
    from tacrefine.drivers.paxini.gen3 import gen3_pads
    from tacrefine.errors import ConfigError

    if board not in ("hand", "single"):
        raise ConfigError(f"--board must be hand or single, not '{board}'.")
    _check_link(port)
    pads = gen3_pads(sensors, board)
    counts = {pad.module: pad.count for pad in pads}
    emulator = Gen3HandBoard(port, counts) if board == "hand" else Gen3SingleBoard(port, pads[0].count)
    emulator.fault = _fault(fault)
    with emulator:
        emulator.play()
        _wait("driver:=paxini_gen3", f"device:={port}", f"gen3_board:={board}", f"gen3_pads:='{sensors}'")


@emulate.command("robotiq")
def robotiq(
    port: Annotated[Path, typer.Option(help="Link that is made for the serial port.")] = Path(
        "/tmp/tacrefine-tsf85"  # noqa: S108 - as above
    ),
    fault: Annotated[str, typer.Option(help=f"Misbehave in every answer: {FAULTS}.")] = "none",
) -> None:
    """Play both Robotiq TSF-85 fingertips on a pseudo-terminal: something round moves over them."""
    from tacrefine.drivers.emulation.robotiq import RobotiqEmulator

    _check_link(port)
    emulator = RobotiqEmulator(port)
    emulator.fault = _fault(fault)
    with emulator:
        emulator.play()
        _wait("driver:=robotiq_tsf85", f"device:={port}")


@emulate.command("gel")
def gel(
    folder: Annotated[Path, typer.Argument(help="Folder for the images; made where it is missing.")],
    ball_radius: Annotated[float, typer.Option(min=0.002, max=0.02, help="Radius of the ball, m.")] = 0.004,
    presses: Annotated[int, typer.Option(min=1, max=50, help="Presses of the ball.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Which gel, and where it is pressed.")] = 0,
) -> None:
    """Write images of a simulated optical fingertip for `calibrate-optical`, and a film of a press for its driver."""
    from tacrefine.drivers.emulation.gel import FILM, GelEmulator
    from tacrefine.errors import ConfigError

    if folder.is_dir() and any(folder.iterdir()):
        raise ConfigError(f"{folder}: is not empty; name another folder.")
    GelEmulator(ball_radius, seed).write(folder, presses)
    print(f"{folder}: images at rest and of {presses} presses, and the film {FILM}; now:")
    print(
        f"  tacrefine calibrate-optical {folder} --ball-radius {ball_radius:g} --width 0.018 --out {folder}/gel.npz"
    )


def _check_link(port: Path) -> None:
    from tacrefine.errors import ConfigError

    if port.exists() and not port.is_symlink():
        raise ConfigError(f"--port {port}: is there and no link; name one that may be made.")


def _fault(name: str) -> Fault:
    from tacrefine.drivers.emulation.faults import Fault
    from tacrefine.errors import ConfigError

    if name not in list(Fault):
        raise ConfigError(f"--fault must be one of {FAULTS}, not '{name}'.")
    return Fault(name)


def _wait(*parameters: str) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background job would ignore Ctrl-C
        signal.signal(number, signal.default_int_handler)
    words = " ".join(f"-p {word}" for word in parameters)
    print("Playing until Ctrl-C. The driver for it, from another shell:", flush=True)
    print(f"  python -m tacrefine.nodes.drivers.driver --ros-args {words}", flush=True)
    threading.Event().wait()
