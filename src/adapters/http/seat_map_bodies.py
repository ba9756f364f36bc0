"""The seat map in its compact form: what is documented of it. The text itself is made in `seat_map_texts`."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from adapters.http.seating_bodies import PlanSectionBody, PriceTierView, TableBody


class SeatColumnsBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The seats, member by member: the values at one place of all the arrays belong to one seat.

    `section` and `priceTier` are places in the lists of the map; `price` is in minor units of its `currency`.
    """

    id: tuple[UUID, ...] | UnsetType = UNSET
    label: tuple[str, ...] | UnsetType = UNSET
    row: tuple[str, ...] | UnsetType = UNSET
    number: tuple[str, ...] | UnsetType = UNSET
    column: tuple[int, ...] | UnsetType = UNSET
    section: tuple[int, ...] | UnsetType = UNSET
    price: tuple[int, ...] | UnsetType = UNSET
    price_tier: tuple[int | None, ...] | UnsetType = UNSET
    category: tuple[str | None, ...] | UnsetType = UNSET
    x: tuple[float, ...] | UnsetType = UNSET
    y: tuple[float, ...] | UnsetType = UNSET
    attributes: tuple[Mapping[str, str | float], ...] | UnsetType = UNSET
    table: tuple[TableBody | None, ...] | UnsetType = UNSET


class CompactSeatMapBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All seats of a plan at one moment, with `?format=compact`; all but the last two members is of `planVersion`.

    The prices are of that version too, until `pricesChangeAt` (null for never).

    `states` has one letter a seat, in the order of the arrays: A available, H held, R reserved, S sold, B blocked.
    `?format=compact&fields=status` leaves out all but it, for who has the rest.
    """

    plan_id: UUID
    plan_version: int
    prices_change_at: datetime | None
    currency: str | UnsetType = UNSET
    sections: tuple[PlanSectionBody, ...] | UnsetType = UNSET
    price_tiers: tuple[PriceTierView, ...] | UnsetType = UNSET
    seats: SeatColumnsBody | UnsetType = UNSET
    event_id: str | None
    states: str | UnsetType = UNSET
