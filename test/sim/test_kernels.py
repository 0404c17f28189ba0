"""Compiled kernels: where their cache lies, and that what was compiled once is only loaded afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba.core.errors import TypingError

from tacrefine.errors import SimulationError
from tacrefine.sim.quasistatic import cache, compile_kernels
from tacrefine.sim.quasistatic.cache import PLAIN_KERNELS, cache_bases, compile_once

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


def python(code: str, *words: str, **environment: str) -> str:
    known = {key: value for key, value in os.environ.items() if key not in ("NUMBA_CACHE_DIR", PLAIN_KERNELS)}
    environment = known | {"PYTHONPATH": str(SOURCES)} | environment
    done = subprocess.run(
        [sys.executable, "-c", code, *words], env=environment, check=True, capture_output=True, text=True
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


TOUCH = """
import sys
import numpy as np
from tacrefine.hands import load_hand
from tacrefine.objects import as_grid, load_objects
from tacrefine.plants import load_plant
from tacrefine.sim import QuasistaticSimulator
from tacrefine.sim.quasistatic import memory
hand, objects = load_hand(), load_objects()
simulator, robot = QuasistaticSimulator(hand), load_plant("ideal").typical(hand)
poses = np.zeros((3, 6)); poses[1, 2], poses[2, 3] = 0.003, 0.1
items = [objects["rod_10"], objects["plate_6"], objects["disk_90x8"], as_grid(objects["disk_90x8"])]
np.save(sys.argv[1], np.stack([simulator.grasp(item, poses, robot).force for item in items]))
print(memory.take.__module__.rpartition(".")[2])
"""


@pytest.mark.slow
def test_plain_kernels_give_the_same_touch(tmp_path: Path) -> None:
    forces = {}
    for switch, module in (("0", "vector_memory"), ("1", "plain_memory")):
        path = tmp_path / f"{module}.npy"
        assert python(TOUCH, str(path), TACREFINE_PLAIN_KERNELS=switch) == module
        forces[module] = np.load(path)
    fast, plain = forces["vector_memory"], forces["plain_memory"]
    assert fast.max() > 0.1
    np.testing.assert_allclose(plain, fast, atol=2e-3 * fast.max())


def test_where_the_fast_kernels_do_not_compile_plain_ones_are_used_from_then_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def compile_plain(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        asked.append(options.get("env"))
        return subprocess.CompletedProcess(command, 0)

    def does_not_compile() -> None:
        raise TypingError("numba is another one")

    monkeypatch.setattr(cache, "_folder", lambda plain: tmp_path)
    monkeypatch.setattr(compile_kernels, "_close_once", does_not_compile)
    monkeypatch.setattr(compile_kernels.subprocess, "run", compile_plain)
    assert compile_kernels.main() == 0
    assert asked[0]["TACREFINE_PLAIN_KERNELS"] == "1"
    (tmp_path / cache.DONE).unlink(missing_ok=True)
    with pytest.raises(SimulationError, match="used from the next start on"):
        cache.compile_once.__wrapped__()
    cache.plain_kernels.cache_clear()
    try:
        assert cache.plain_kernels()
    finally:
        cache.plain_kernels.cache_clear()


def test_each_state_of_the_sources_has_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    before = cache._folder.__wrapped__(False)
    assert before == cache._folder(False) != cache._folder(True)
    monkeypatch.setattr(Path, "read_bytes", lambda path: b"other code")
    assert cache._folder.__wrapped__(False) != before
