"""Make the tables of Markdown pages anew from JSON files: what a block is, `benchmark_report.tables` says.

python benchmarks/renew_tables.py docs/results/*.md
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmark_report.tables import renew

from tacrefine.errors import TacrefineError


def main() -> int:
    """Write every page again; exit code 2 with one sentence where a page or one of its files cannot be read."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pages", nargs="+", type=Path, help="Markdown pages")
    parser.add_argument("--results", type=Path, default=Path("results"), help="folder of the JSON files")
    args = parser.parse_args()
    try:
        for page in args.pages:
            renew(page, args.results)
            print(f"{page}: its tables are as the files say")
    except TacrefineError as error:
        print(f"renew_tables: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
