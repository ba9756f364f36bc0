"""What is asked about a resale over HTTP."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from adapters.http.moments import moment, moment_or_none
from adapters.http.money import PriceBody
from core.resale.law.facts import Act, EventKind, Fact, FactValue, PriceComponents, ResaleFacts, VenueKind, Where
from core.resale.policies.policy import Channel, VerificationKind
from core.resale.verdicts.asking import ImpossibleQuestionError
from core.shared.errors import InvalidInputError, Problem
from core.shared.ids import AccountId, PassId, VenueId
from core.shared.money import Money, UnknownCurrencyError, minor_unit_exponent
from core.shared.places import is_country, is_subdivision
from core.shared.time import zone_named
from usecases.resale.validate_external import ExternalQuestion
from usecases.resale.validate_pass import PassQuestion

QUESTIONS_MAX = 1_000
_COUNT_MAX = 1_000_000

type Moment = Annotated[datetime, Meta(tz=True, description="RFC 3339, with an offset.")]
type Reference = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class PlaceBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A country (ISO 3166-1 alpha-2) and, where it is known, its part (ISO 3166-2)."""

    country: Annotated[str, Meta(pattern="^[A-Z]{2}$", examples=["US"])]
    subdivision: Annotated[str, Meta(pattern="^[A-Z]{2}-[A-Z0-9]{1,3}$", examples=["US-ME"])] | None = None


