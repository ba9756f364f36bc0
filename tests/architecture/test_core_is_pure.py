"""The core decides and does not wait: no event loop, no clock, no chance, no world outside."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import LAYERS, SRC, imported_names, python_files, shown, tree_of

CORE = python_files("src/core")
WORLD = {
    "asyncio",
    "io",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "urllib",
}
UNSEEN_CHANCE = {"uuid.uuid1", "uuid.uuid4", "uuid.uuid7"}
CLOCK_CALLS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}
RUNTIME_ANNOTATIONS = {"__future__.annotations", "typing.TYPE_CHECKING"}


def impurities(tree: ast.Module) -> list[str]:
    """Return what a module of the core may not hold, each with its line."""
    found = [
        f"{line}: imports {name}"
        for line, name in imported_names(tree)
        if name in UNSEEN_CHANCE or name.split(".")[0] in WORLD
    ]
    for node in ast.walk(tree):
        match node:
            case ast.AsyncFunctionDef() | ast.Await() | ast.AsyncFor() | ast.AsyncWith():
                found.append(f"{node.lineno}: waits")
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=name)) if (owner, name) in CLOCK_CALLS:
                found.append(f"{node.lineno}: reads the clock")
            case ast.Call(func=ast.Name(id="open" | "input" | "print")):
                found.append(f"{node.lineno}: talks to the outside")
            case ast.Global():
                found.append(f"{node.lineno}: keeps state of the module")
    return found


@pytest.mark.parametrize("path", CORE, ids=shown)
def test_a_module_of_the_core_neither_waits_nor_looks_outside(path: Path) -> None:
    assert impurities(tree_of(path)) == []


@pytest.mark.parametrize(
    "line",
    [
        "async def hold(): ...",
        "import asyncio",
        "from os import environ",
        "import random",
        "from uuid import uuid4",
        "now = datetime.now(UTC)",
        "import time",
        "print('held')",
    ],
)
def test_the_check_of_the_core_sees_a_module_that_does(line: str) -> None:
    assert impurities(ast.parse(line)) != []


def test_the_check_of_the_core_lets_plain_values_pass() -> None:
    assert (
        impurities(ast.parse("from uuid import UUID\nfrom datetime import datetime\nfrom core.shared import time"))
        == []
    )


def test_annotations_stay_readable_at_run_time() -> None:
    words = [name.rpartition(".")[2] for name in RUNTIME_ANNOTATIONS]
    found = [
        f"{shown(path)}:{line}: {name}"
        for path in python_files("src", "tests")
        if any(word in path.read_text() for word in words)  # to parse every file takes ten seconds
        for line, name in imported_names(tree_of(path))
        if name in RUNTIME_ANNOTATIONS
    ]
    assert found == []


def test_importing_the_whole_core_loads_no_framework() -> None:
    modules = [".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__") for path in CORE]
    frameworks = {"litestar", "dishka", "sqlalchemy", "pydantic", "asyncpg", "redis", "stripe", "beanie", "faststream"}
    script = (
        f"import sys; before = set(sys.modules); import {', '.join(modules)}\n"
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before}))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(run.stdout.split())
    assert "core" in loaded
    assert loaded & (frameworks | (set(LAYERS) - {"core"})) == set()
