"""The pages that are written by hand, and the site that is built from them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "docs"))


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` does; a warning of MkDocs is an error."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [ROOT / "scripts" / "docs" / "build.sh", "build", "--site-dir", folder],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join((str(ROOT / "src"), os.environ.get("PYTHONPATH", "")))},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder
