"""What rules say, in words short enough for a table."""

from core.resale.law.rule import Base, Predicate, Rule, RuleKind, RuleStatus, Scope

_SAYS = {
    RuleKind.FACE_VALUE: "not above the base",
    RuleKind.AUTHORISATION: "only with the organiser's authority",
    RuleKind.PROHIBITED: "not at all",
    RuleKind.DISCLOSURE: "any price, with duties",
    RuleKind.NONE: "no cap",
    RuleKind.UNVERIFIED: "not known",
}
_BASES = {
    Base.FACE: "price without fees",
    Base.FACE_PLUS_TAX: "price and tax",
    Base.FACE_PLUS_PRINTED_FEE: "price and printed fees",
    Base.PRINTED_WITH_TAX: "printed price with tax",
    Base.FACE_PLUS_FEES: "price and mandatory fees",
    Base.TOTAL_PAID: "all that the first buyer had to pay",
    Base.SUPPLY_COST: "price and costs, these to a tenth of it",
    Base.PAID_BY_SELLER: "what the seller paid",
}


def ceiling_in_words(rule: Rule) -> str:
    """Return what the rule does, such as `at most 1.1 × price without fees`."""
    base = _BASES[rule.base] if rule.base is not None else ""
    if rule.kind is RuleKind.MULTIPLIER:
        return f"at most {rule.value} × {base}"
    if rule.kind is RuleKind.FIXED_MARKUP:
        return f"at most {base} + {rule.value} {rule.currency}"
    return f"at most {base}" if rule.kind is RuleKind.FACE_VALUE else _SAYS[rule.kind]


def dates_in_words(rule: Rule) -> str:
    """Return the first day, a question mark for one that nobody confirmed, and the day on which the rule ends."""
    if rule.effective_from is None and rule.status is not RuleStatus.IN_FORCE:
        return ""
    end = f" to {rule.effective_to}" if rule.effective_to is not None else ""
    return f"from {rule.effective_from or '?'}{end}"


def scope_in_words(scope: Scope) -> str:
    """Return the conditions, such as `venue_capacity ≤ 3000 and charity; or event_declared`; empty for always."""
    return "; or ".join(" and ".join(_condition(predicate) for predicate in alternative) for alternative in scope)


def _condition(predicate: Predicate) -> str:
    fact, values = predicate.fact, predicate.values
    if values == (True,):
        return str(fact)
    if values == (False,):
        return f"not {fact}"
    sign = {"is": "=", "in": "in", "at_least": "≥", "at_most": "≤", "more_than": ">"}[predicate.operator]
    return f"{fact} {sign} {', '.join(map(str, values))}"
