"""The hand's register map (`config/drivers/inspire_rh56dftp.yaml`) and how it fits a hand description."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from tacrefine.config import Description, load_yaml, resolve
from tacrefine.drivers.taxels import PadLayout
from tacrefine.errors import ConfigError, DeviceError
from tacrefine.hands import Hand

OPEN_RAW = 1000.0
HOLD = -1


class Block(Description):
    """A pad's registers: rows x cols of int16 from `address` on."""

    name: str
    address: int = Field(ge=0, le=65535)
    rows: PositiveInt
    cols: PositiveInt
    order: Literal["rows", "columns_from_last_row"] = "rows"

    @property
    def count(self) -> int:
        """Number of registers."""
        return self.rows * self.cols

    def grid(self, registers: NDArray[np.int16]) -> NDArray[np.int16]:
        """Registers (count,) as taxels (count,) row-major."""
        if self.order == "rows":
            return registers
        return registers.reshape(self.cols, self.rows)[:, ::-1].T.ravel()


class DriveRegister(Description):
    """One of the six drives: which joint of the hand it is, and that joint's angle where the register reads 0."""

    finger: str
    role: Literal["closing", "posture"]
    radians_closed: PositiveFloat


class Registers(Description):
    """Start addresses of the register blocks; `angle_set` may be one address for each drive instead."""

    angle_set: int | tuple[int, ...]
    force_set: int
    speed_set: int
    angle_act: int
    force_act: int
    error: int
    status: int
    clear_error: int
    force_calibration: int


class InspireDescription(Description):
    """The file `config/drivers/inspire_rh56dftp.yaml`."""

    address: str
    unit: int = Field(ge=0, le=255)
    max_registers: int = Field(ge=1, le=125)
    max_count: PositiveInt
    pads: tuple[Block, ...] = Field(min_length=1)
    drives: tuple[DriveRegister, ...] = Field(min_length=1)
    registers: Registers
    status_names: dict[int, str]
    error_bits: tuple[str, ...]
    byte_order: Literal["low_first", "high_first"] = "low_first"

    @model_validator(mode="after")
    def _check_angle_set(self) -> InspireDescription:
        addresses = self.registers.angle_set
        if not isinstance(addresses, int) and len(addresses) != len(self.drives):
            raise ValueError(
                f"registers.angle_set names {len(addresses)} addresses; allowed are the first of a block, "
                f"or one for each of the {len(self.drives)} drives"
            )
        return self

    def angle_set_blocks(self) -> tuple[tuple[int, slice], ...]:
        """Blocks of ANGLE_SET that lie without a gap: start address, and which drives it holds."""
        addresses = self.registers.angle_set
        if isinstance(addresses, int):
            return ((addresses, slice(0, len(self.drives))),)
        blocks: list[tuple[int, slice]] = []
        for drive, address in enumerate(addresses):
            if blocks and address == addresses[drive - 1] + 2:
                start, part = blocks[-1]
                blocks[-1] = (start, slice(part.start, drive + 1))
            else:
                blocks.append((address, slice(drive, drive + 1)))
        return tuple(blocks)

    def bytes_of(self, registers: NDArray[np.int16]) -> NDArray[np.uint8]:
        """The two bytes of each register, in the order of their addresses."""
        kind = "<i2" if self.byte_order == "low_first" else ">i2"
        return registers.astype(kind).view(np.uint8)

    def errors_of(self, code: int) -> str:
        """An error register in words."""
        bits = [name for bit, name in enumerate(self.error_bits) if code >> bit & 1]
        return " and ".join(bits) or f"code {code}"


def load_inspire(name_or_path: str = "inspire_rh56dftp") -> InspireDescription:
    """Read the register map; raises ConfigError."""
    return load_yaml(resolve("drivers", name_or_path), InspireDescription)


