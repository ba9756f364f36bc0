"""Prices when a plan gets another layout: tiers are known by their names."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from core.seating.layout import Layout
from core.seating.price_tiers import PriceTier
from core.seating.pricing import Pricing, price_of
from core.shared.ids import PriceTierId, SeatId, SectionId
from core.shared.money import Money


def named_tiers(layout: Layout, tiers: Sequence[PriceTier]) -> dict[SeatId, str | None]:
    """Return the name of the tier that prices each seat; None for those that cost the ticket's price."""
    names = {tier.id: tier.name for tier in tiers}
    of_section = {section.id: section.price_tier_id for section in layout.sections}
    found = {seat.id: seat.price_tier_id or of_section[seat.section_id] for seat in layout.seats}
    return {seat_id: names[tier] if tier is not None else None for seat_id, tier in found.items()}


def tiers_after(
    live: Sequence[PriceTier], wanted: Sequence[PriceTier], *, keep_prices: bool, new_id: Callable[[], UUID]
) -> tuple[PriceTier, ...]:
    """Return the tiers of the changed plan; one that it had by name keeps its id, and its price if prices are kept."""
    had = {tier.name: tier for tier in live}
    if keep_prices:
        new = [tier for tier in wanted if tier.name not in had]
        return (*live, *(replace(tier, id=PriceTierId(new_id())) for tier in new))
    return tuple(replace(tier, id=had[tier.name].id if tier.name in had else PriceTierId(new_id())) for tier in wanted)


def with_tiers(
    layout: Layout, tiers: Sequence[PriceTier], names: Mapping[SeatId, str | None], *, ticket_price: Money
) -> Pricing:
    """Return the layout with each seat in the tier of its name: the section's where all of its seats have the same."""
    ids = {tier.name: tier.id for tier in tiers}
    wanted = {seat.id: ids[name] if (name := names[seat.id]) is not None else None for seat in layout.seats}
    of_section: dict[SectionId, set[PriceTierId | None]] = {section.id: set() for section in layout.sections}
    for seat in layout.seats:
        of_section[seat.section_id].add(wanted[seat.id])
    alike = {id: next(iter(found)) for id, found in of_section.items() if len(found) == 1}
    prices = {tier.id: tier.price for tier in tiers}
    sections = tuple(replace(section, price_tier_id=alike.get(section.id)) for section in layout.sections)
    seats = tuple(
        replace(
            seat,
            price_tier_id=None if seat.section_id in alike else wanted[seat.id],
            price_minor=price_of(wanted[seat.id], None, prices=prices, ticket_price=ticket_price).amount_minor,
        )
        for seat in layout.seats
    )
    return Pricing(tuple(tiers), Layout(sections, seats), sum(tier is None for tier in wanted.values()))
