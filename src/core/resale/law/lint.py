"""What is wrong with rules of law, and what will be soon: findings for whoever keeps a rulebook."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from core.resale.law.facts import WORDS, FactValue, type_of
from core.resale.law.rule import (
    CAPS,
    Combination,
    Confidence,
    Lift,
    Operator,
    Predicate,
    Right,
    Rule,
    RuleKind,
    RuleStatus,
)
from core.shared.money import UnknownCurrencyError, minor_unit_exponent
from core.shared.places import is_place

REVIEW_DUE = timedelta(days=180)
ENDS_SOON = timedelta(days=90)
_VALUED = frozenset({RuleKind.MULTIPLIER, RuleKind.FIXED_MARKUP})
_ORDERED = frozenset({Operator.AT_LEAST, Operator.AT_MOST, Operator.MORE_THAN})


class Severity(StrEnum):
    """How bad a finding is: a rulebook with an ERROR cannot be used, a WARNING wants somebody to look."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about one member of a rule: a code that never changes, and a sentence."""

    severity: Severity
    rule_id: str
    member: str
    code: str
    message: str


def lint(rules: Iterable[Rule], *, on: date) -> tuple[Finding, ...]:
    """Return all findings about the rules on a day, errors first, then in the order of their ids."""
    given = sorted(rules, key=lambda rule: rule.id)
    found = [finding for rule in given for finding in (*errors_of(rule), *_warnings(rule, on))]
    found += findings_of_groups(given)
    return tuple(sorted(found, key=lambda finding: (finding.severity is not Severity.ERROR, finding.rule_id)))


def errors_of(rule: Rule) -> Iterator[Finding]:
    """Tell what keeps a rule from being used: members that contradict one another, or mean nothing."""
    for tell in (_identity, _value, _base, _currency, _effects, _scope):
        for member, code, message in tell(rule):
            yield Finding(Severity.ERROR, rule.id, member, code, message)


def _identity(rule: Rule) -> Iterator[tuple[str, str, str]]:
    if not is_place(rule.place):
        yield "place", "unknown_place", f"{rule.place!r} is no code of ISO 3166-1 or -2, and not EU."
    if rule.version < 1:
        yield "version", "version_below_one", "Versions count from 1."
    if rule.binds and not rule.source:
        yield "source", "source_missing", "What binds has a source."
    if rule.effective_from and rule.effective_to and rule.effective_from >= rule.effective_to:
        yield "effective_to", "never_effective", "The rule ends before it begins."


def _value(rule: Rule) -> Iterator[tuple[str, str, str]]:
    if rule.kind in _VALUED and rule.value is None:
        yield "value", "value_missing", f"A {rule.kind} needs its value."
    if rule.kind not in _VALUED and rule.value is not None:
        yield "value", "value_unused", f"A {rule.kind} has no value."
    if rule.value is not None and not (rule.value.is_finite() and rule.value > 0):
        yield "value", "value_not_positive", "The value is more than 0."


def _base(rule: Rule) -> Iterator[tuple[str, str, str]]:
    if rule.kind in CAPS and rule.base is None:
        yield "base", "base_missing", f"A {rule.kind} is reckoned from a base."
    if rule.kind not in CAPS and rule.base is not None:
        yield "base", "base_unused", f"A {rule.kind} is not reckoned from anything; say it in base_text."


def _currency(rule: Rule) -> Iterator[tuple[str, str, str]]:
    if rule.kind is RuleKind.FIXED_MARKUP and rule.currency is None:
        yield "currency", "currency_missing", "An amount has a currency."
    if rule.kind is not RuleKind.FIXED_MARKUP and rule.currency is not None:
        yield "currency", "currency_unused", f"A {rule.kind} has no amount of its own."
    if rule.currency is None:
        return
    exponent = _minor_unit_exponent(rule.currency)
    if exponent is None:
        yield "currency", "unknown_currency", f"{rule.currency!r} is no currency of ISO 4217 with a minor unit."
    elif rule.value is not None and rule.value.is_finite() and rule.value * 10**exponent % 1:
        yield "value", "value_too_fine", f"{rule.currency} has {exponent} decimals."


def _effects(rule: Rule) -> Iterator[tuple[str, str, str]]:
    if rule.combination is not Combination.STRICTEST and not rule.group:
        yield "group", "group_missing", f"{rule.combination} needs a group to hold within."
    if rule.combination is Combination.MAX and rule.kind not in CAPS:
        yield "combination", "max_without_ceiling", "Only ceilings can be the highest of a group."
    if rule.kind is RuleKind.AUTHORISATION and Lift.ORGANISER_AUTHORISATION not in rule.lifted_by:
        yield "lifted_by", "authorisation_lifts_nothing", "What is forbidden without authority is lifted by it."
    if rule.kind is RuleKind.PROHIBITED and rule.lifted_by:
        yield "lifted_by", "prohibition_lifted", "What is forbidden at any price is lifted by nothing."
    if Right.RESALE_UP_TO_CAP in rule.rights and rule.kind not in CAPS:
        yield "rights", "right_without_ceiling", "A right up to the cap needs a cap."


def _scope(rule: Rule) -> Iterator[tuple[str, str, str]]:
    for index, alternative in enumerate(rule.scope):
        if not alternative:
            yield f"scope[{index}]", "alternative_empty", "An alternative without conditions would always hold."
        for position, predicate in enumerate(alternative):
            for code, message in _predicate_errors(predicate):
                yield f"scope[{index}][{position}]", code, message


def _predicate_errors(predicate: Predicate) -> Iterator[tuple[str, str]]:
    fact, operator, wanted = predicate.fact, predicate.operator, type_of(predicate.fact)
    if wanted is str and fact not in WORDS:
        yield "no_condition", f"{fact} is no condition of a scope: its words are not known."
        return
    if not predicate.values or (operator is not Operator.IN and len(predicate.values) > 1):
        yield "value_count", f"{operator} takes {'one value or more' if operator is Operator.IN else 'one value'}."
    if operator in _ORDERED and wanted not in {int, date}:
        yield "operator_unfit", f"{fact} has no order, so it is not {operator} anything."
    for value in predicate.values:
        if not _is_exactly(value, wanted):
            yield "value_type", f"{fact} is told in {wanted.__name__}, not in {type(value).__name__}."
        elif fact in WORDS and value not in WORDS[fact]:
            yield "unknown_word", f"{fact} is one of {', '.join(sorted(WORDS[fact]))}, not {value!r}."


def _is_exactly(value: FactValue, wanted: type[FactValue]) -> bool:
    """Return whether the value is of the type; words of an enumeration are words, but True is no number."""
    return isinstance(value, str) if wanted is str else type(value) is wanted


def _warnings(rule: Rule, on: date) -> Iterator[Finding]:
    def warning(member: str, code: str, message: str) -> Finding:
        return Finding(Severity.WARNING, rule.id, member, code, message)

    if on - rule.reviewed_on >= REVIEW_DUE:
        yield warning("reviewed_on", "review_due", f"Nobody held it against its source since {rule.reviewed_on}.")
    if rule.reviewed_on > on:
        yield warning("reviewed_on", "review_ahead", f"It is said to be reviewed on {rule.reviewed_on}, a day to come.")
    if rule.effective_to is not None and on >= rule.effective_to:
        yield warning("effective_to", "ended", f"It holds no longer, since {rule.effective_to}.")
    elif rule.effective_to is not None and rule.effective_to - on <= ENDS_SOON:
        yield warning("effective_to", "ends_soon", f"It ends on {rule.effective_to}; is there another to follow?")
    if rule.status is RuleStatus.IN_FORCE and rule.confidence is Confidence.LOW:
        yield warning(
            "confidence", "low_confidence", "It is said to be in force, but no source is good enough: it sleeps."
        )
    if rule.status is RuleStatus.IN_FORCE and rule.kind is RuleKind.UNVERIFIED:
        yield warning("kind", "kind_unverified", "It is said to be in force, but nobody knows what it says: it sleeps.")


def findings_of_groups(rules: Iterable[Rule]) -> Iterator[Finding]:
    """Tell what is wrong with rules that belong together, each at the first rule of its group."""
    members: dict[str, list[Rule]] = {}
    for rule in rules:
        if rule.group:
            members.setdefault(rule.group, []).append(rule)
    for group, of_group in members.items():
        first = of_group[0]
        if len(of_group) == 1:
            message = f"Nothing else is in the group {group!r}."
            yield Finding(Severity.WARNING, first.id, "group", "group_of_one", message)
        if len({rule.place for rule in of_group}) > 1:
            message = f"The group {group!r} has rules of several places."
            yield Finding(Severity.ERROR, first.id, "group", "group_across_places", message)
        if all(rule.combination is Combination.OVERRIDE for rule in of_group):
            message = f"The group {group!r} has nothing to override."
            yield Finding(Severity.ERROR, first.id, "group", "nothing_overridden", message)


def _minor_unit_exponent(currency: str) -> int | None:
    try:
        return minor_unit_exponent(currency)
    except UnknownCurrencyError:
        return None
