"""`python -m tacrefine` does what the command `tacrefine` does."""

import sys

from tacrefine.cli import main

if __name__ == "__main__":
    sys.exit(main())
