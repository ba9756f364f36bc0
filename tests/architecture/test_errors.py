"""Every refusal has a code of its own that clients may rely on, and a status over HTTP."""

import re

import pytest

from adapters.http.statuses import STATUSES
from core.shared.errors import DomainError
from ports.published.refusals import RefusedError
from tests.architecture.sources import import_everything, subclasses

import_everything("core", "ports", "usecases", "adapters")
ERRORS = subclasses(DomainError)
CODE = re.compile(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*")


def test_the_codes_are_unique() -> None:
    codes = [error.code for error in ERRORS]
    assert sorted(codes) == sorted(set(codes))


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_a_refusal_is_named_and_coded_as_agreed(error: type[DomainError]) -> None:
    assert error.__name__.endswith("Error")
    assert "code" in vars(error), "each class sets its own code, so that no two share one"
    assert CODE.fullmatch(error.code)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_a_refusal_has_a_status(error: type[DomainError]) -> None:
    if error is RefusedError:  # shows the status of the refusal that it carries
        return
    assert 400 <= STATUSES[error] < 500


def test_the_table_of_statuses_names_nothing_else() -> None:
    assert set(STATUSES) <= set(ERRORS)
