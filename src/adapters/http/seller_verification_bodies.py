"""Sellers' verifications as the API takes them."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from core.resale.trust.evidence import (
    AuthorisationEvidence,
    Evidence,
    IdentityDocument,
    IdentityEvidence,
    LastOwnerEvidence,
    SalesTaxEvidence,
    StateLicenceEvidence,
    TraderEvidence,
    ending,
)
from core.resale.trust.verifications import REASON_LENGTH_MAX
from core.shared.errors import InvalidInputError, Problem
from core.shared.ids import PassId, TicketId
from core.shared.places import is_country, is_place

Text = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Number = Annotated[str, Meta(min_length=4, max_length=40, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./-]{2,38}[A-Za-z0-9]$")]
"""A number as it is printed; of the secret ones only the end is kept."""

Country = Annotated[str, Meta(pattern="^[A-Z]{2}$", examples=["DE"])]
Place = Annotated[str, Meta(pattern="^[A-Z]{2}(-[A-Z0-9]{1,3})?$", examples=["US-GA"])]
Reason = Annotated[str, Meta(min_length=1, max_length=REASON_LENGTH_MAX)]
Document = Literal["passport", "identity_card", "driving_licence", "residence_permit"]


class _Request(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What a request brings."""


class IdentityBody(_Request, frozen=True, kw_only=True):
    """Who a person is, by a document; of its number only the last four characters are kept."""

    legal_name: Text
    country: Country
    document: Document
    document_number: Number


class TraderBody(_Request, frozen=True, kw_only=True):
    """Who a trader is, and that what they offer is lawful."""

    name: Text
    address: Text
    country: Country
    email: Annotated[str, Meta(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
    phone: Annotated[str, Meta(min_length=5, max_length=30, pattern=r"^\+?[0-9 ()/.-]+$")]
    certifies_lawful_offers: Literal[True]
    register: Text | None = None
    register_number: Number | None = None


class StateLicenceBody(_Request, frozen=True, kw_only=True):
    """A licence to resell, by the public register of a place."""

    place: Place
    authority: Text
    licence_number: Number
    valid_until: date


class SalesTaxBody(_Request, frozen=True, kw_only=True):
    """A registration for sales tax; of the number only the last four characters are kept."""

    place: Place
    registration_number: Number


class LastOwnerBody(_Request, frozen=True, kw_only=True):
    """The last owner of a pass."""

    pass_id: UUID
    last_owner_name: Text


class AuthorisationBody(_Request, frozen=True, kw_only=True):
    """The organiser's consent, by its reference, for one ticket or for all."""

    reference: Text
    ticket_id: UUID | None = None


class _Bringing(_Request, frozen=True, kw_only=True, tag_field="kind"):
    venue_id: UUID | None = None


class BringIdentityBody(_Bringing, frozen=True, kw_only=True, tag="identity"):
    """Evidence of a person."""

    evidence: IdentityBody


class BringTraderBody(_Bringing, frozen=True, kw_only=True, tag="trader_traceability"):
    """Evidence of a trader."""

    evidence: TraderBody


class BringStateLicenceBody(_Bringing, frozen=True, kw_only=True, tag="state_licence"):
    """Evidence of a licence."""

    evidence: StateLicenceBody


class BringSalesTaxBody(_Bringing, frozen=True, kw_only=True, tag="sales_tax_registration"):
    """Evidence of a registration for sales tax."""

    evidence: SalesTaxBody


class BringLastOwnerBody(_Bringing, frozen=True, kw_only=True, tag="last_owner_name"):
    """The name of a pass's last owner."""

    evidence: LastOwnerBody


class BringAuthorisationBody(_Bringing, frozen=True, kw_only=True, tag="organiser_authorisation"):
    """Evidence of the organiser's consent."""

    evidence: AuthorisationBody


BringBody = (
    BringIdentityBody
    | BringTraderBody
    | BringStateLicenceBody
    | BringSalesTaxBody
    | BringLastOwnerBody
    | BringAuthorisationBody
)


class JudgeBody(_Request, frozen=True, kw_only=True):
    """What staff make of a verification; a refusal says why. Without `expiresAt` it counts as long as its kind does."""

    status: Literal["in_review", "verified", "rejected"]
    reason: Reason | None = None
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None


def evidence_of(body: BringBody) -> tuple[Evidence, str | None]:
    """Return what is kept, and the whole number that is told to the verifier alone.

    Raises InvalidInputError for a country or place that ISO 3166 does not list.
    """
    match body:
        case BringIdentityBody(evidence=brought):
            _must_be_country(brought.country)
            identity = IdentityEvidence(
                legal_name=brought.legal_name,
                country=brought.country,
                document=IdentityDocument(brought.document),
                document_number_end=ending(brought.document_number),
            )
            return identity, brought.document_number
        case BringTraderBody(evidence=brought):
            _must_be_country(brought.country)
            return TraderEvidence(
                name=brought.name,
                address=brought.address,
                country=brought.country,
                email=brought.email,
                phone=brought.phone,
                register=brought.register,
                register_number=brought.register_number,
                certifies_lawful_offers=brought.certifies_lawful_offers,
            ), None
        case BringStateLicenceBody(evidence=brought):
            _must_be_place(brought.place)
            return StateLicenceEvidence(
                place=brought.place,
                authority=brought.authority,
                licence_number=brought.licence_number,
                valid_until=brought.valid_until,
            ), None
        case BringSalesTaxBody(evidence=brought):
            _must_be_place(brought.place)
            number = brought.registration_number
            return SalesTaxEvidence(place=brought.place, number_end=ending(number)), number
        case BringLastOwnerBody(evidence=brought):
            return LastOwnerEvidence(pass_id=PassId(brought.pass_id), last_owner_name=brought.last_owner_name), None
        case BringAuthorisationBody(evidence=brought):
            ticket_id = TicketId(brought.ticket_id) if brought.ticket_id is not None else None
            return AuthorisationEvidence(reference=brought.reference, ticket_id=ticket_id), None


def _must_be_country(code: str) -> None:
    if not is_country(code):
        message = f"{code} is no country of ISO 3166-1."
        raise InvalidInputError(message, [Problem("/evidence/country", message)])


def _must_be_place(code: str) -> None:
    if not is_place(code):
        message = f"{code} is no country of ISO 3166-1 and no part of one of ISO 3166-2."
        raise InvalidInputError(message, [Problem("/evidence/place", message)])