class InspireHandMap:
    """Between registers and the hand description: pads by name, drives by finger and role."""

    def __init__(self, description: InspireDescription, hand: Hand) -> None:
        self.description, self.hand = description, hand
        blocks = {block.name: block for block in description.pads}
        for pad in hand.pads:
            block = blocks.get(pad.name)
            if block is None or (block.rows, block.cols) != (pad.rows, pad.cols):
                raise ConfigError(
                    f"hand '{hand.name}': pad '{pad.name}' of {pad.rows} x {pad.cols} taxels is none of driver "
                    f"inspire_rh56dftp, which has {', '.join(f'{b.name} {b.rows} x {b.cols}' for b in blocks.values())}"
                )
        self.blocks = tuple(blocks[pad.name] for pad in hand.pads)
        self.layout = tuple(PadLayout(block.name, block.rows, block.cols) for block in self.blocks)
        self.joints = tuple(self._joint(drive) for drive in description.drives)
        if sorted(self.joints) != sorted(hand.actuated_joints):
            raise ConfigError(
                f"hand '{hand.name}' has the actuated joints {', '.join(hand.actuated_joints)}; driver "
                f"inspire_rh56dftp drives {', '.join(self.joints)}"
            )
        self._span = np.array([drive.radians_closed for drive in description.drives])
        self._into_hand = [self.joints.index(name) for name in hand.actuated_joints]

    def _joint(self, drive: DriveRegister) -> str:
        for finger in self.hand.fingers:
            if finger.name == drive.finger:
                joint = finger.closing_joint if drive.role == "closing" else finger.posture_joint
                if joint:
                    return joint
        raise ConfigError(
            f"hand '{self.hand.name}' has no finger '{drive.finger}' with a drive of role '{drive.role}', "
            "which driver inspire_rh56dftp needs"
        )

    def counts(self, blocks: list[NDArray[np.int16]]) -> NDArray[np.float32]:
        """Registers of every block as counts (T,) in the hand's order; raises DeviceError for impossible ones."""
        limit = self.description.max_count
        for block, registers in zip(self.blocks, blocks, strict=True):
            worst = int(registers[np.argmax(np.where(registers < 0, 1 << 16, registers))])
            if not 0 <= worst <= limit:
                raise DeviceError(
                    f"pad '{block.name}' reads {worst}, allowed are 0 to {limit} counts: "
                    "the byte order of its registers is wrong"
                )
        grids = [block.grid(registers) for block, registers in zip(self.blocks, blocks, strict=True)]
        return np.concatenate(grids).astype(np.float32)

    def radians(self, raw: NDArray[np.floating]) -> NDArray[np.float64]:
        """Joint angles (6,) rad in the registers' order; 1000 is open, 0 closed."""
        return np.asarray(self._span * (1.0 - np.asarray(raw, float) / OPEN_RAW))

    def raw(self, radians: NDArray[np.float64]) -> NDArray[np.int16]:
        """Register values (6,) for joint angles (6,) rad, clipped to 0..1000."""
        return np.clip(np.rint(OPEN_RAW * (1.0 - radians / self._span)), 0, OPEN_RAW).astype(np.int16)

    def limits(self) -> NDArray[np.float64]:
        """Largest angle (6,) rad of every drive; the smallest is 0."""
        return self._span

    def joint_positions(self, raw: NDArray[np.floating]) -> NDArray[np.float64]:
        """All joints of the hand (J,) rad, coupled ones included."""
        return self.hand.joint_positions_at(self.radians(raw)[self._into_hand])

    def is_open(self, raw: NDArray[np.floating], tolerance: float = 0.15) -> bool:
        """Whether every closing drive is at its open position, within `tolerance` rad."""
        angles = self.radians(raw)
        wanted = dict(zip(self.hand.actuated_joints, self.hand.open_positions, strict=True))
        return all(
            angles[i] <= wanted[name] + tolerance
            for i, (name, drive) in enumerate(zip(self.joints, self.description.drives, strict=True))
            if drive.role == "closing"
        )
