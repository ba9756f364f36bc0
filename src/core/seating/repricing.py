"""New prices for tiers that a plan has: what they are for stays as it is."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from core.seating.errors import InvalidPriceTiersError
from core.seating.layout import Layout
from core.seating.price_tiers import PriceChange, PriceTier
from core.seating.pricing import Pricing, TierRequest, price_layout
from core.shared.errors import Problem
from core.shared.ids import PriceTierId, SeatId, SectionId
from core.shared.money import Money


@dataclass(frozen=True, slots=True)
class NewPrice:
    """What the tier of this name is to cost; `changes` come the earliest first."""

    tier: str
    price: Money
    changes: tuple[PriceChange, ...] = ()

    def is_of(self, tier: PriceTier) -> bool:
        """Tell whether the tier costs this already."""
        return (tier.name, tier.price, tier.changes) == (self.tier, self.price, self.changes)


def is_repriced(tiers: Sequence[PriceTier], wanted: Sequence[NewPrice]) -> bool:
    """Tell whether every one of the prices is in place already."""
    by_name = {tier.name: tier for tier in tiers}
    return all(new.tier in by_name and new.is_of(by_name[new.tier]) for new in wanted)


def reprice(tiers: Sequence[PriceTier], layout: Layout, wanted: Sequence[NewPrice], *, ticket_price: Money) -> Pricing:
    """Return the plan's tiers, some of them at new prices, and the layout with each seat's price in place.

    Raises InvalidPriceTiersError for a name that the plan does not have or that comes twice, and as `price_layout`.
    """
    names = {tier.name for tier in tiers}
    new: dict[str, NewPrice] = {}
    problems: list[Problem] = []
    for index, each in enumerate(wanted):
        if each.tier not in names:
            problems.append(Problem(f"/{index}/tier", f"The plan has no price tier {each.tier!r}."))
        elif new.setdefault(each.tier, each) is not each:
            problems.append(Problem(f"/{index}/tier", f"Price tier {each.tier!r} is there twice."))
    if problems:
        raise InvalidPriceTiersError(problems[0].message, problems)
    sections: defaultdict[PriceTierId, list[SectionId]] = defaultdict(list)
    for section in layout.sections:
        if section.price_tier_id is not None:
            sections[section.price_tier_id].append(section.id)
    seats: defaultdict[PriceTierId, list[SeatId]] = defaultdict(list)
    for seat in layout.seats:
        if seat.price_tier_id is not None:
            seats[seat.price_tier_id].append(seat.id)
    requests = [
        TierRequest(
            id=tier.id,
            name=tier.name,
            price=new[tier.name].price if tier.name in new else tier.price,
            section_ids=tuple(sections[tier.id]),
            seat_ids=tuple(seats[tier.id]),
            changes=new[tier.name].changes if tier.name in new else tier.changes,
        )
        for tier in tiers
    ]
    return price_layout(requests, layout=layout, ticket_price=ticket_price)
