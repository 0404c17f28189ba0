"""A Modbus TCP server on 127.0.0.1 over memory that is addressed by bytes; functions 03, 06 and 16, and faults."""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import threading

from tacrefine.drivers.emulation.faults import Fault

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, DEVICE_FAILURE = 1, 2, 3, 4
LOCALHOST = "127.0.0.1"


class ModbusEmulator:
    """Memory behind a socket; a thread for each connection.

    A register is two bytes of memory from its address on, low byte first, whatever the wire's order; so the low byte
    of the register at a one-byte value's address is that value. A register in `BYTES` is one byte wide: function 06
    sets that byte alone.

    `fault` takes effect with the next question. `late_s` is how long Fault.LATE waits.
    """

    BYTES: frozenset[int] = frozenset()

    def __init__(self, port: int = 0, size: int = 8192, late_s: float = 1.0) -> None:
        self.memory = bytearray(size)
        self.lock = threading.RLock()
        self.fault = Fault.NONE
        self.late_s = late_s
        self.port = port
        self._noise = random.Random(0)
        self.questions = 0
        self.connections = 0
        self._listener: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    @property
    def address(self) -> str:
        """host:port of the server."""
        return f"{LOCALHOST}:{self.port}"

    def __enter__(self) -> ModbusEmulator:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOCALHOST, self.port))
        listener.listen()
        self.port = listener.getsockname()[1]
        self._listener = listener
        self._run(self._accept, listener)

    def stop(self) -> None:
        """Pull the plug: no connection is left and none is taken."""
        if self._listener is not None:
            # shutdown wakes the thread that waits in accept; close alone would not.
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        for connection in list(self._open):
            _close(connection)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(timeout=self.late_s + 5.0)
        self._threads.clear()

    def registers(self, address: int, count: int) -> list[int]:
        """Values of a block of registers as signed 16-bit integers."""
        with self.lock:
            return list(struct.unpack_from(f"<{count}h", self.memory, address))

    def set_registers(self, address: int, values: list[int]) -> None:
        """Put signed registers into memory."""
        with self.lock:
            struct.pack_into(f"<{len(values)}h", self.memory, address, *values)

    # ---- for devices to override
    def before_read(self, address: int, count: int) -> None:
        """Bring memory up to date; called with the lock held."""

    def after_write(self, address: int, count: int) -> None:
        """React to what was written; called with the lock held."""

    # ---- protocol
    def _run(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.add(connection)
            self._run(self._talk, connection)

    def _talk(self, connection: socket.socket) -> None:
        try:
            while True:
                header = _receive(connection, 7)
                identifier, _protocol, length, unit = struct.unpack(">HHHB", header)
                question = _receive(connection, length - 1)
                self.questions += 1
                answer = self._wire(identifier, unit, question)
                if answer is None:
                    return
                connection.sendall(answer)
        except (OSError, EOFError, struct.error):
            pass
        finally:
            self._open.discard(connection)
            _close(connection)

    def _wire(self, identifier: int, unit: int, question: bytes) -> bytes | None:
        """The bytes that go back; None closes the connection."""
        fault = self.fault
        if fault is Fault.DROP:
            return None
        if fault is Fault.SILENT:
            return b""
        if fault is Fault.GARBAGE:
            return self._noise.randbytes(40)
        if fault is Fault.LATE:
            threading.Event().wait(self.late_s)
        refusal = bytes([question[0] | 0x80, DEVICE_FAILURE])
        body = refusal if fault is Fault.EXCEPTION else self._answer(question)
        if fault is Fault.FEWER and question[0] == 3:
            body = bytes([3, body[1] - 2]) + body[2:-2]
        if fault is Fault.WRONG_ID:
            identifier = (identifier + 1) & 0xFFFF
        frame = struct.pack(">HHHB", identifier, 0, len(body) + 1, unit) + body
        return frame[: len(frame) // 2] if fault is Fault.SHORT else frame

    def _answer(self, question: bytes) -> bytes:
        function = question[0]
        if function not in (3, 6, 16):
            return bytes([function | 0x80, ILLEGAL_FUNCTION])
        address, second = struct.unpack_from(">HH", question, 1)
        count = 1 if function == 6 else second
        if not 1 <= count <= 125:
            return bytes([function | 0x80, ILLEGAL_VALUE])
        if address + 2 * count > len(self.memory):
            return bytes([function | 0x80, ILLEGAL_ADDRESS])
        with self.lock:
            if function == 3:
                self.before_read(address, count)
                return bytes([3, 2 * count]) + _swapped(self.memory[address : address + 2 * count])
            data = question[3:5] if function == 6 else question[6 : 6 + 2 * count]
            if len(data) != 2 * count:
                return bytes([function | 0x80, ILLEGAL_VALUE])
            width = 1 if function == 6 and address in self.BYTES else 2 * count
            self.memory[address : address + width] = _swapped(data)[:width]
            self.after_write(address, count)
            return question[:5]


def _swapped(registers: bytes | bytearray) -> bytes:
    """Both bytes of every register in the other order."""
    swapped = bytearray(registers)
    swapped[::2], swapped[1::2] = registers[1::2], registers[::2]
    return bytes(swapped)


def _receive(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def _close(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
