"""Sellers' verifications as the API shows them."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from adapters.http.seller_verification_bodies import Document
from core.resale.trust.evidence import (
    AuthorisationEvidence,
    Evidence,
    IdentityEvidence,
    LastOwnerEvidence,
    SalesTaxEvidence,
    StateLicenceEvidence,
    TraderEvidence,
)
from core.resale.trust.verifications import Verification

Status = Literal["pending", "in_review", "verified", "rejected", "expired"]


class IdentityView(msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag_field="kind", tag="identity"):
    """What is kept of a person's evidence."""

    legal_name: str
    country: str
    document: Document
    document_number_end: str


class TraderView(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag_field="kind", tag="trader_traceability"
):
    """What is kept of a trader's evidence."""

    name: str
    address: str
    country: str
    email: str
    phone: str
    register: str | None
    register_number: str | None
    certifies_lawful_offers: bool


class StateLicenceView(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag_field="kind", tag="state_licence"
):
    """What is kept of a licence."""

    place: str
    authority: str
    licence_number: str
    valid_until: date


class SalesTaxView(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag_field="kind", tag="sales_tax_registration"
):
    """What is kept of a registration for sales tax."""

    place: str
    number_end: str


class LastOwnerView(msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag_field="kind", tag="last_owner_name"):
    """What is kept of a pass's last owner."""

    pass_id: UUID
    last_owner_name: str


class AuthorisationView(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag_field="kind", tag="organiser_authorisation"
):
    """What is kept of the organiser's consent."""

    reference: str
    ticket_id: UUID | None


EvidenceView = IdentityView | TraderView | StateLicenceView | SalesTaxView | LastOwnerView | AuthorisationView


class VerificationBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A verification as it stands; the status is that of the moment of asking."""

    id: UUID
    account_id: UUID
    venue_id: UUID | None
    kind: str
    evidence: EvidenceView
    status: Status
    provider: str
    reason: str | None
    decided_at: datetime | None
    expires_at: datetime | None
    created_at: datetime
    version: int


def verification_body(verification: Verification, now: datetime) -> VerificationBody:
    """Return what is sent of a verification."""
    return VerificationBody(
        id=verification.id,
        account_id=verification.account_id,
        venue_id=verification.venue_id,
        kind=verification.kind.value,
        evidence=_view(verification.evidence),
        status=verification.status_at(now).value,
        provider=verification.provider,
        reason=verification.reason,
        decided_at=verification.decided_at,
        expires_at=verification.expires_at,
        created_at=verification.created_at,
        version=verification.version,
    )


_VIEWS: Mapping[type[Evidence], type[EvidenceView]] = {
    IdentityEvidence: IdentityView,
    TraderEvidence: TraderView,
    StateLicenceEvidence: StateLicenceView,
    SalesTaxEvidence: SalesTaxView,
    LastOwnerEvidence: LastOwnerView,
    AuthorisationEvidence: AuthorisationView,
}


def _view(evidence: Evidence) -> EvidenceView:
    return _VIEWS[type(evidence)](**asdict(evidence))
