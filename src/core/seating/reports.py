"""What is wrong with a plan, and what looks odd about it, in bounded length."""

from dataclasses import dataclass
from typing import Self

from core.shared.errors import Problem

PROBLEMS_MAX = 200
"""A report lists this many errors and this many warnings at most, and then says how many there are."""


@dataclass(frozen=True, slots=True)
class Report:
    """What is wrong with a plan (errors forbid selling from it) and what looks odd."""

    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @classmethod
    def of(cls, errors: list[Problem], warnings: list[Problem]) -> Self:
        """Make a report of bounded length."""
        return cls(_bounded(errors), _bounded(warnings))


def _bounded(problems: list[Problem]) -> tuple[Problem, ...]:
    if len(problems) <= PROBLEMS_MAX:
        return tuple(problems)
    return (*problems[:PROBLEMS_MAX], Problem("", f"There are {len(problems) - PROBLEMS_MAX} more."))
