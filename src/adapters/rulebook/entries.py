"""How a rule is written in TOML. Nothing may be there that is not named here."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType, field

from core.resale.law.facts import Fact
from core.resale.law.rule import (
    AppliesAt,
    Base,
    Combination,
    Compared,
    Confidence,
    Duty,
    Hook,
    Lift,
    Operator,
    Predicate,
    Right,
    Rule,
    RuleKind,
    RuleStatus,
)

Slug = Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Line = Annotated[str, Meta(min_length=1, max_length=400)]
Text = Annotated[str, Meta(max_length=2_000)]
Amount = Annotated[str, Meta(pattern=r"^\d{1,9}(\.\d{1,6})?$")]


class PredicateEntry(Struct, forbid_unknown_fields=True, frozen=True):
    """One condition, such as `{ fact = "venue_capacity", at_most = 3000 }`: a fact, one operator, and its value."""

    fact: Fact
    is_: Any | UnsetType = field(name="is", default=UNSET)
    in_: Annotated[list[Any], Meta(max_length=50)] | UnsetType = field(name="in", default=UNSET)
    at_least: Any | UnsetType = UNSET
    at_most: Any | UnsetType = UNSET
    more_than: Any | UnsetType = UNSET

    def predicate(self) -> Predicate:
        """Return what it means; raises ValueError unless there is one operator."""
        given: dict[Operator, Any] = {
            Operator.IS: self.is_,
            Operator.IN: self.in_,
            Operator.AT_LEAST: self.at_least,
            Operator.AT_MOST: self.at_most,
            Operator.MORE_THAN: self.more_than,
        }
        told = [(operator, value) for operator, value in given.items() if value is not UNSET]
        if len(told) != 1:
            raise ValueError(f"a condition has one operator ({', '.join(Operator)}), and this has {len(told)}")
        operator, value = told[0]
        return Predicate(self.fact, operator, tuple(value) if operator is Operator.IN else (value,))


class RuleEntry(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """One `[[rule]]`; core.resale.law.rule.Rule says what the members mean."""

    id: Slug
    version: Annotated[int, Meta(ge=1)]
    place: str
    name: Line
    kind: RuleKind
    citation: Line
    confidence: Confidence
    status: RuleStatus
    reviewed_on: date
    scope_text: Text
    source: Annotated[str, Meta(pattern=r"^https?://\S+$", max_length=500)] | None = None
    value: Amount | None = None
    currency: str | None = None
    base: Base | None = None
    base_text: Text = ""
    scope: Annotated[list[Annotated[list[PredicateEntry], Meta(max_length=20)]], Meta(max_length=20)] = []
    combination: Combination = Combination.STRICTEST
    group: Slug | None = None
    lifted_by: frozenset[Lift] = frozenset()
    rights: frozenset[Right] = frozenset()
    duties: frozenset[Duty] = frozenset()
    applies_at: AppliesAt = AppliesAt.RESALE
    hook: Hook = Hook.EVENT
    compared: Compared = Compared.BUYER_TOTAL_BEFORE_TAX
    effective_from: date | None = None
    effective_to: date | None = None
    doubts: Text = ""

    def rule(self) -> Rule:
        """Return the rule; raises ValueError for a condition that is none."""
        return Rule(
            id=self.id,
            version=self.version,
            place=self.place,
            name=self.name,
            kind=self.kind,
            citation=self.citation,
            source=self.source,
            confidence=self.confidence,
            status=self.status,
            reviewed_on=self.reviewed_on,
            scope_text=self.scope_text,
            value=None if self.value is None else Decimal(self.value),
            currency=self.currency,
            base=self.base,
            base_text=self.base_text,
            scope=tuple(tuple(entry.predicate() for entry in alternative) for alternative in self.scope),
            combination=self.combination,
            group=self.group,
            lifted_by=self.lifted_by,
            rights=self.rights,
            duties=self.duties,
            applies_at=self.applies_at,
            hook=self.hook,
            compared=self.compared,
            effective_from=self.effective_from,
            effective_to=self.effective_to,
            doubts=self.doubts,
        )
