"""Verdicts and receipts as the API shows them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from adapters.http.money import MoneyBody
from adapters.http.problems import ProblemDocument
from core.resale.law.facts import Fact
from core.resale.law.rule import Duty
from core.resale.policies.policy import VerificationKind
from core.resale.receipts.kept_verdict import SignedVerdict
from core.resale.receipts.receipt import SignedReceipt
from core.resale.verdicts.verdict import ConsideredRule, RuleOutcome, Step
from core.shared.money import Money

NOTICE = (
    "A reckoning over rules that are cited and dated, as far as their sources were read. It is no legal advice; have "
    "counsel confirm what you rely on."
)


class ReasonBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Why the answer is no; `ruleId` names the rule where it is one."""

    code: str
    message: str
    rule_id: str | None


class StepBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One line of arithmetic, and what came out."""

    text: str
    amount: MoneyBody


class ConsideredRuleBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A rule of the places involved, what became of it, and the ceiling that it alone would set."""

    id: str
    version: int
    place: str
    name: str
    citation: str
    outcome: RuleOutcome
    ceiling: MoneyBody | None
    steps: tuple[StepBody, ...]
    assumed: tuple[Fact, ...]
    why: str


class ReceiptSubjectBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A pass of ours by its `passId`, or one issued elsewhere by the asker's `reference`, null for none."""

    kind: Literal["pass", "external"]
    pass_id: UUID | msgspec.UnsetType = msgspec.UNSET
    reference: str | msgspec.UnsetType | None = msgspec.UNSET


class ReceiptRuleBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A rule that decided."""

    id: str
    version: int


class ReceiptOutcomeBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was decided."""

    allowed: bool
    max_price: MoneyBody | None
    reasons: tuple[str, ...]
    bound_by: tuple[ReceiptRuleBody, ...]


class ReceiptBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was decided, signed: keep it as it is. `fairseat receipt verify` checks it offline.

    `signature` is Ed25519 over `fairseat resale receipt`, a NUL, and the canonical JSON (RFC 8785) of the other
    members, by the key of GET /resale/keys that `keyId` names. `factsHash` is the SHA-256 of what was judged.
    """

    receipt_version: Literal[1]
    id: UUID
    tenant_id: UUID
    issued_at: str
    as_of: str
    subject: ReceiptSubjectBody
    price: MoneyBody
    facts_hash: str
    rulebook_version: str
    outcome: ReceiptOutcomeBody
    key_id: str
    signature: str


class VerdictBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer.

    `maxPrice` is the highest price that the seller may ask: null where there is no ceiling, 0 where nothing may be
    asked. `reason` is the first of the `reasons`, null where it is allowed. `requiresVerification` says whether
    `verifications` of the seller are still to be brought. `steps` reckon `maxPrice`; `assumed` are facts that nobody
    gave and that count as applying; `remedies` would make a denied resale lawful. `asOf` is the moment whose law was
    asked for, and `hypothetical` that it is not now.
    """

    id: UUID
    allowed: bool
    max_price: MoneyBody | None
    min_price: MoneyBody | None
    transfer_count: int | None
    reason: str | None
    reasons: tuple[ReasonBody, ...]
    requires_verification: bool
    verifications: tuple[VerificationKind, ...]
    rules: tuple[ConsideredRuleBody, ...]
    steps: tuple[StepBody, ...]
    assumed: tuple[Fact, ...]
    duties: tuple[Duty, ...]
    remedies: tuple[str, ...]
    warnings: tuple[str, ...]
    as_of: datetime
    hypothetical: bool
    rulebook_version: str
    receipt: ReceiptBody
    notice: str


class AnsweredBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of one question of many: a verdict, or the problem with it."""

    verdict: VerdictBody | None = None
    problem: ProblemDocument | None = None


class AnswersBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answers, in the order of the questions."""

    items: tuple[AnsweredBody, ...]


def verdict_body(signed: SignedVerdict, *, hypothetical: bool) -> VerdictBody:
    """Return an answer as the API shows it."""
    verdict = signed.verdict
    return VerdictBody(
        id=signed.verdict_id,
        allowed=verdict.allowed,
        max_price=_money(verdict.price_max),
        min_price=_money(verdict.price_min),
        transfer_count=verdict.transfer_count,
        reason=verdict.reasons[0].message if verdict.reasons else None,
        reasons=tuple(ReasonBody(code=r.code, message=r.message, rule_id=r.rule_id) for r in verdict.reasons),
        requires_verification=bool(verdict.requires),
        verifications=verdict.requires,
        rules=tuple(map(_rule, verdict.rules)),
        steps=tuple(map(_step, verdict.steps)),
        assumed=verdict.assumed,
        duties=verdict.duties,
        remedies=verdict.remedies,
        warnings=verdict.warnings,
        as_of=verdict.as_of,
        hypothetical=hypothetical,
        rulebook_version=verdict.rulebook_version,
        receipt=receipt_body(signed.receipt),
        notice=NOTICE,
    )


def receipt_body(signed: SignedReceipt) -> ReceiptBody:
    """Return a receipt with exactly the members that were signed, and the signature."""
    return msgspec.convert(signed.document(), ReceiptBody)


def _rule(rule: ConsideredRule) -> ConsideredRuleBody:
    return ConsideredRuleBody(
        id=rule.id,
        version=rule.version,
        place=rule.place,
        name=rule.name,
        citation=rule.citation,
        outcome=rule.outcome,
        ceiling=_money(rule.ceiling),
        steps=tuple(map(_step, rule.steps)),
        assumed=rule.assumed,
        why=rule.why,
    )


def _step(step: Step) -> StepBody:
    return StepBody(text=step.text, amount=MoneyBody.of(step.amount))


def _money(money: Money | None) -> MoneyBody | None:
    return MoneyBody.of(money) if money is not None else None
