"""What a plan says of its layout as a whole, and of holds."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.seating.places import Point
from core.shared.errors import Problem
from core.shared.ids import TicketId


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of seats in the plan, to which a price tier can be given; the colour is for drawing."""

    name: str
    color: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnPlan:
    """What a plan says of its layout without naming a seat."""

    sections_count: int
    seats_count: int
    ga_capacity: int
    categories: tuple[Category, ...]
    layout: Mapping[str, object]
    focus: Point | None
    warnings: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRules:
    """What a plan says about holds, as long as it has this version."""

    version: int
    ticket_id: TicketId
    active: bool
    seats_max_per_order: int
    max_per_user: int
    hold_ttl_s: int
    currency: str
    changing: bool = False