class EventPlaceBody(PlaceBody, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The event. Days of the law are days of its `timeZone`; without one those of the venue, or of UTC.

    A `kind` is one of concert, sport, theatre, comedy, festival, exhibition, conference, cinema, other; any other word
    says nothing, and whatever law hangs on the kind then applies.
    """

    starts_at: Moment
    kind: Annotated[str, Meta(min_length=1, max_length=60)] | None = None
    time_zone: Annotated[str, Meta(max_length=64, examples=["America/New_York"])] | None = None


class ComponentsBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What the first sale cost beyond face value and `fees`. Left out: not known, which never helps the seller.

    `tax` came on top; `optional` could have been avoided; `feePrinted` says whether the ticket shows the fees;
    `transactionCosts` are for booking, delivery and payment; `paidBySeller` is what this seller paid.
    """

    tax: PriceBody | None = None
    optional: PriceBody | None = None
    fee_printed: bool | None = None
    transaction_costs: PriceBody | None = None
    paid_by_seller: PriceBody | None = None


class FactsBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Further facts that rules ask for. Left out: not known, which never helps the seller and is told in `assumed`."""

    venue_capacity: Annotated[int, Meta(ge=0, le=_COUNT_MAX)] | None = None
    venue_independent: bool | None = None
    venue_kind: VenueKind | None = None
    venue_designated: bool | None = None
    event_declared: bool | None = None
    ticket_restricted: bool | None = None
    ticket_nominative: bool | None = None
    complimentary: bool | None = None
    seller_trader: bool | None = None
    seller_habitual: bool | None = None
    seller_profit_motive: bool | None = None
    seller_licensed: bool | None = None
    seller_tax_registered: bool | None = None
    charity: bool | None = None
    channel_authorised: bool | None = None
    channel_online: bool | None = None
    channel_refund_guarantee: bool | None = None
    organiser_prohibition_filed: bool | None = None

    def known(self) -> Iterator[tuple[Fact, FactValue]]:
        """Yield what was told."""
        for name in self.__struct_fields__:
            value: bool | int | VenueKind | None = getattr(self, name)
            if value is not None:
                yield Fact(name), value


class ResaleQuestionBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """May this pass be resold, here, at this price?

    Of a pass of ours: `passId`, `price`, and if they matter `sellerTrader` (the seller's own word, as a listing takes
    it), `buyer`, `seller` (where the seller is) and `asOf`: a listing with that word is judged alike. Of a pass issued
    elsewhere: `event`, `faceValue` (null where nobody knows it), `price`, `buyer`, `transferCount`, and
    whatever else is known. A `venueId` of ours brings in its organiser's policies and what is known of it; a `sellerId`
    the verifications of that account. `verifications` are those that the asker vouches for. `asOf` asks for the law of
    another moment, past or future. `reference` is the asker's own word for the pass, and stands in the receipt.
    """

    price: PriceBody
    buyer: PlaceBody | None = None
    seller: PlaceBody | None = None
    as_of: Moment | None = None
    act: Literal["listing", "resale"] = "resale"
    pass_id: UUID | None = None
    seller_trader: bool | None = None
    venue_id: UUID | None = None
    event: EventPlaceBody | None = None
    face_value: PriceBody | None = None
    fees: PriceBody | None = None
    components: ComponentsBody = ComponentsBody()
    transfer_count: Annotated[int, Meta(ge=0, le=_COUNT_MAX)] | None = None
    first_sold_on: date | None = None
    facts: FactsBody = FactsBody()
    channel: Channel = Channel.ELSEWHERE
    verifications: Annotated[list[VerificationKind], Meta(max_length=20)] = msgspec.field(
        default_factory=list[VerificationKind]
    )
    seller_id: UUID | None = None
    buyer_fees: PriceBody | None = None
    buyer_tax: PriceBody | None = None
    reference: Reference | None = None

    def about_pass(self, pass_id: UUID) -> PassQuestion:
        """Return the question about a pass of ours.

        Raises InvalidInputError for members that such a question has not, and ImpossibleQuestionError for places that
        are not there.
        """
        unasked = _EXTERNAL_ONLY - {name for name in _EXTERNAL_ONLY if getattr(self, name) == _DEFAULTS[name]}
        if unasked:
            message = (
                "Fairseat knows this of its own passes; leave it out, or leave passId out. Only what the seller says "
                "of being a trader it does not know: sellerTrader, beside passId."
            )
            raise InvalidInputError(message, [Problem(f"/{_camel(name)}", message) for name in sorted(unasked)])
        self._refuse_unknown_currencies()
        return PassQuestion(
            pass_id=PassId(pass_id),
            price=self.price.money(),
            buyer_place=_where(self.buyer, "/buyer"),
            seller_place=_where(self.seller, "/seller"),
            act=Act(self.act),
            as_of=moment_or_none(self.as_of, "/asOf"),
            seller_trader=self.seller_trader,
        )

    def external(self) -> ExternalQuestion:
        """Return the question about a pass issued elsewhere.

        Raises InvalidInputError for members that are missing, and ImpossibleQuestionError for places that are not
        there, and for a first sale in several currencies.
        """
        if self.event is None:
            message = "Send passId for a pass of ours, or event and the rest for a pass issued elsewhere."
            raise InvalidInputError(message, [Problem("/event", message)])
        if self.seller_trader is not None:
            message = "Of a pass issued elsewhere this is facts.sellerTrader."
            raise InvalidInputError(message, [Problem("/sellerTrader", message)])
        self._refuse_unknown_currencies()
        event_place = _where(self.event, "/event")
        assert event_place is not None
        event, zone = self.event, self.event.time_zone
        known: dict[Fact, FactValue] = dict(self.facts.known())
        if event.kind is not None and event.kind in frozenset(EventKind):
            known[Fact.EVENT_KIND] = event.kind
        return ExternalQuestion(
            facts=ResaleFacts(
                event_place=event_place,
                event_starts_at=moment(event.starts_at, "/event/startsAt"),
                event_time_zone=zone_named(zone, pointer="/event/timeZone") if zone is not None else "UTC",
                price=self.price.money(),
                components=self._components(),
                act=Act(self.act),
                transfer_count=self.transfer_count,
                first_sold_on=self.first_sold_on,
                known=known,
                channel=self.channel,
                verifications=frozenset(self.verifications),
                buyer_place=_where(self.buyer, "/buyer"),
                seller_place=_where(self.seller, "/seller"),
                buyer_fees=_money(self.buyer_fees),
                buyer_tax=_money(self.buyer_tax),
            ),
            time_zone=zone,
            venue_id=VenueId(self.venue_id) if self.venue_id is not None else None,
            seller=AccountId(self.seller_id) if self.seller_id is not None else None,
            reference=self.reference,
            as_of=moment_or_none(self.as_of, "/asOf"),
        )

    def _components(self) -> PriceComponents:
        more = self.components
        return PriceComponents(
            face=_money(self.face_value),
            mandatory_fees=_money(self.fees),
            optional=_money(more.optional),
            tax=_money(more.tax),
            fee_printed=more.fee_printed,
            transaction_costs=_money(more.transaction_costs),
            paid_by_seller=_money(more.paid_by_seller),
        )

    def _refuse_unknown_currencies(self) -> None:
        """Raise ImpossibleQuestionError, and name every amount at fault: the price may be in another currency, and is
        then judged to be so, but what one sale cost is told in one.
        """
        problems: list[Problem] = []
        sale = dict(self._first_sale())
        for pointer, amount in (*sale.items(), *self._asked()):
            try:
                minor_unit_exponent(amount.currency)
            except UnknownCurrencyError as error:
                problems.append(Problem(f"{pointer}/currency", error.message))
        currencies = [amount.currency for amount in sale.values()]
        problems += [
            Problem(f"{pointer}/currency", "What one sale cost is told in one currency.")
            for pointer, amount in sale.items()
            if amount.currency != currencies[0]
        ]
        problems += [
            Problem(f"{pointer}/currency", "What the buyer pays is told in one currency.")
            for pointer, amount in self._asked()
            if amount.currency != self.price.currency
        ]
        if problems:
            raise ImpossibleQuestionError(*problems)

    def _first_sale(self) -> Iterator[tuple[str, PriceBody]]:
        more = self.components
        for pointer, amount in (
            ("/faceValue", self.face_value),
            ("/fees", self.fees),
            ("/components/tax", more.tax),
            ("/components/optional", more.optional),
            ("/components/transactionCosts", more.transaction_costs),
            ("/components/paidBySeller", more.paid_by_seller),
        ):
            if amount is not None:
                yield pointer, amount

    def _asked(self) -> Iterator[tuple[str, PriceBody]]:
        for pointer, amount in (("/price", self.price), ("/buyerFees", self.buyer_fees), ("/buyerTax", self.buyer_tax)):
            if amount is not None:
                yield pointer, amount


class ResaleQuestionsBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Many questions at once, each as it would be asked alone."""

    items: Annotated[tuple[Any, ...], Meta(min_length=1, max_length=QUESTIONS_MAX)]


_OF_PASSES = {"price", "buyer", "seller", "as_of", "act", "pass_id", "seller_trader"}
_EXTERNAL_ONLY = frozenset(ResaleQuestionBody.__struct_fields__) - _OF_PASSES
_DEFAULTS: dict[str, object] = {
    field.name: field.default if field.default is not msgspec.NODEFAULT else list[object]()
    for field in msgspec.structs.fields(ResaleQuestionBody)
}


def _where(place: PlaceBody | None, pointer: str) -> Where | None:
    if place is None:
        return None
    if not is_country(place.country):
        raise ImpossibleQuestionError(
            Problem(f"{pointer}/country", f"{place.country} is no ISO 3166-1 code of a country.")
        )
    if place.subdivision is not None and not is_subdivision(place.subdivision, of=place.country):
        message = f"{place.subdivision} is no ISO 3166-2 code of a part of {place.country}."
        raise ImpossibleQuestionError(Problem(f"{pointer}/subdivision", message))
    return Where(country=place.country, subdivision=place.subdivision)


def _money(body: PriceBody | None) -> Money | None:
    return body.money() if body is not None else None


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)
