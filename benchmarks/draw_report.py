"""The page of `tacrefine report`, with chapters about the benchmarks.

python benchmarks/draw_report.py results --out out/report
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmark_report.kinds import KINDS as BENCHMARKS
from benchmark_report.kinds import chapters

from tacrefine.errors import TacrefineError
from tacrefine.report.build import write_report
from tacrefine.report.kinds import CHAPTERS, KINDS


def main() -> int:
    """Draw the page; exit code 2 with one sentence where a file cannot be drawn."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "files", nargs="*", type=Path, help="JSON files, or folders of them; default: results/"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("out/report"), help="folder, or the page if it ends in .html"
    )
    parser.add_argument("--no-gallery", action="store_true", help="leave out the simulated grasps")
    parser.add_argument("--hand", default="five_finger", help="hand of the gallery")
    parser.add_argument("--objects", default="fifteen", help="object set of the gallery")
    args = parser.parse_args()
    try:
        path, sources = write_report(
            args.files,
            args.out,
            not args.no_gallery,
            args.hand,
            args.objects,
            (*KINDS, *BENCHMARKS),
            (*CHAPTERS, chapters),
        )
    except TacrefineError as error:
        print(f"draw_report: {error}", file=sys.stderr)
        return 2
    for left in sources.left_out:
        print(f"{left}: left out, no file that a report can draw", file=sys.stderr)
    for kind in sources.missing():
        print(f"not in the report: {kind.what}; write it with: {kind.command}")
    print(f"{path}: drawn from {len(sources.files)} file{'' if len(sources.files) == 1 else 's'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
