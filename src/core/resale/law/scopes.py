"""Whether a rule's conditions hold: yes, no, or only if facts are so that nobody gave."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from core.resale.law.facts import Fact, FactValue
from core.resale.law.rule import Operator, Predicate, Scope


class Known(Protocol):
    """Whoever knows facts: all of a resale, or what is known of an event before there is any."""

    def value_of(self, fact: Fact) -> FactValue | None:
        """Return what is known of a fact; None for nothing."""
        ...


type Assumed = tuple[Fact, ...]
"""Facts that nobody gave and that something hangs on. None of them: it is certain."""


def assumptions(scope: Scope, facts: Known) -> Assumed | None:
    """Return the facts that have to be assumed for the scope to hold: () where it does hold, None where it cannot."""
    if not scope:
        return ()
    hanging_on: dict[Fact, None] = {}
    for conditions in scope:
        missing = _missing(conditions, facts)
        if missing == []:
            return ()
        hanging_on |= dict.fromkeys(missing or ())
    return tuple(hanging_on) or None


def _missing(conditions: Sequence[Predicate], facts: Known) -> list[Fact] | None:
    """Return the facts that these conditions wait for, or None as soon as one of them fails."""
    missing: list[Fact] = []
    for condition in conditions:
        met = _met(condition, facts)
        if met is None:
            missing.append(condition.fact)
        elif not met:
            return None
    return missing


def _met(condition: Predicate, facts: Known) -> bool | None:
    value = facts.value_of(condition.fact)
    if value is None:
        return None
    if condition.operator in {Operator.IS, Operator.IN}:
        return value in condition.values
    return _compared(condition.operator, value, condition.values[0])


def _compared(operator: Operator, value: FactValue, bound: FactValue) -> bool | None:
    """Hold a number or a day against another; what cannot be compared is as good as not known."""
    left, right = _on_a_line(value), _on_a_line(bound)
    if left is None or right is None or isinstance(value, date) is not isinstance(bound, date):
        return None
    if operator is Operator.AT_LEAST:
        return left >= right
    if operator is Operator.AT_MOST:
        return left <= right
    return left > right


def _on_a_line(value: FactValue) -> int | None:
    match value:
        case date():
            return value.toordinal()
        case int():
            return value
        case _:
            return None
