"""What an organiser allows beyond the law: always less, never more."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from core.shared.money import Money


class VerificationKind(StrEnum):
    """What is known of a seller, each with evidence and an end of its own."""

    IDENTITY = "identity"
    TRADER_TRACEABILITY = "trader_traceability"
    STATE_LICENCE = "state_licence"
    SALES_TAX_REGISTRATION = "sales_tax_registration"
    LAST_OWNER_NAME = "last_owner_name"
    ORGANISER_AUTHORISATION = "organiser_authorisation"


class Channel(StrEnum):
    """Where a pass changes hands."""

    FAIRSEAT = "fairseat"
    """The market of this installation, which the organiser runs or authorised by using it."""

    RETURN = "return"
    """Back to the organiser at face value."""

    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResalePolicy:
    """The policy of an organisation, a venue or a ticket; None leaves a member to the wider one, and to the law.

    `multiplier_basis_points` is of the face value (10,000 is once the face value). Cutoffs are before the event begins.
    `transfers_max` counts transfers and resales of one pass. The fees are hundredths of a percent of the resale price,
    and come out of what the seller gets.
    """

    allowed: bool | None = None
    transfer_allowed: bool | None = None
    multiplier_basis_points: int | None = None
    price_max: Money | None = None
    price_min: Money | None = None
    transfers_max: int | None = None
    listing_cutoff: timedelta | None = None
    resale_cutoff: timedelta | None = None
    transfer_cutoff: timedelta | None = None
    verifications: frozenset[VerificationKind] = frozenset()
    approved_channels: frozenset[Channel] | None = None
    platform_fee_basis_points: int | None = None
    royalty_basis_points: int | None = None
    names_holders: bool | None = None
    """Whether the pass has to bear its new holder's name."""


type PolicyChain = tuple[ResalePolicy, ...]
"""The policies that hold for one pass, the widest first: organisation, venue, ticket. Each only tightens."""
