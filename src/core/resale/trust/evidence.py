"""What a seller brings for each kind of verification.

Numbers that identify a person or a taxpayer are kept as their last four characters only. A hash is not kept beside
them: such numbers are so few that whoever has the hash finds the number again in seconds. The whole number goes to the
verifier once and is then forgotten; a number of a public register (of traders, of licences) is kept whole.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from core.resale.policies.policy import VerificationKind
from core.shared.ids import PassId, TicketId

LAST_CHARACTERS = 4


class IdentityDocument(StrEnum):
    """What a person shows."""

    PASSPORT = "passport"
    IDENTITY_CARD = "identity_card"
    DRIVING_LICENCE = "driving_licence"
    RESIDENCE_PERMIT = "residence_permit"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityEvidence:
    """A person's name, and a document that a country (ISO 3166-1) issued."""

    kind: ClassVar[VerificationKind] = VerificationKind.IDENTITY

    legal_name: str
    country: str
    document: IdentityDocument
    document_number_end: str

    @property
    def about(self) -> str:
        """Return what the verification is about besides the person: nothing."""
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TraderEvidence:
    """What a platform has to know of a trader before it sells there, with the trader's own certification."""

    kind: ClassVar[VerificationKind] = VerificationKind.TRADER_TRACEABILITY

    name: str
    address: str
    country: str
    email: str
    phone: str
    register: str | None
    register_number: str | None
    certifies_lawful_offers: bool

    @property
    def about(self) -> str:
        """Return what the verification is about besides the person: nothing."""
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateLicenceEvidence:
    """A reseller's licence of a place (ISO 3166-1 or -2), by its public register; `valid_until` is its last day."""

    kind: ClassVar[VerificationKind] = VerificationKind.STATE_LICENCE

    place: str
    authority: str
    licence_number: str
    valid_until: date

    @property
    def about(self) -> str:
        """Return the place: a seller has one licence in each."""
        return self.place


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesTaxEvidence:
    """A registration for the sales tax of a place (ISO 3166-1 or -2)."""

    kind: ClassVar[VerificationKind] = VerificationKind.SALES_TAX_REGISTRATION

    place: str
    number_end: str

    @property
    def about(self) -> str:
        """Return the place: a seller is registered in each by itself."""
        return self.place


@dataclass(frozen=True, slots=True, kw_only=True)
class LastOwnerEvidence:
    """The name of the last owner of one pass, which some laws want to be told to the buyer."""

    kind: ClassVar[VerificationKind] = VerificationKind.LAST_OWNER_NAME

    pass_id: PassId
    last_owner_name: str

    @property
    def about(self) -> str:
        """Return the pass."""
        return str(self.pass_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorisationEvidence:
    """The organiser's consent to a resale, by its reference; for one ticket, or for all."""

    kind: ClassVar[VerificationKind] = VerificationKind.ORGANISER_AUTHORISATION

    reference: str
    ticket_id: TicketId | None = None

    @property
    def about(self) -> str:
        """Return the ticket, if it is for one."""
        return str(self.ticket_id) if self.ticket_id is not None else ""


type Evidence = (
    IdentityEvidence
    | TraderEvidence
    | StateLicenceEvidence
    | SalesTaxEvidence
    | LastOwnerEvidence
    | AuthorisationEvidence
)


def ending(number: str) -> str:
    """Return the part of a number that is kept: its last four letters and digits, or half of a shorter one."""
    characters = "".join(character for character in number if character.isalnum())
    return characters[-min(LAST_CHARACTERS, len(characters) // 2) :] if len(characters) > 1 else ""
