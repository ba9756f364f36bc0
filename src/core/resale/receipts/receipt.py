"""A receipt: what was decided about one resale, on which facts and rules, signed so that it proves itself offline.

    {"receiptVersion": 1, "id": …, "keyId": …, "outcome": {"allowed": …, …}, …, "signature": …}

- The signature is Ed25519 (RFC 8032) over a fixed context and the canonical JSON (RFC 8785) of all the other members.
  So a receipt may be indented or its members sorted otherwise on its way, and still verifies; any other change shows.
- The facts are in it as a hash only: a receipt can be shown to a third party without showing who sells to whom. Whoever
  holds the facts can prove that they are the ones that were judged.
- `keyId` is the thumbprint (RFC 7638) of the public key, so that nobody can choose the name of a key freely.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from core.resale.receipts.canonical import Json, canonical_json, parse_object
from core.resale.receipts.receipt_errors import InvalidReceiptError
from core.resale.verdicts.verdict import RuleOutcome, Verdict
from core.shared.errors import DomainError
from core.shared.ids import PassId, TenantId, VerdictId
from core.shared.money import Money
from core.shared.time import spoken

RECEIPT_VERSION = 1
RECEIPT_BYTES_MAX = 65_536
SIGNATURE_LENGTH_BYTES = 64
_CONTEXT = b"fairseat resale receipt\0"


@dataclass(frozen=True, slots=True)
class PassSubject:
    """A pass that Fairseat issued."""

    pass_id: PassId


@dataclass(frozen=True, slots=True)
class ExternalSubject:
    """A pass that somebody else issued; `reference` is the asker's own word for it, None for none."""

    reference: str | None


type Subject = PassSubject | ExternalSubject


@dataclass(frozen=True, slots=True)
class BindingRule:
    """A rule that decided: its ceiling was the lowest, or it forbade the resale."""

    id: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What is signed. `as_of` is the moment whose law was asked for, `facts_hash` the SHA-256 of the grounds."""

    id: VerdictId
    tenant_id: TenantId
    issued_at: datetime
    as_of: datetime
    subject: Subject
    price: Money
    facts_hash: str
    rulebook_version: str
    allowed: bool
    price_max: Money | None
    reason_codes: tuple[str, ...]
    bound_by: tuple[BindingRule, ...]
    key_id: str

    @classmethod
    def of(
        cls,
        verdict: Verdict,
        *,
        verdict_id: VerdictId,
        tenant_id: TenantId,
        issued_at: datetime,
        subject: Subject,
        price: Money,
        facts_hash: str,
        key_id: str,
    ) -> Self:
        """Say what a verdict decided."""
        return cls(
            id=verdict_id,
            tenant_id=tenant_id,
            issued_at=issued_at,
            as_of=verdict.as_of,
            subject=subject,
            price=price,
            facts_hash=facts_hash,
            rulebook_version=verdict.rulebook_version,
            allowed=verdict.allowed,
            price_max=verdict.price_max,
            reason_codes=tuple(reason.code for reason in verdict.reasons),
            bound_by=tuple(
                BindingRule(rule.id, rule.version) for rule in verdict.rules if rule.outcome is RuleOutcome.BOUND
            ),
            key_id=key_id,
        )

    def document(self) -> dict[str, Json]:
        """Return all the members but the signature."""
        return {
            "receiptVersion": RECEIPT_VERSION,
            "id": str(self.id),
            "tenantId": str(self.tenant_id),
            "issuedAt": spoken(self.issued_at),
            "asOf": spoken(self.as_of),
            "subject": _subject_document(self.subject),
            "price": _money_document(self.price),
            "factsHash": self.facts_hash,
            "rulebookVersion": self.rulebook_version,
            "outcome": {
                "allowed": self.allowed,
                "maxPrice": _money_document(self.price_max) if self.price_max is not None else None,
                "reasons": list(self.reason_codes),
                "boundBy": [{"id": rule.id, "version": rule.version} for rule in self.bound_by],
            },
            "keyId": self.key_id,
        }

    @property
    def signed_bytes(self) -> bytes:
        """What the signature is made over."""
        return _CONTEXT + canonical_json(self.document())


@dataclass(frozen=True, slots=True)
class SignedReceipt:
    """A receipt with its signature, which nobody has looked at yet."""

    receipt: Receipt
    signature: bytes

    def document(self) -> dict[str, Json]:
        """Return the receipt as it is handed out."""
        return {**self.receipt.document(), "signature": base64url(self.signature)}

    def to_json(self) -> str:
        """Return it in its canonical spelling."""
        return canonical_json(self.document()).decode()

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """Read a receipt; raises InvalidReceiptError for a text that is none of this version, to the last member."""
        try:
            document = parse_object(text, bytes_max=RECEIPT_BYTES_MAX)
            if document.get("receiptVersion") != RECEIPT_VERSION:
                raise InvalidReceiptError(f"This is no receipt of version {RECEIPT_VERSION}.")
            found = cls(_receipt_of(document), urlsafe_b64decode(document["signature"] + "=="))
            is_whole = canonical_json(found.document()) == canonical_json(document)
        except (KeyError, TypeError, ValueError, AttributeError, Base64Error, DomainError) as error:
            if isinstance(error, InvalidReceiptError):
                raise
            raise InvalidReceiptError(f"This is no receipt: {error}.") from None
        if not is_whole or len(found.signature) != SIGNATURE_LENGTH_BYTES:
            raise InvalidReceiptError("This is no receipt as Fairseat writes them: a member is spelt otherwise.")
        return found


def base64url(data: bytes) -> str:
    """Return base64url without padding, as JSON Web Keys have it."""
    return urlsafe_b64encode(data).decode("ascii").rstrip("=")


def _receipt_of(document: Mapping[str, Any]) -> Receipt:
    outcome = document["outcome"]
    return Receipt(
        id=VerdictId(UUID(document["id"])),
        tenant_id=TenantId(UUID(document["tenantId"])),
        issued_at=datetime.fromisoformat(document["issuedAt"]),
        as_of=datetime.fromisoformat(document["asOf"]),
        subject=_subject_of(document["subject"]),
        price=_money_of(document["price"]),
        facts_hash=document["factsHash"],
        rulebook_version=document["rulebookVersion"],
        allowed=outcome["allowed"],
        price_max=_money_of(outcome["maxPrice"]) if outcome["maxPrice"] is not None else None,
        reason_codes=tuple(outcome["reasons"]),
        bound_by=tuple(BindingRule(rule["id"], rule["version"]) for rule in outcome["boundBy"]),
        key_id=document["keyId"],
    )


def _subject_document(subject: Subject) -> dict[str, Json]:
    match subject:
        case PassSubject(pass_id):
            return {"kind": "pass", "passId": str(pass_id)}
        case ExternalSubject(reference):
            return {"kind": "external", "reference": reference}


def _subject_of(document: Mapping[str, Any]) -> Subject:
    if document["kind"] == "pass":
        return PassSubject(PassId(UUID(document["passId"])))
    return ExternalSubject(document["reference"])


def _money_document(money: Money) -> dict[str, Json]:
    return {"amount": money.amount_minor, "currency": money.currency}


def _money_of(document: Mapping[str, Any]) -> Money:
    return Money(document["amount"], document["currency"])
