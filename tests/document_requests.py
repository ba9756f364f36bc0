"""Requests made of the OpenAPI document, good ones and bad ones, the same at every run."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any, Self

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.schemas import OpenApiSchema

_REFUSALS = ["400", "401", "403", "404", "405", "409", "410", "412", "413", "415", "416", "422", "428", "429"]
_ORDER = ("get", "post", "put", "patch", "delete")
_LAST = ("/deactivate", "/archive", "/cancel", "/logout")
_TRIED = 4
"""Of so many cases that are made one is taken, so that they are not all about the first member of a body."""

type AnyCase = Case[Any]
type Operation = APIOperation[Any, Any, Any, Any]


@dataclass(frozen=True, slots=True)
class DocumentRequests:
    """All operations with their requests, in the order in which they can be asked: what takes away comes last."""

    schema: OpenApiSchema
    cases: list[tuple[Operation, list[AnyCase]]]

    @classmethod
    def of(cls, document: dict[str, Any], *, cases_max: int, examples_max: int) -> Self:
        """Make for each operation `cases_max` from the limits of its schemas and `examples_max` drawn, good and bad.

        To be called while nothing else runs in this process: Hypothesis takes care of who uses `random` meanwhile.
        """
        schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig())
        schema.config.checks.negative_data_rejection.expected_statuses = _REFUSALS
        operations: list[Operation] = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
        if len(operations) != sum(map(len, document["paths"].values())):
            raise ValueError("there are operations that nobody could ask")
        found = [(operation, list(_cases(operation, cases_max, examples_max))) for operation in operations]
        return cls(schema, sorted(found, key=lambda one: _rank(one[0])))


def _cases(operation: Operation, cases_max: int, examples_max: int) -> Iterator[AnyCase]:
    schema = operation.schema
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        found = schema.iter_coverage_cases(
            operation, generation_modes=[mode], generation_config=schema.config.generation
        )
        cases = list(islice(found, _TRIED * cases_max))
        step = max(1, len(cases) // cases_max)
        yield from cases[::step][:cases_max]
        if examples_max:
            yield from _drawn(operation, mode, examples_max)


def _drawn(operation: Operation, mode: GenerationMode, examples_max: int) -> list[AnyCase]:
    cases: list[AnyCase] = []

    @settings(
        max_examples=examples_max,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def draw(case: AnyCase) -> None:
        cases.append(case)

    with suppress(Unsatisfiable):  # nothing can be wrong where nothing is sent
        draw()
    return cases


def _rank(operation: Operation) -> tuple[object, ...]:
    last = operation.path.endswith(_LAST) or operation.label == "DELETE /api/v1/users/me"
    return last, _ORDER.index(operation.method.lower()), operation.path
