"""A pass as admission tells of it, as the market keeps it."""

from core.resale.law.facts import PriceComponents, Where
from core.resale.market.listed import ListedPass, ListedSeat
from core.shared.ids import OrderId, OrderItemId, PassId, SeatId, TicketId, VenueId
from core.shared.money import Money
from ports.published.admission import PassFacts


def listed_pass(facts: PassFacts, place: Where) -> ListedPass:
    """Return the pass with the place of its event."""
    return ListedPass(
        pass_id=PassId(facts.pass_id),
        lineage_id=PassId(facts.lineage_id),
        order_id=OrderId(facts.order_id),
        order_item_id=OrderItemId(facts.order_item_id),
        unit=facts.unit,
        ticket_id=TicketId(facts.ticket_id),
        ticket_title=facts.ticket_title,
        event_title=facts.event_title,
        event_starts_at=facts.event_starts_at,
        event_ends_at=facts.event_ends_at,
        time_zone=facts.event_time_zone,
        venue_id=VenueId(facts.venue_id),
        venue_name=facts.venue_name,
        place=place,
        seat=_seat(facts),
        components=_components(facts),
    )


def _seat(facts: PassFacts) -> ListedSeat | None:
    if facts.seat_id is None:
        return None
    return ListedSeat(
        SeatId(facts.seat_id),
        facts.seat_label or "",
        facts.seat_section or "",
        facts.seat_row or "",
        facts.seat_number or "",
    )


def _components(facts: PassFacts) -> PriceComponents:
    def money(amount_minor: int | None) -> Money | None:
        return Money(amount_minor, facts.currency) if amount_minor is not None else None

    return PriceComponents(
        face=money(facts.face_minor),
        mandatory_fees=money(facts.mandatory_fees_minor),
        optional=money(facts.optional_minor),
        tax=money(facts.tax_minor),
        fee_printed=facts.fee_printed,
        paid_by_seller=money(facts.paid_minor),
    )
