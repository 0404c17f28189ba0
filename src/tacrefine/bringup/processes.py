"""Node processes for programs that start the stack, use it and stop it: the demo, benchmarks and tests."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from tacrefine.bringup.description import NodeSpec, environment
from tacrefine.bringup.respawn import die_with_parent
from tacrefine.errors import TacrefineError

GRACE_S = 5.0


class NodeProcesses:
    """Starts nodes as separate processes and ends them on every way out.

    Each process leads its own group, gets SIGINT first and SIGKILL when it does not end; if this program is killed
    outright, the kernel ends them. Their output goes to one log file each in `log_folder`.
    """

    def __init__(
        self,
        specs: Sequence[NodeSpec],
        extra_environment: Mapping[str, str] | None = None,
        log_folder: str | None = None,
    ) -> None:
        self._specs = specs
        self._environment = {**os.environ, **environment(), **(extra_environment or {})}
        self._temporary = tempfile.TemporaryDirectory(prefix="tacrefine-") if log_folder is None else None
        self.log_folder = Path(log_folder or self._temporary.name)  # type: ignore[union-attr]
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> NodeProcesses:
        self.log_folder.mkdir(parents=True, exist_ok=True)
        try:
            for spec in self._specs:
                self.start(spec)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._temporary is not None:
            self._temporary.cleanup()

    def start(self, spec: NodeSpec) -> None:
        """Start one more node."""
        command = [sys.executable, "-m", spec.module, *spec.ros_arguments()]
        with open(self.log_folder / f"{spec.executable}.log", "ab") as log:
            self._processes[spec.executable] = subprocess.Popen(
                command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def check(self) -> None:
        """Raise TacrefineError with the end of its log if a node has died."""
        for name, process in self._processes.items():
            if process.poll() is not None:
                tail = " | ".join(self.log(name).strip().splitlines()[-3:])
                raise TacrefineError(f"node {name} ended with exit code {process.returncode}: {tail}")

    def log(self, name: str) -> str:
        """What a node has written so far."""
        path = self.log_folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def pids(self) -> dict[str, int]:
        """Process numbers by executable."""
        return {name: process.pid for name, process in self._processes.items()}

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to one node's group."""
        os.killpg(self._processes[name].pid, number)

    def wait(self, name: str, timeout: float) -> int:
        """Exit code of a node that is ending; raises subprocess.TimeoutExpired."""
        return self._processes[name].wait(timeout)

    def stop(self) -> None:
        """End all nodes; safe to call more than once."""
        alive = [process for process in self._processes.values() if process.poll() is None]
        for process in alive:
            _signal_group(process, signal.SIGINT)
        deadline = time.monotonic() + GRACE_S
        for process in alive:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal_group(process, signal.SIGKILL)
                process.wait()
        self._processes.clear()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
