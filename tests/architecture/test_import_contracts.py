"""Each import contract is kept by the project and broken by an example: one that cannot fail holds nothing."""

import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYPROJECT = ROOT / "pyproject.toml"
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"
CONTRACTS: dict[str, dict[str, object]] = {
    contract["id"]: contract for contract in tomllib.loads(PYPROJECT.read_text())["tool"]["importlinter"]["contracts"]
}
ROOMS_OF_RESALE = re.findall(r"[a-z]+", str(CONTRACTS["rooms-of-resale"]["layers"]))
CONTEXT_CONTRACTS: set[str] = {name.removeprefix("context-") for name in CONTRACTS if name.startswith("context-")}


@dataclass(frozen=True, slots=True)
class Break:
    """One forbidden line, in a module of a small tree that keeps every contract without it."""

    contract: str
    module: str
    line: str


BREAKS = [
    Break("layers", "core/seating/hold.py", "import ports.clock"),
    Break("layers", "ports/seating.py", "import usecases.seating.hold_seats"),
    Break("layers", "usecases/seating/hold_seats.py", "import adapters.memory.seating"),
    Break("layers", "adapters/memory/seating.py", "import bootstrap.settings"),
    Break("core-is-pure", "core/seating/hold.py", "import litestar"),
    Break("core-is-pure", "core/seating/hold.py", "import asyncio"),
    Break("core-is-pure", "core/shared/ids.py", "from sqlalchemy.orm import Mapped"),
    Break("usecases-know-no-framework", "usecases/seating/hold_seats.py", "import asyncpg"),
    Break("usecases-know-no-framework", "ports/seating.py", "import stripe"),
    Break("grpc-at-the-edge", "adapters/memory/seating.py", "import grpc"),
    Break("grpc-at-the-edge", "adapters/memory/seating.py", "from grpc_health.v1 import health"),
    Break("grpc-at-the-edge", "usecases/seating/hold_seats.py", "from google.protobuf import message"),
    Break("published-is-plain", "ports/published/seating.py", "import core.shared.ids"),
    Break("published-is-plain", "ports/published/seating.py", "import ports.clock"),
    Break("published-is-independent", "ports/published/seating.py", "import ports.published.venues"),
    Break("rooms-of-resale", "core/resale/law/rules.py", "import core.resale.market.rules"),
    Break("rooms-of-resale", "core/resale/market/rules.py", "import core.resale.waiting.rules"),
    *(
        Break(f"context-{context}", f"usecases/{other}/rules.py", f"import usecases.{context}.rules")
        for context in sorted(CONTEXT_CONTRACTS)
        for other in ["orders" if context != "orders" else "seating"]
    ),
    Break("context-seating", "core/orders/rules.py", "import core.seating.rules"),
    Break("context-seating", "usecases/orders/rules.py", "import ports.seating"),
    Break("context-seating", "usecases/orders/rules.py", "from core.seating.hold import Hold"),
    Break("context-seating", "ports/orders.py", "import core.seating.hold"),
    Break("context-seating", "ports/published/seating.py", "import core.seating.hold"),
    Break("context-seating", "ports/clock.py", "import core.seating.hold"),
    Break("context-seating", "core/shared/ids.py", "import core.seating.hold"),
]


def small_tree(root: Path) -> Path:
    """Lay out a project with every context in every layer, which keeps all the contracts."""
    modules = {
        "core/shared/ids.py": "import core.shared.errors",
        "core/shared/errors.py": "",
        "core/seating/hold.py": "import core.shared.ids\nclass Hold: ...",
        "ports/clock.py": "import core.shared.errors",
        "ports/events.py": "import core.shared.errors",
        "ports/published/refusals.py": "import core.shared.errors",
        "ports/published/seating.py": "import ports.events\nimport ports.published.refusals",
        "ports/published/venues.py": "import ports.events\nimport core.shared.errors",
        "usecases/seating/hold_seats.py": "import ports.seating\nimport ports.published.venues",
        "adapters/memory/seating.py": "import core.seating.hold\nimport ports.seating\nimport asyncpg",
        "adapters/grpc/server.py": "import grpc\nimport grpc_health.v1.health\nfrom google.protobuf import message",
        "bootstrap/settings.py": "import adapters.memory.seating\nimport grpc",
    }
    for room in ROOMS_OF_RESALE:
        modules[f"core/resale/{room}/rules.py"] = "import core.shared.ids"
    for context in CONTEXT_CONTRACTS:
        modules[f"core/{context}/rules.py"] = "import core.shared.ids"
        modules[f"ports/{context}.py"] = f"import core.{context}.rules\nimport ports.clock"
        modules[f"usecases/{context}/rules.py"] = f"import ports.{context}\nimport ports.published.seating"
    for name, text in modules.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    for folder in {path.parent for path in root.rglob("*.py")} | {path for path in root.iterdir() if path.is_dir()}:
        (folder / "__init__.py").touch()
    return root


def broken_contracts(tree: Path) -> set[str]:
    """Run import-linter over the tree with the project's own contracts, and return the ids of those that broke."""
    run = subprocess.run(
        [sys.executable, "-c", LINT, "--config", str(PYPROJECT), "--no-cache", "--no-logo"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "400", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    states = dict(re.findall(r"^(.+) (KEPT|BROKEN)\b", run.stdout, flags=re.MULTILINE))
    ids = {str(contract["name"]): str(contract["id"]) for contract in CONTRACTS.values()}
    assert set(states) == set(ids), f"import-linter did not judge every contract:\n{run.stdout}\n{run.stderr}"
    return {ids[name] for name, state in states.items() if state == "BROKEN"}


def test_a_tree_that_follows_the_rules_keeps_every_contract(tmp_path: Path) -> None:
    assert broken_contracts(small_tree(tmp_path)) == set()


@pytest.mark.parametrize("case", BREAKS, ids=lambda case: f"{case.contract}: {case.module}: {case.line}")
def test_one_forbidden_import_breaks_its_contract_and_no_other(case: Break, tmp_path: Path) -> None:
    tree = small_tree(tmp_path)
    with (tree / case.module).open("a") as module:
        module.write(case.line + "\n")
    assert broken_contracts(tree) == {case.contract}


def test_every_contract_has_an_example_that_breaks_it() -> None:
    assert {case.contract for case in BREAKS} == set(CONTRACTS)


def test_the_project_keeps_every_contract() -> None:
    assert broken_contracts(ROOT / "src") == set()
