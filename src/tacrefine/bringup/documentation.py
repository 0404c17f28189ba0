"""The parameter tables as Markdown; `python -m tacrefine.bringup.documentation docs/ros.md` renews a page."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from tacrefine.bringup.description import Arguments
from tacrefine.bringup.parameters import NODE_PARAMETERS
from tacrefine.parameters import Spec, specs

TYPES = {bool: "bool", int: "integer", float: "double", str: "string"}
GROUPS = {"arguments": Arguments, **NODE_PARAMETERS}


def markdown(group: type) -> str:
    """A table of one group of parameters."""
    lines = ["| name | type | default | unit | allowed | meaning |", "|---|---|---|---|---|---|"]
    for spec in specs(group).values():
        default = f"`{json.dumps(spec.default)}`"
        kind = TYPES[spec.kind]
        cells = (f"`{spec.name}`", kind, default, spec.unit, _allowed(spec), spec.description)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def updated(page: str) -> str:
    """The page with what stands between `<!-- table: NAME -->` and `<!-- end -->` made anew."""

    def table(match: re.Match[str]) -> str:
        return f"<!-- table: {match[1]} -->\n{markdown(GROUPS[match[1]])}\n<!-- end -->"

    return re.sub(r"<!-- table: (\w+) -->.*?<!-- end -->", table, page, flags=re.DOTALL)


def _allowed(spec: Spec) -> str:
    if spec.choices:
        return ", ".join(spec.choices)
    if spec.low is None or spec.high is None:
        return "true, false" if spec.kind is bool else ""
    return f"{spec.low:g} to {spec.high:g}"


if __name__ == "__main__":
    for name in sys.argv[1:]:
        Path(name).write_text(updated(Path(name).read_text(encoding="utf-8")), encoding="utf-8")
