"""Reads pip-audit's report: names what is known, and does not take silence of the database for good news."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

WAY_OUT = (
    "the service (pypi.org, or osv.dev with ARGS='--vulnerability-service osv') must be reached; "
    "run 'make audit' again where it is"
)


def judged(report: dict[str, Any]) -> tuple[list[str], int]:
    """Lines to print and the exit code."""
    packages = report.get("dependencies", [])
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    lines = []
    for package in packages:
        for known in package.get("vulns", []):
            fixed = ", ".join(known.get("fix_versions", [])) or "none yet"
            lines.append(f"{package['name']} {package['version']}: {known['id']}, fixed in: {fixed}")
    looked_up = len(packages) - len(skipped)
    lines.append(
        f"{looked_up} of {len(packages)} packages were looked up, {len(lines)} vulnerabilities are known."
    )
    if skipped:
        named = ", ".join(skipped[:5]) + (" ..." if len(skipped) > 5 else "")
        lines.append(
            f"tacrefine audit: {len(skipped)} packages are not known to the database ({named}); {WAY_OUT}."
        )
    return lines, int(bool(skipped) or len(lines) > 1 or not packages)


def main() -> int:
    """Judge the report that is named."""
    path = Path(sys.argv[1])
    if not path.is_file():
        log = path.with_suffix(".log")
        last = (log.read_text(errors="replace").strip().splitlines() or ["no word of pip-audit"])[-1]
        print(f"tacrefine audit: nothing was looked up ({last[:300]}); {WAY_OUT}.", file=sys.stderr)
        return 1
    lines, code = judged(json.loads(path.read_text(encoding="utf-8")))
    print("\n".join(lines))
    return code


if __name__ == "__main__":
    sys.exit(main())
