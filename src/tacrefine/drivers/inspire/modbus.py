"""Registers over Modbus TCP, by pymodbus; every failure is a DeviceError in one sentence."""

from __future__ import annotations

import logging
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.drivers.optional import need
from tacrefine.errors import ConfigError, DeviceError

EXCEPTIONS = {1: "illegal function", 2: "illegal data address", 3: "illegal data value", 4: "device failure"}


def host_and_port(address: str) -> tuple[str, int]:
    """From ``host:port``; raises ConfigError."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ConfigError(
            f"parameter 'device': '{address}' must be host:port, for example 192.168.11.210:6000"
        )
    return host, int(port)


def _short(error: Exception) -> str:
    return str(error).rpartition("] ")[2]


class ModbusRegisters:
    """Byte-addressed int16 registers of one unit: a block of N spans 2 N addresses."""

    def __init__(self, address: str, unit: int, max_registers: int, timeout: float) -> None:
        self._address, self._unit, self._max = address, unit, max_registers
        self._host, self._port = host_and_port(address)
        self._timeout = timeout
        self._module = need("pymodbus.client", "pymodbus")
        self._exception: type[Exception] = need("pymodbus.exceptions", "pymodbus").ModbusException
        logging.getLogger("pymodbus").setLevel(logging.CRITICAL)  # every failure becomes our own sentence
        self._client: Any = None

    def open(self) -> None:
        """Connect anew, so that no answer to an older question is left in the stream."""
        self.close()
        self._client = self._module.ModbusTcpClient(
            self._host, port=self._port, timeout=self._timeout, retries=0
        )
        if not self._client.connect():
            raise DeviceError(f"{self._address}: no connection")

    def close(self) -> None:
        """Disconnect; safe at any time."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def read(self, address: int, count: int) -> NDArray[np.int16]:
        """`count` registers from `address` on, in as many reads as it takes."""
        parts = []
        for done in range(0, count, self._max):
            size = min(self._max, count - done)
            # Each register takes two addresses: the map counts bytes.
            answer = self._call("read_holding_registers", address + 2 * done, count=size)
            if len(answer.registers) != size:
                raise DeviceError(
                    f"{self._address}: {len(answer.registers)} registers at {address + 2 * done}, asked for {size}"
                )
            parts.append(np.array(answer.registers, np.uint16).astype(np.int16))
        return np.concatenate(parts)

    def write(self, address: int, values: NDArray[np.int16]) -> None:
        """Set a block of registers (function 16)."""
        self._call("write_registers", address, values.astype(np.uint16).tolist())

    def write_one(self, address: int, value: int) -> None:
        """Set one register (function 06)."""
        self._call("write_register", address, value)

    def _call(self, method: str, address: int, *values: Any, **options: Any) -> Any:
        if self._client is None:
            raise DeviceError(f"{self._address}: not connected")
        try:
            answer = getattr(self._client, method)(address, *values, device_id=self._unit, **options)
        except (self._exception, OSError) as error:
            raise DeviceError(
                f"{self._address}: no answer from register {address} ({_short(error)})"
            ) from error
        except (ValueError, IndexError, TypeError, AttributeError, struct.error) as error:
            # What a decoder of a third party may stumble over when it is fed garbage.
            raise DeviceError(f"{self._address}: garbage from register {address} ({error})") from error
        if answer.isError():
            code = getattr(answer, "exception_code", 0)
            raise DeviceError(
                f"{self._address}: register {address} refused with exception {code} "
                f"({EXCEPTIONS.get(code, 'unknown')})"
            )
        return answer
