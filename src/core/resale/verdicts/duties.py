"""What seller and platform have to do when a resale goes on, and the evidence that this takes."""

from core.resale.law.facts import Fact, ResaleFacts
from core.resale.law.rule import Duty
from core.resale.policies.policy import VerificationKind
from core.resale.verdicts.case import Case
from core.resale.verdicts.verdict import RuleOutcome

_HELD = frozenset({RuleOutcome.APPLIED, RuleOutcome.LIFTED})
_ORDER = {duty: number for number, duty in enumerate(Duty)}

_EVIDENCE: dict[Duty, VerificationKind] = {
    Duty.TRADER_TRACEABILITY: VerificationKind.TRADER_TRACEABILITY,
    Duty.SELLER_LICENCE: VerificationKind.STATE_LICENCE,
    Duty.SALES_TAX_REGISTRATION: VerificationKind.SALES_TAX_REGISTRATION,
    Duty.DISCLOSE_LAST_OWNER: VerificationKind.LAST_OWNER_NAME,
}
_SETTLED: dict[Duty, tuple[Fact, bool]] = {
    Duty.TRADER_TRACEABILITY: (Fact.SELLER_TRADER, False),
    Duty.SELLER_LICENCE: (Fact.SELLER_LICENSED, True),
    Duty.SALES_TAX_REGISTRATION: (Fact.SELLER_TAX_REGISTERED, True),
}
"""Facts that say as much as the evidence would."""


def duties_of(case: Case) -> tuple[Duty, ...]:
    """Return the duties of all rules that apply or were lifted, and the organiser's that a pass names its holder.

    Consent lifts a ceiling, not the duties beside it.
    """
    found: set[Duty] = set()
    for standing in case.found:
        if standing.outcome in _HELD:
            found |= standing.rule.duties
    if any(policy.names_holders for policy in case.policy):
        found.add(Duty.CHANGE_OF_NAME)
    return tuple(sorted(found, key=_ORDER.__getitem__))


def evidence_for(duties: tuple[Duty, ...], facts: ResaleFacts) -> set[VerificationKind]:
    """Return the verifications that these duties take and that the seller has not brought."""
    asked = {kind for duty, kind in _EVIDENCE.items() if duty in duties and not _settled(duty, facts)}
    return asked - facts.verifications


def _settled(duty: Duty, facts: ResaleFacts) -> bool:
    settled = _SETTLED.get(duty)
    return settled is not None and facts.known.get(settled[0]) is settled[1]
