"""Nothing in the sources runs what it reads: no eval, no pickle, no shell, no module by a name from outside."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

from tacrefine.bringup.arguments import Arguments
from tacrefine.bringup.description import describe
from tacrefine.bringup.up import command_line

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path
    for folder in ("src", "launch", "benchmarks", "examples", "scripts")
    for path in (ROOT / folder).rglob("*.py")
)
FORBIDDEN_CALLS = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "os.execv", "os.execvp", "os.spawnl",
    "torch.load", "torch.save", "yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load", "yaml.Loader",
    "subprocess.getoutput", "subprocess.getstatusoutput", "pty.spawn", "runpy.run_path",
}  # fmt: skip
FORBIDDEN_MODULES = {"pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "telnetlib"}
IMPORTERS = {
    "lazy.py": "names from the tables of the packages that use it",
    "bringup/ros.py": "names from its own table and the registry",
    "cli/__init__.py": "names from its own table",
    "drivers/optional.py": "names that drivers state",
    "nodes/drivers/driver.py": "names from its own table",
    "nodes/core/message_types.py": "message types that the type store knows",
    "objects/surface/optional.py": "names that callers state",
    "sim/gripper/camera.py": "backends that it states",
}
"""modules that import by a name which is no literal, and why that is safe"""
PICKLING = {"benchmarks/fuzzing/mutations.py"}
"""makes pickles in disguise that nobody may open"""


def called(node: ast.Call) -> str:
    return ast.unparse(node.func)


def calls_of(path: Path) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]


def test_there_are_sources_to_look_at() -> None:
    assert len(SOURCES) > 150


def test_nothing_evaluates_unpickles_or_asks_a_shell() -> None:
    found = []
    for path in SOURCES:
        for call in calls_of(path):
            name = called(call)
            shell = any(k.arg == "shell" and ast.unparse(k.value) != "False" for k in call.keywords)
            unpickled = any(
                k.arg == "allow_pickle" and ast.unparse(k.value) != "False" for k in call.keywords
            )
            if name in FORBIDDEN_CALLS or shell or unpickled:
                found.append(f"{path.relative_to(ROOT)}:{call.lineno}: {name}")
    assert found == []


def test_no_module_that_can_run_what_it_reads_is_imported() -> None:
    found = []
    for path in SOURCES:
        if str(path.relative_to(ROOT)) in PICKLING:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [f"{path}: {name}" for name in names if name.partition(".")[0] in FORBIDDEN_MODULES]
    assert found == []


def test_modules_are_imported_by_names_from_inside_only() -> None:
    found = set()
    for path in SOURCES:
        for call in calls_of(path):
            if called(call).endswith("import_module") and not isinstance(call.args[0], ast.Constant):
                found.add(str(path.relative_to(ROOT)).removeprefix("src/tacrefine/"))
    assert found == set(IMPORTERS)


@pytest.mark.parametrize(
    "name", ["$(touch canary)", "x; touch canary", "`touch canary`", "a b' \"c", "-x\ny"]
)
def test_a_file_name_is_one_word_to_the_shell_that_starts_the_nodes(name: str, tmp_path: Path) -> None:
    node = describe(Arguments(model=name))[1]
    words = command_line(node).replace("exec ", "printf '%s\\0' ", 1)
    done = subprocess.run(["/bin/sh", "-c", words], capture_output=True, cwd=tmp_path, check=True, timeout=60)
    assert node.ros_arguments() == done.stdout.decode().split("\0")[3:-1]
    assert list(tmp_path.iterdir()) == []
