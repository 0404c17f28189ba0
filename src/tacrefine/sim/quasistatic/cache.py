"""The cache of compiled kernels, so that nobody waits for the compiler twice and nobody runs yesterday's code.

numba looks only at the file of the function that is called: a cached caller would go on with the old code of a callee
in another file. So each state of the kernels' sources (and of the one that packs what they unpack) has a folder of its
own. Set-up fills it; otherwise the first grasp does, which takes half a minute.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numba
from llvmlite import binding

from tacrefine.errors import SimulationError
from tacrefine.objects import packing

logger = logging.getLogger(__name__)
DONE = "compiled"
"""file in the folder once all kernels are in it"""
PLAIN = "plain"
"""file in the folder where numba did not compile the kernels that vectorise"""
PLAIN_KERNELS = "TACREFINE_PLAIN_KERNELS"
"""environment variable; 1: kernels that use nothing of numba's inside"""


def cache_bases() -> list[Path]:
    """Folders that compiled kernels may lie in, best first: `NUMBA_CACHE_DIR`, environment, user, temporary files."""
    given = os.environ.get("NUMBA_CACHE_DIR")
    bases = [Path(given)] if given else []
    if sys.prefix != sys.base_prefix:
        bases.append(Path(sys.prefix) / "var" / "cache")
    bases.append(Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"))
    return [*bases, Path(tempfile.gettempdir()) / f"tacrefine-{os.getuid()}"]


@cache
def plain_kernels() -> bool:
    """Whether plain kernels are used: told so by the environment, or because the others do not compile here."""
    return os.environ.get(PLAIN_KERNELS) == "1" or (_folder(plain=False) / PLAIN).exists()


def kernel_folder() -> Path:
    """The folder of these very kernels for this processor, in the first of `cache_bases` that can be written."""
    return _folder(plain_kernels())


@cache
def _folder(plain: bool) -> Path:
    digest = hashlib.sha256(f"{numba.__version__} {binding.get_host_cpu_name()} {plain}".encode())
    for source in [*sorted(Path(__file__).parent.glob("*.py")), Path(packing.__file__)]:
        # numba takes a file with another name or date for another one.
        digest.update(f"{source} {source.stat().st_mtime_ns}".encode() + source.read_bytes())
    for base in cache_bases():
        folder = base / "tacrefine" / "kernels" / digest.hexdigest()[:16]
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.mkdtemp(prefix="tacrefine-kernels-"))


@contextmanager
def kernel_cache() -> Iterator[None]:
    """While it lasts, functions that numba decorates are cached in :func:`kernel_folder`."""
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(kernel_folder())
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before


@contextmanager
def compiling() -> Iterator[bool]:
    """For the process that compiles: whether it is needed at all; others wait until the block is left."""
    done = kernel_folder() / DONE
    with open(kernel_folder() / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        needed = not done.exists()
        yield needed
        done.touch()


@cache
def compile_once() -> None:
    """See that the kernels are in the cache, compiled by a process that does nothing else.

    Code that was just compiled and the same code loaded from the cache differ in the last bit of their results. If
    everyone loads, one seed gives one result in every process.
    """
    if (kernel_folder() / DONE).exists():
        return
    logger.warning("compiling the quasistatic tactile model, once; this may take a minute")
    # In a session of its own: Ctrl-C ends this process, which then kills the compiler without a traceback of its own.
    compiler = subprocess.run(
        [sys.executable, "-m", f"{__package__}.compile_kernels"], check=False, start_new_session=True
    )
    if (kernel_folder() / PLAIN).exists():
        raise SimulationError(
            "The simulator's fast kernels do not compile with this version of numba; plain ones were compiled, and are "
            "used from the next start on."
        )
    if compiler.returncode != 0:
        logger.warning("the kernels could not be compiled ahead; this process compiles them for itself")
