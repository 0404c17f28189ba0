"""Compiled kernels: where their cache lies, and that what was compiled once is only loaded afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tacrefine.sim.quasistatic.cache import cache_bases, compile_once

SOURCES = Path(__file__).parents[2] / "src"
FOLDER = "from tacrefine.sim.quasistatic.cache import kernel_folder; print(kernel_folder())"
LOADED = """
import numpy as np
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.plants import load_plant
from tacrefine.sim import QuasistaticSimulator
from tacrefine.sim.quasistatic import solver
hand = load_hand()
QuasistaticSimulator(hand).grasp(load_objects()["rod_10"], np.zeros((1, 6)), load_plant("ideal").typical(hand))
print(sum(solver._close_all.stats.cache_misses.values()), sum(solver._close_all.stats.cache_hits.values()))
"""


def python(code: str, **environment: str) -> str:
    known = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
    environment = known | {"PYTHONPATH": str(SOURCES)} | environment
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_the_cache_is_where_numba_is_told_to_have_it(tmp_path: Path) -> None:
    assert Path(python(FOLDER, NUMBA_CACHE_DIR=str(tmp_path))).is_relative_to(tmp_path)


def test_without_that_it_lies_in_the_environment_or_with_the_user(tmp_path: Path) -> None:
    user = tmp_path / "user"
    folder = Path(python(FOLDER, XDG_CACHE_HOME=str(user)))
    environment = Path(sys.prefix) / "var" / "cache"
    wanted = environment if sys.prefix != sys.base_prefix and os.access(sys.prefix, os.W_OK) else user
    assert folder.is_relative_to(wanted)


def test_a_folder_that_cannot_be_made_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = Path(python(FOLDER, NUMBA_CACHE_DIR=str(tmp_path / "file")))
    assert any(folder.is_relative_to(base) for base in cache_bases())


def test_a_process_that_comes_later_loads_the_kernels_and_compiles_none() -> None:
    compile_once()
    misses, hits = map(int, python(LOADED).split())
    assert (misses, hits) == (0, 1)


def test_each_state_of_the_sources_has_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    from tacrefine.sim.quasistatic import cache

    before = cache.kernel_folder.__wrapped__()
    assert before == cache.kernel_folder()
    monkeypatch.setattr(Path, "read_bytes", lambda path: b"other code")
    assert cache.kernel_folder.__wrapped__() != before
