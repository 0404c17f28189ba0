"""Figures in JSON files, and where they come from: command, code, contact model, kind of machine, day."""

from __future__ import annotations

import json
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from tacrefine import __version__
from tacrefine.config import share_dir
from tacrefine.contact_model import CONTACT_MODEL
from tacrefine.documents import write_atomically

CPU_INFO = Path("/proc/cpuinfo")


def provenance() -> dict[str, str]:
    """What a JSON file with figures has under `made`: command, version, contact_model, machine, date (UTC)."""
    return {
        "command": command(),
        "version": code_version(),
        "contact_model": CONTACT_MODEL,
        "machine": machine(),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
    }


@cache
def code_version() -> str:
    """The package's version, with what `git describe` says where the code runs from a checkout.

    A name that ends in -dirty stands for code that was changed since that commit.
    """
    checkout = share_dir()
    if not (checkout / ".git").exists():  # the repository around an installation is somebody else's
        return __version__
    git = ["git", "-C", str(checkout), "describe", "--always", "--dirty"]
    try:
        environment = os.environ | {"GIT_OPTIONAL_LOCKS": "0"}
        commit = subprocess.run(
            git, capture_output=True, text=True, check=True, env=environment
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return __version__
    return f"{__version__}+{commit}"


def write_figures(path: Path, figures: Mapping[str, Any], folder: Path | None = None) -> None:
    """Write figures with where they come from under `made`, making the folder; the file is there whole or not at all.

    `folder` with recordings is somebody's own: the command has FOLDER in its place.
    Of a list at the top each entry has a line of its own, so that hundreds of them can be read and compared.
    """
    made = provenance()
    if folder is not None:
        made["command"] = made["command"].replace(str(folder), "FOLDER")
    content = {"made": made, **figures}
    lines = [f"  {json.dumps(key)}: {_laid_out(value)}" for key, value in content.items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, "{\n" + ",\n".join(lines) + "\n}\n")


def _laid_out(value: Any) -> str:
    if isinstance(value, list) and value:
        return "[\n    " + ",\n    ".join(json.dumps(entry) for entry in value) + "\n  ]"
    return json.dumps(value, indent=2).replace("\n", "\n  ")


def command() -> str:
    """The command line of this process as a user would type it in the checkout."""
    script = Path(sys.argv[0])
    if script.name in ("tacrefine", "__main__.py"):
        return shlex.join(["tacrefine", *sys.argv[1:]])
    typed = f"{script.parent.name}/{script.name}" if script.is_absolute() else script.as_posix()
    return shlex.join(["python", typed, *sys.argv[1:]])


def machine() -> str:
    """Kind of this machine: how many cores may be used, and which processor they belong to."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return f"{cores} core{'' if cores == 1 else 's'} of {_processor()}, {platform.system()}"


def _processor() -> str:
    try:
        lines = CPU_INFO.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.machine() or "an unknown processor"
