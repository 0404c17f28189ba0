"""A finished folder takes the place of an old one in a single step: a kill leaves the old one or the new one, whole."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

_AT_FDCWD, _EXCHANGE = -100, 2


@contextlib.contextmanager
def replaced_at_once(folder: Path, files: Sequence[str]) -> Iterator[Path]:
    """A folder to write `files` in; once the block is left without an error, it stands where `folder` was.

    Whatever else `folder` holds stays in it. What a kill left of an earlier try is removed first.
    """
    target = folder.resolve()
    if target in (Path.cwd(), *Path.cwd().parents) or target.is_mount():
        target.mkdir(parents=True, exist_ok=True)
        yield target  # the folder that somebody works in cannot be exchanged; its files are, one by one
        return
    staging = target.with_name(f".{target.name}.new")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        _link_others(target, staging, files)
        yield staging
        put_in_place(staging, target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def put_in_place(staging: Path, target: Path) -> None:
    """`staging` becomes `target` in one step; what was there is removed afterwards."""
    if not target.exists():
        os.replace(staging, target)
        return
    exchange(staging, target)
    shutil.rmtree(staging, ignore_errors=True)


def exchange(first: Path, second: Path) -> None:
    """Swap two paths of one file system; raises OSError. Where the kernel cannot do it at once, it takes two steps."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is not None:
        names = [os.fsencode(path) for path in (first, second)]
        if rename(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _EXCHANGE) == 0:
            return
    aside = second.with_name(f".{second.name}.old")
    shutil.rmtree(aside, ignore_errors=True)
    os.replace(second, aside)
    os.replace(first, second)
    os.replace(aside, first)


def _link_others(source: Path, to: Path, files: Sequence[str]) -> None:
    """Everything in `source` but `files`, without copying its content where that can be helped."""

    def link(old: str, new: str) -> None:
        try:
            os.link(old, new, follow_symlinks=False)
        except OSError:
            shutil.copy2(old, new, follow_symlinks=False)

    for path in source.iterdir() if source.is_dir() else ():
        if path.name in files or any(path.name.startswith(f".{name}.") for name in files):
            continue  # the latter are what a kill left half-written
        if path.is_dir() and not path.is_symlink():
            shutil.copytree(path, to / path.name, symlinks=True, copy_function=link)
        else:
            link(str(path), str(to / path.name))
