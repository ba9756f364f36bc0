"""Prices of seats: a seat's own tier before its section's before the ticket's price; tiers change at set times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from core.seating.errors import InvalidPriceTiersError
from core.seating.layout import Layout
from core.seating.places import SectionKind
from core.seating.plans import PlannedSeat
from core.seating.price_tiers import PriceChange, PriceTier
from core.shared.errors import Problem
from core.shared.ids import PriceTierId, SeatId, SectionId
from core.shared.money import PRICE_MAX_MINOR, Money

TIERS_MAX = 100
TIER_NAME_LENGTH_MAX = 100
CHANGES_PER_TIER_MAX = 20
CHANGES_FROM = datetime(1970, 1, 1, tzinfo=UTC)
CHANGES_BEFORE = datetime(3000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class TierRequest:
    """A price, and what it is for: sections, single seats, or every seat of some categories.

    `changes` come the earliest first; those of the past have been made already.
    """

    id: PriceTierId
    name: str
    price: Money
    section_ids: tuple[SectionId, ...] = ()
    seat_ids: tuple[SeatId, ...] = ()
    categories: tuple[str, ...] = ()
    changes: tuple[PriceChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Pricing:
    """The tiers, and the layout with each seat's tier and price in place."""

    tiers: tuple[PriceTier, ...]
    layout: Layout
    seats_without_tier: int


def price_layout(requests: Sequence[TierRequest], *, layout: Layout, ticket_price: Money) -> Pricing:
    """Put the tiers in place of those before; a seat named by id keeps that tier over one of its category.

    Raises InvalidPriceTiersError for a section, seat or category that the plan does not have or that two tiers claim,
    a name used twice, a negative price, a currency that is not the ticket's, or changes that do not follow each other.
    Sections for general admission take no tier: their ticket has the price.
    """
    problems: list[Problem] = []
    _check_tiers(requests, ticket_price, problems)
    sections = _claims(
        [(request.id, request.section_ids) for request in requests],
        known={section.id for section in layout.sections if section.kind is SectionKind.SEATED},
        member="sectionIds",
        problems=problems,
    )
    seats = _claims(
        [(request.id, request.seat_ids) for request in requests],
        known={seat.id for seat in layout.seats},
        member="seatIds",
        problems=problems,
    )
    categories = _claims(
        [(request.id, request.categories) for request in requests],
        known={seat.category for seat in layout.seats if seat.category is not None},
        member="categories",
        problems=problems,
    )
    if problems:
        raise InvalidPriceTiersError(problems[0].message, problems)
    return _applied(requests, sections, seats, categories, layout, ticket_price)


def _check_tiers(requests: Sequence[TierRequest], ticket_price: Money, problems: list[Problem]) -> None:
    if len(requests) > TIERS_MAX:
        problems.append(Problem("", f"A plan has at most {TIERS_MAX} price tiers."))
    names: set[str] = set()
    for index, request in enumerate(requests):
        if request.name in names:
            problems.append(Problem(f"/{index}/name", f"Price tier {request.name!r} is there twice."))
        names.add(request.name)
        _check_price(request.price, ticket_price, f"/{index}/price", problems)
        if len(request.changes) > CHANGES_PER_TIER_MAX:
            message = f"The price of a tier changes at most {CHANGES_PER_TIER_MAX} times."
            problems.append(Problem(f"/{index}/changes", message))
        for number, change in enumerate(request.changes):
            _check_price(change.price, ticket_price, f"/{index}/changes/{number}/price", problems)
            if not CHANGES_FROM <= change.at < CHANGES_BEFORE:
                message = f"A price changes in the years {CHANGES_FROM.year} to {CHANGES_BEFORE.year - 1}."
                problems.append(Problem(f"/{index}/changes/{number}/at", message))
            elif number and change.at <= request.changes[number - 1].at:
                message = "A change comes after the one before it."
                problems.append(Problem(f"/{index}/changes/{number}/at", message))


def _check_price(price: Money, ticket_price: Money, pointer: str, problems: list[Problem]) -> None:
    if price.amount_minor < 0:
        problems.append(Problem(f"{pointer}/amount", "A price is not negative."))
    if price.amount_minor > PRICE_MAX_MINOR:
        problems.append(Problem(f"{pointer}/amount", f"A price is at most {PRICE_MAX_MINOR}."))
    if price.currency != ticket_price.currency:
        message = f"The ticket is sold in {ticket_price.currency}, not in {price.currency}."
        problems.append(Problem(f"{pointer}/currency", message))


def _claims[K](
    asked: Sequence[tuple[PriceTierId, Sequence[K]]], *, known: set[K], member: str, problems: list[Problem]
) -> Mapping[K, PriceTierId]:
    claims: dict[K, PriceTierId] = {}
    for tier, (tier_id, keys) in enumerate(asked):
        for index, key in enumerate(keys):
            pointer = f"/{tier}/{member}/{index}"
            if key not in known:
                problems.append(Problem(pointer, f"The plan has no {key} among its {member} that a tier can price."))
            elif claims.setdefault(key, tier_id) != tier_id:
                problems.append(Problem(pointer, f"{key} is in two price tiers."))
    return claims


def _applied(
    requests: Sequence[TierRequest],
    section_tiers: Mapping[SectionId, PriceTierId],
    seat_tiers: Mapping[SeatId, PriceTierId],
    category_tiers: Mapping[str, PriceTierId],
    layout: Layout,
    ticket_price: Money,
) -> Pricing:
    prices = {request.id: request.price for request in requests}
    sections = tuple(replace(section, price_tier_id=section_tiers.get(section.id)) for section in layout.sections)
    seats: list[PlannedSeat] = []
    without = 0
    for seat in layout.seats:
        of_category = category_tiers.get(seat.category) if seat.category is not None else None
        own = seat_tiers.get(seat.id, of_category)
        price = price_of(own, section_tiers.get(seat.section_id), prices=prices, ticket_price=ticket_price)
        without += own is None and seat.section_id not in section_tiers
        seats.append(replace(seat, price_tier_id=own, price_minor=price.amount_minor))
    tiers = tuple(PriceTier(request.id, request.name, request.price, request.changes) for request in requests)
    return Pricing(tiers, Layout(sections, tuple(seats)), without)


def price_of(
    seat_tier: PriceTierId | None,
    section_tier: PriceTierId | None,
    *,
    prices: Mapping[PriceTierId, Money],
    ticket_price: Money,
) -> Money:
    """Return a seat's price: its own tier's, else its section's, else the ticket's."""
    for tier in (seat_tier, section_tier):
        if tier is not None:
            return prices[tier]
    return ticket_price
