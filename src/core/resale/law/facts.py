"""What is known of a resale: of the event, the pass, the seller, the buyer and the channel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache

from core.resale.policies.policy import Channel, VerificationKind
from core.shared.errors import InvalidInputError
from core.shared.money import Money
from core.shared.places import is_country, is_subdivision


class Fact(StrEnum):
    """The facts that rules ask for in their scopes. Each is the name of what `ResaleFacts.value_of` answers."""

    EVENT_KIND = "event_kind"
    VENUE_CAPACITY = "venue_capacity"
    VENUE_INDEPENDENT = "venue_independent"
    VENUE_KIND = "venue_kind"
    """What sort of venue it is, where a law cares: one of `VenueKind`."""

    VENUE_DESIGNATED = "venue_designated"
    """The venue stands on a list that a law speaks of (Ireland's register, Hong Kong's licensed places)."""

    EVENT_DECLARED = "event_declared"
    """The event was declared or designated by a public act (Victoria, New Zealand, Ireland)."""

    TICKET_RESTRICTED = "ticket_restricted"
    """The ticket says that it may not be resold, or not for more."""

    TICKET_NOMINATIVE = "ticket_nominative"
    """The ticket names its holder, who was identified at the sale."""

    COMPLIMENTARY = "complimentary"
    SELLER_TRADER = "seller_trader"
    SELLER_HABITUAL = "seller_habitual"
    """The seller resells regularly, be it as a business or not."""

    SELLER_PROFIT_MOTIVE = "seller_profit_motive"
    SELLER_LICENSED = "seller_licensed"
    SELLER_TAX_REGISTERED = "seller_tax_registered"
    CHARITY = "charity"
    """The event is a charity's, or the pass is sold for one."""

    CHANNEL_AUTHORISED = "channel_authorised"
    CHANNEL_ONLINE = "channel_online"
    CHANNEL_REFUND_GUARANTEE = "channel_refund_guarantee"
    ORGANISER_PROHIBITION_FILED = "organiser_prohibition_filed"
    """The venue filed and posted a notice that forbids resale above face value (North Carolina)."""

    FIRST_SOLD_ON = "first_sold_on"
    EVENT_SUBDIVISION = "event_subdivision"
    """The places are no conditions of scopes: a rule has a place of its own. They are named when nobody gave them."""

    BUYER_PLACE = "buyer_place"
    SELLER_PLACE = "seller_place"


class EventKind(StrEnum):
    """Kinds of events that laws tell apart; `other` is none of the rest."""

    CONCERT = "concert"
    SPORT = "sport"
    THEATRE = "theatre"
    COMEDY = "comedy"
    FESTIVAL = "festival"
    EXHIBITION = "exhibition"
    CONFERENCE = "conference"
    CINEMA = "cinema"
    OTHER = "other"


class VenueKind(StrEnum):
    """Kinds of venues that laws tell apart; `other` is none of the rest."""

    NONPROFIT_FAIR = "nonprofit_fair"
    """A fairground, exhibition or community venue that works for no profit."""

    COLLEGIATE_SPORT = "collegiate_sport"
    AMATEUR_SPORT = "amateur_sport"
    MAJOR_SPORTS_FACILITY = "major_sports_facility"
    """One of those that Queensland lists."""

    THEME_PARK = "theme_park"
    """A park with tickets of several days or several events (Florida)."""

    OTHER = "other"


type FactValue = bool | int | str | date
"""Booleans, whole numbers, words of a list, and days."""

WORDS: Mapping[Fact, frozenset[str]] = {Fact.EVENT_KIND: frozenset(EventKind), Fact.VENUE_KIND: frozenset(VenueKind)}
"""The facts that are words, each with those that it can be."""


def type_of(fact: Fact) -> type[FactValue]:
    """Return what a fact is told in: bool for most, int for a number, date for a day, str for one of its `WORDS`."""
    if fact in WORDS:
        return str
    return _OTHER_TYPES.get(fact, bool)


_OTHER_TYPES: Mapping[Fact, type[FactValue]] = {
    Fact.VENUE_CAPACITY: int,
    Fact.FIRST_SOLD_ON: date,
    Fact.EVENT_SUBDIVISION: str,
    Fact.BUYER_PLACE: str,
    Fact.SELLER_PLACE: str,
}


class Act(StrEnum):
    """What somebody is about to do with a pass. Each has its own cutoff; nothing is asked for a transfer."""

    LISTING = "listing"
    RESALE = "resale"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceComponents:
    """What the first sale of one pass cost, taken apart, since statutes use many bases. None: not known.

    All in one currency. `mandatory_fees` could not be avoided, `optional` could; `tax` is what came on top of these;
    `fee_printed` says whether the ticket shows the fees. `transaction_costs` is what the first sale cost beyond the
    price for booking, delivery and payment; without it the mandatory fees stand for it. `paid_by_seller` is what the
    present holder paid, which is the first sale's total unless the pass was resold.
    """

    face: Money | None
    mandatory_fees: Money | None = None
    optional: Money | None = None
    tax: Money | None = None
    fee_printed: bool | None = None
    transaction_costs: Money | None = None
    paid_by_seller: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """A country (ISO 3166-1 alpha-2) and, where it is known, its part (ISO 3166-2).

    Without its part, a country whose parts have rules of their own is taken for all of them at once. Raises
    InvalidInputError for codes that are none, and for a part of another country.
    """

    country: str
    subdivision: str | None = None

    def __post_init__(self) -> None:
        _check_place(self.country, self.subdivision)


@lru_cache(maxsize=4096)
def _check_place(country: str, subdivision: str | None) -> None:
    if not is_country(country):
        raise InvalidInputError(f"{country!r} is no ISO 3166-1 code of a country, such as DE.")
    if subdivision is not None and not is_subdivision(subdivision, of=country):
        raise InvalidInputError(f"{subdivision!r} is no ISO 3166-2 code of a part of {country}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResaleFacts:
    """All that a verdict rests on. What is not known is None, or left out of `known`, and counts against the resale.

    `price` is what the seller asks for the pass; `buyer_fees` what the buyer has to pay on top, and `buyer_tax` the tax
    on that: 0 where nothing comes on top, None where nobody knows. `transfer_count` is how often the pass changed hands
    by transfer or resale. `known` holds the facts for scopes, each of its own type: booleans, whole numbers, words,
    days. `channel` is where the pass changes hands, and `verifications` are those of the seller that hold now.
    """

    event_place: Where
    event_starts_at: datetime
    event_time_zone: str
    price: Money
    components: PriceComponents
    act: Act = Act.RESALE
    transfer_count: int | None = None
    first_sold_on: date | None = None
    known: dict[Fact, FactValue] = field(default_factory=dict[Fact, FactValue])
    channel: Channel | None = None
    verifications: frozenset[VerificationKind] = frozenset()
    buyer_place: Where | None = None
    seller_place: Where | None = None
    buyer_fees: Money | None = None
    buyer_tax: Money | None = None

    def value_of(self, fact: Fact) -> FactValue | None:
        """Return what is known of a fact; None for nothing."""
        if fact is Fact.FIRST_SOLD_ON:
            return self.first_sold_on
        return self.known.get(fact)
