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
    from tacrefine.errors import ConfigError

    if port.exists() and not port.is_symlink():
        raise ConfigError(f"--port {port}: is there and no link; name one that may be made.")
    numbers = tuple(range(1, connectors + 1))
    emulator = PaxiniEmulator(port, numbers)
    emulator.fault = _fault(fault)
    with emulator:
        emulator.play()
        pads = ", ".join(f"{number}:pad_{number}" for number in numbers)
        _wait("driver:=paxini", f"device:={port}", f"paxini_pads:='{pads}'")


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
