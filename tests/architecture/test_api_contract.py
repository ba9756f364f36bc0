"""The OpenAPI document keeps the agreed API: nothing published disappears, nothing planned is forgotten."""

import re

import pytest

from bootstrap.web import create_openapi_app
from tests.architecture.api_contract import IMPLEMENTED, PLANNED

METHODS = {"get", "put", "post", "delete", "patch"}


def with_plain_parameters(path: str) -> str:
    """Return the path with nameless parameters: what a parameter is called is no part of the contract."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def openapi_paths() -> set[tuple[str, str]]:
    """Return each method and path that the application documents."""
    paths = create_openapi_app().openapi_schema.paths or {}
    return {(method.upper(), path) for path, item in paths.items() for method in METHODS if getattr(item, method)}


@pytest.fixture(scope="module")
def documented() -> set[tuple[str, str]]:
    return {(method, with_plain_parameters(path)) for method, path in openapi_paths()}


@pytest.mark.parametrize(("method", "path"), sorted(IMPLEMENTED))
def test_an_agreed_operation_is_served(method: str, path: str, documented: set[tuple[str, str]]) -> None:
    assert (method, with_plain_parameters(path)) in documented


def test_what_is_planned_is_not_served_yet(documented: set[tuple[str, str]]) -> None:
    served = {operation for operation in PLANNED if (operation[0], with_plain_parameters(operation[1])) in documented}
    assert served == set(), "these are served by now: move them to IMPLEMENTED"


def test_an_operation_is_either_served_or_planned() -> None:
    assert IMPLEMENTED & set(PLANNED) == set()


def test_each_planned_operation_says_why_it_is_missing() -> None:
    assert all(reason for reason in PLANNED.values())
