"""The project's own files, as the architecture tests look at them."""

import ast
import importlib
import pkgutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src"
LAYERS = ("core", "ports", "usecases", "adapters", "bootstrap")


def python_files(*folders: str) -> list[Path]:
    """Return the modules below these folders of the project, sorted by path."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def shown(path: Path) -> str:
    """Return the path as a reader of a failure wants it."""
    return str(path.relative_to(ROOT))


@cache
def tree_of(path: Path) -> ast.Module:
    """Parse a module, once a session."""
    return ast.parse(path.read_text(), filename=str(path))


def imported_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Give each imported name with its line: `from a import b` is both a and a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def import_everything(*packages: str) -> list[str]:
    """Import every module of these packages, so that their classes are known; return the names."""
    names: list[str] = []
    for package in packages:
        module = importlib.import_module(package)
        names += [info.name for info in pkgutil.walk_packages(module.__path__, prefix=f"{package}.")]
    for name in names:
        importlib.import_module(name)
    return names


def subclasses[T](kind: type[T]) -> list[type[T]]:
    """Return all the classes of ours below a class, each once."""
    found: dict[type[T], None] = {}
    waiting = list(kind.__subclasses__())
    while waiting:
        below = waiting.pop()
        found[below] = None
        waiting += below.__subclasses__()
    return sorted(
        (found_one for found_one in found if found_one.__module__.split(".")[0] in LAYERS),
        key=lambda found_one: (found_one.__module__, found_one.__qualname__),
    )


@cache
def tracked_files() -> list[Path]:
    """Return the files that belong to the project: those git tracks, or would track."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return [ROOT / name for name in sorted(filter(None, listed.stdout.split("\0"))) if (ROOT / name).is_file()]


def contexts() -> set[str]:
    """Return the contexts that exist: whatever has rules or use cases of its own."""
    folders = (path for layer in ("core", "usecases") for path in (SRC / layer).iterdir() if any(path.glob("*.py")))
    return {path.name for path in folders} - {"shared"}
