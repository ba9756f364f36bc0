"""Contexts meet only in their published contracts, in the layers that import-linter sees and in the adapters too."""

from pathlib import Path

import pytest

from tests.architecture.sources import SRC, contexts, imported_names, python_files, shown, tree_of
from tests.architecture.test_import_contracts import CONTEXT_CONTRACTS, CONTRACTS

INNER = ("core", "ports", "usecases")
SEES_EVERY_CONTEXT = {
    "src/adapters/http/statuses.py",  # the one table of all refusals
    "src/adapters/http/statuses_of_money.py",  # a part of it
}


def context_of_adapter(path: Path) -> str | None:
    """Return the context that an adapter belongs to, by its name: adapters/postgres/seating_ledger.py is seating's."""
    for part in path.relative_to(SRC / "adapters").with_suffix("").parts:
        for context in CONTEXT_CONTRACTS:
            if part == context or part.startswith(f"{context}_"):
                return context
    return None


def context_imported(name: str) -> str | None:
    """Return the context into whose inner layers an import reaches."""
    layer, _, rest = name.partition(".")
    owner = rest.split(".")[0]
    return owner if layer in INNER and owner in CONTEXT_CONTRACTS else None


def test_every_context_that_exists_has_a_contract() -> None:
    without = contexts() - CONTEXT_CONTRACTS
    assert without == set(), f"add a contract context-<name> to pyproject.toml for {sorted(without)}"


@pytest.mark.parametrize("context", sorted(CONTEXT_CONTRACTS))
def test_the_contract_of_a_context_is_the_common_one(context: str) -> None:
    contract = CONTRACTS[f"context-{context}"]
    assert contract["type"] == "protected"
    assert contract["protected_modules"] == [f"*.{context}"]
    assert contract["allowed_importers"] == [f"*.{context}", "adapters", "bootstrap"]


@pytest.mark.parametrize(
    "path", [path for path in python_files("src/adapters") if context_of_adapter(path) is not None], ids=shown
)
def test_an_adapter_of_a_context_reaches_into_no_other_context(path: Path) -> None:
    if shown(path) in SEES_EVERY_CONTEXT:
        return
    own = context_of_adapter(path)
    foreign = [
        f"{line}: {name}" for line, name in imported_names(tree_of(path)) if context_imported(name) not in (None, own)
    ]
    assert foreign == []


@pytest.mark.parametrize(
    ("path", "context"),
    [
        ("adapters/postgres/seating.py", "seating"),
        ("adapters/postgres/seating_ledger.py", "seating"),
        ("adapters/postgres/seating/ledger.py", "seating"),
        ("adapters/http/problems.py", None),
        ("adapters/http/orderly.py", None),
    ],
)
def test_the_name_of_an_adapter_tells_its_context(path: str, context: str | None) -> None:
    assert context_of_adapter(SRC / path) == context
