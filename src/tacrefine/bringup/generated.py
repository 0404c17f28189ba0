"""Writes every file that follows from the registry: `python -m tacrefine.bringup.generated`, in a checkout.

- `cmake/nodes.txt`: executable and module of each node, read by CMakeLists.txt
- `config/security/*.policy.xml`: the shipped security policies
"""

from __future__ import annotations

import sys
from pathlib import Path

from tacrefine.bringup.registry import NODES
from tacrefine.bringup.security import shipped
from tacrefine.config import share_dir

CMAKE_LIST, POLICIES = "cmake/nodes.txt", "config/security"


def generated(root: Path) -> dict[Path, str]:
    """The files and what they must say, for a checkout at `root`."""
    files = {root / CMAKE_LIST: cmake_list()}
    return files | {root / POLICIES / name: text for name, text in shipped().items()}


def cmake_list() -> str:
    """A line for each node that is installed: executable and module."""
    lines = [f"{entry.executable} {entry.module}\n" for entry in NODES.values() if entry.is_installed]
    return "".join(lines)


def left_over(root: Path) -> list[Path]:
    """Files in the generated folders that nothing writes any more."""
    return sorted(set((root / POLICIES).iterdir()) - set(generated(root)))


def main(root: Path) -> int:
    """Bring every file up to date and name those that changed."""
    for path, text in generated(root).items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(path.relative_to(root))
    for path in left_over(root):
        path.unlink()
        print(f"{path.relative_to(root)} removed")
    return 0


if __name__ == "__main__":
    sys.exit(main(share_dir()))
