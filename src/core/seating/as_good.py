"""Other seats for a buyer whose own have gone: as good as those were, or none at all."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.seating.attributes import HEARING_LOOP, RESTRICTED_VIEW
from core.seating.best_available import best_first
from core.seating.catalogue import Catalogue
from core.seating.hall_masks import bits_of, mask_of, side_by_side
from core.seating.plans import PlannedSeat, is_accessible
from core.seating.tables import incomplete_tables
from core.shared.ids import AllotmentId, PriceTierId, SeatId, SectionId

PLACES_TRIED_MAX = 5_000
"""The search ends after so many places of groups, and says that there are no such seats."""

type _Way = dict[int, int]
"""The new bit of each old one."""


def as_good_as(
    old: Sequence[SeatId], free: int, catalogue: Catalogue, *, now: datetime
) -> Mapping[SeatId, SeatId] | None:
    """Return for each old seat another that is free and as good, or None when there are not so many.

    As good means: the same price tier and the same price in the plan, no restricted view unless the old seat had one,
    and a hearing loop where it had one. Seats that are kept for a channel, accessible places, companions' seats and
    whole tables only stand in for seats that were just that, kept for the same channel; companions stay with their
    wheelchair place, and tables whole. Those who sat side by side do so again.

    A group is put into the section that it was in if that is possible, else anywhere; of the places there into the best
    by `best_first`. Where all the old seats are free after all, they are the answer. The same arguments give the same
    seats. `free` are bits of `catalogue.masks`.
    """
    masks = catalogue.masks
    if masks.are_in(free, old):
        return {seat_id: seat_id for seat_id in old}
    bits = masks.bits_for(old)
    if len(bits) != len(old):
        return None
    groups = sorted(side_by_side(sorted(bits)), key=len, reverse=True)
    search = _Search(catalogue, free, now)
    for way in search.ways(groups, free):
        if search.keeps_together(way):
            ids = (masks.seats_at(each) for each in (way.keys(), way.values()))
            return {was.id: instead.id for was, instead in zip(*ids, strict=True)}
    return None


@dataclass(frozen=True, slots=True)
class _Sort:
    """What seats must have in common so that one stands in for the other."""

    tier: PriceTierId | None
    price_minor: int
    table: bool = False
    companion: bool = False
    accessible: bool = False
    channel: AllotmentId | None = None
    restricted_view: bool = False
    hearing_loop: bool = False

    def stands_in_for(self, other: "_Sort") -> bool:
        """Tell whether a seat of this sort is as good as one of the other."""
        return (
            (self.tier, self.price_minor, self.table, self.companion, self.accessible)
            == (other.tier, other.price_minor, other.table, other.companion, other.accessible)
            and self.channel in {None, other.channel}
            and self.restricted_view <= other.restricted_view
            and self.hearing_loop >= other.hearing_loop
        )


@dataclass(slots=True)
class _Search:
    """Places group after group, the largest first, and goes back where the rest finds no place."""

    catalogue: Catalogue
    free: int
    now: datetime
    tried: int = 0
    _tiers: dict[SectionId, PriceTierId | None] = field(init=False)
    _peers: dict[_Sort, int] = field(default_factory=dict["_Sort", int])

    def __post_init__(self) -> None:
        self._tiers = {section.id: section.price_tier_id for section in self.catalogue.sections}

    def ways(self, groups: Sequence[Sequence[int]], free: int) -> Iterator[_Way]:
        """Give the ways to seat the groups, the best first."""
        if not groups:
            yield {}
            return
        group, *rest = groups
        for place in self._places(group, free):
            self.tried += 1
            if self.tried > PLACES_TRIED_MAX:
                return
            for way in self.ways(rest, free & ~mask_of(place)):
                yield dict(zip(group, place, strict=True)) | way

    def _places(self, group: Sequence[int], free: int) -> Iterator[Sequence[int]]:
        """Give the bits of places for a group, seat by seat, be it mirrored: those in its section first."""
        masks, size = self.catalogue.masks, len(group)
        peers = [self._peers_of(seat) & free for seat in masks.seats_at(group)]
        forward, mirrored = _all_fit(peers), _all_fit(peers[::-1])
        here = (forward | mirrored) & masks.sections[masks.seats_at(group[:1])[0].section_id]
        alone = all(is_accessible(seat) for seat in masks.seats_at(group))
        for places in (here, (forward | mirrored) & ~here):
            for first in best_first(masks, free & masks.ordinary, places, size, accessible=alone):
                place = range(first, first + size)
                yield place if forward >> first & 1 else place[::-1]

    def _peers_of(self, old: PlannedSeat) -> int:
        sort = self._sort_of(old)
        if sort not in self._peers:
            masks, catalogue = self.catalogue.masks, self.catalogue
            alike = self.free & masks.up_to(sort.price_minor) & ~masks.up_to(sort.price_minor - 1)
            if sort.tier is not None:
                alike &= masks.tiers[sort.tier]
            else:
                for of_tier in masks.tiers.values():
                    alike &= ~of_tier
            # Most seats are nothing but seats, and one of them is as good as all.
            plain = _Sort(sort.tier, sort.price_minor).stands_in_for(sort)
            marked = catalogue.kept.keys() | catalogue.tables.keys() | catalogue.companions.keys()
            bits = list(bits_of(alike))
            self._peers[sort] = mask_of(
                [
                    bit
                    for bit, seat in zip(bits, masks.seats_at(bits), strict=True)
                    if (self._sort_of(seat).stands_in_for(sort) if seat.attributes or seat.id in marked else plain)
                ]
            )
        return self._peers[sort]

    def _sort_of(self, seat: PlannedSeat) -> _Sort:
        kept = self.catalogue.kept.get(seat.id)
        return _Sort(
            tier=seat.price_tier_id or self._tiers[seat.section_id],
            price_minor=seat.price_minor,
            table=seat.id in self.catalogue.tables,
            companion=seat.id in self.catalogue.companions,
            accessible=is_accessible(seat),
            channel=kept.id if kept is not None and not kept.is_over(self.now) else None,
            restricted_view=bool(seat.attributes.get(RESTRICTED_VIEW)),
            hearing_loop=bool(seat.attributes.get(HEARING_LOOP)),
        )

    def keeps_together(self, way: _Way) -> bool:
        """Tell whether tables are whole, and companions with their wheelchair place as they were before."""
        masks, companions = self.catalogue.masks, self.catalogue.companions
        old, new = masks.seats_at(way.keys()), masks.seats_at(way.values())
        before, after = {seat.id for seat in old}, {seat.id for seat in new}
        return not incomplete_tables(after, tables=self.catalogue.tables) and all(
            was.id not in companions or companions[was.id] not in before or companions[instead.id] in after
            for was, instead in zip(old, new, strict=True)
        )


def _all_fit(fitting: Sequence[int]) -> int:
    """Return the first bits of places side by side where the first seat fits the first mask, and so on."""
    places = -1  # every bit is set
    for step, mask in enumerate(fitting):
        places &= mask >> step
    return places
