"""Where compiled kernels are kept, so that nobody waits for the compiler twice and nobody runs yesterday's code.

numba looks only at the file of the function that is called: a cached caller would go on with the old code of a callee
in another file. The folder's name is therefore a hash of all kernel sources, and of the one that packs what
they unpack.
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

from tacrefine.objects import packing

logger = logging.getLogger(__name__)


@cache
def kernel_folder() -> Path:
    """``$XDG_CACHE_HOME/tacrefine/kernels/<hash>``, or a folder for temporary files where that cannot be written."""
    digest = hashlib.sha256(numba.__version__.encode())
    for source in [*sorted(Path(__file__).parent.glob("*.py")), Path(packing.__file__)]:
        digest.update(source.read_bytes())
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    for parent in (base, Path(tempfile.gettempdir()) / f"tacrefine-{os.getuid()}"):
        folder = parent / "tacrefine" / "kernels" / digest.hexdigest()[:16]
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.mkdtemp(prefix="tacrefine-kernels-"))


@contextmanager
def kernels_kept() -> Iterator[None]:
    """While it lasts, functions that numba decorates are cached in :func:`kernel_folder`."""
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(kernel_folder())
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before


@cache
def compile_once() -> None:
    """See that the kernels are in the cache, compiled by a process that does nothing else.

    Code that was just compiled and the same code loaded from the cache differ in the last bit of their results. If
    everyone loads, one seed gives one result in every process; two processes at once wait for each other.
    """
    folder = kernel_folder()
    done = folder / "compiled"
    with open(folder / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if done.exists():
            return
        logger.info("compiling the quasistatic tactile model, once; this takes half a minute")
        compiler = subprocess.run([sys.executable, "-m", f"{__package__}.compile_kernels"], check=False)
        if compiler.returncode == 0:
            done.touch()
        else:
            logger.warning("the kernels could not be compiled ahead; this process compiles them for itself")
