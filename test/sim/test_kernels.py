"""Compiled kernels: where their cache lies, and that what was compiled once is only loaded afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba import njit
from numba.core.errors import TypingError

from tacrefine.errors import SimulationError
from tacrefine.objects import packing
from tacrefine.sim.quasistatic import cache, compile_kernels, plain_memory, vector_memory
from tacrefine.sim.quasistatic.cache import PLAIN_KERNELS, cache_bases, compile_once
from tacrefine.sim.quasistatic.distance import F

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


WORDS = np.array([0, 1, -1, 2**31 - 1, -(2**31), 0x12345678, -0x12345678, 0x55555555], np.int32)
NUMBERS = np.array([0.0, 1.0, 0.99, -0.99, -1.0, 2.5, -2.5, 8191.0, -8191.75], np.float32)


def words(field):
    @njit
    def loop(out):
        for i in range(len(WORDS)):
            out[i] = field(np.int32(WORDS[i]))

    return loop


def pairs(memory):
    @njit
    def loop(out):
        for i in range(len(NUMBERS) - 1):
            a, b = NUMBERS[i], NUMBERS[i + 1]
            out[5 * i] = memory.least(a, b)
            out[5 * i + 1] = memory.most(a, b)
            out[5 * i + 2] = memory.pick(a < b, a, b) + memory.pick(a > b, a, F(7.0))
            out[5 * i + 3] = memory.whole(a)
            out[5 * i + 4] = memory.as_index(a) // 2  # of a whole number

    return loop


def stores(memory):
    @njit
    def loop(out):
        for i in range(len(NUMBERS)):
            memory.put(out, np.int32(i), memory.read(NUMBERS, np.int32(i)))
        for i in range(len(NUMBERS) - 2):
            value = memory.get(out, np.int32(i)) + memory.take(NUMBERS, np.int32(2), np.int32(i))
            memory.put(out, np.int32(len(NUMBERS) + i), value)

    return loop


@pytest.mark.parametrize(
    "make",
    [
        pairs,
        stores,
        *(lambda memory, bits=bits: words(memory.signed_field(*bits)) for bits in packing.FIELDS),
    ],
    ids=["pairs", "stores", "distance", "x", "y", "z"],
)
def test_each_plain_function_does_what_the_one_that_vectorises_does(make: Any) -> None:
    fast, plain = np.zeros(40, np.float32), np.zeros(40, np.float32)
    make(vector_memory)(fast)
    make(plain_memory)(plain)
    assert len(set(fast.tolist())) > 4
    np.testing.assert_array_equal(plain, fast)


@pytest.mark.slow
@pytest.mark.skipif(os.environ.get(PLAIN_KERNELS) != "1", reason=f"{PLAIN_KERNELS} is not 1")
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
