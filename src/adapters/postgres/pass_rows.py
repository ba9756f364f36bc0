"""Passes, orders' standings and keys as rows of admission_db, read and written."""

from asyncpg import Record

from core.admission.disputes import DisputeStanding, OrderDispute
from core.admission.keys import PassKey
from core.admission.offers import OfferKind, PassOffer
from core.admission.passes import AdmittedEvent, AdmittedSeat, FirstSale, OrderStanding, Pass, PassStatus
from core.shared.ids import AccountId, DisputeId, OrderId, OrderItemId, PassId, SeatId, TenantId, TicketId, VenueId
from core.shared.money import Money

NEW_PASS_COLUMNS = (
    *("tenant_id", "id", "order_id", "order_item_id", "account_id", "ticket_id", "event_title", "event_starts_at"),
    *("event_ends_at", "event_time_zone", "venue_id", "venue_name", "seat_id", "seat_label", "seat_section"),
    *("seat_row", "seat_number", "face_value_minor", "currency", "revision", "issued_at", "unit", "ticket_title"),
    *("first_sold_at", "discount_minor", "mandatory_fees_minor", "optional_minor", "tax_minor", "fee_printed"),
    *("complimentary", "paid_minor", "lineage_id", "resold_from", "status", "voided_at", "void_reason", "frozen_at"),
    *("freeze_reason", "holder_name", "offer_id", "offer_kind", "offered_at", "scanned_at", "inside_since"),
)
"""What a new row of passes has, in the order of `row_of`."""


def row_of(tenant_id: TenantId, each: Pass) -> tuple[object, ...]:
    """Return the values of a new row, in the order of the insert."""
    event, seat, sale, offer = each.event, each.seat, each.first_sale, each.offer
    return (
        tenant_id,
        each.id,
        each.order_id,
        each.order_item_id,
        each.account_id,
        event.ticket_id,
        event.title,
        event.starts_at,
        event.ends_at,
        event.time_zone,
        event.venue_id,
        event.venue_name,
        seat and seat.seat_id,
        seat and seat.label,
        seat and seat.section,
        seat and seat.row,
        seat and seat.number,
        each.face_value.amount_minor,
        each.face_value.currency,
        each.revision,
        each.issued_at,
        each.unit,
        event.ticket_title,
        sale.sold_at,
        sale.discount_minor,
        sale.mandatory_fees_minor,
        sale.optional_minor,
        sale.tax_minor,
        sale.fee_printed,
        sale.complimentary,
        each.paid_minor,
        each.lineage_id,
        each.resold_from,
        each.status,
        each.voided_at,
        each.void_reason,
        each.frozen_at,
        each.freeze_reason,
        each.holder_name,
        offer and offer.offer_id,
        offer and offer.kind,
        offer and offer.offered_at,
        each.scanned_at,
        each.inside_since,
    )


def changes_of(each: Pass) -> tuple[object, ...]:
    """Return the values of what may change of a pass, in the order of the update."""
    offer, seat = each.offer, each.seat
    return (
        each.account_id,
        each.status,
        each.revision,
        each.voided_at,
        each.void_reason,
        each.frozen_at,
        each.freeze_reason,
        each.holder_name,
        offer and offer.offer_id,
        offer and offer.kind,
        offer and offer.offered_at,
        each.scanned_at,
        each.inside_since,
        seat and seat.label,
        seat and seat.section,
        seat and seat.row,
        seat and seat.number,
    )


def pass_of(row: Record) -> Pass:
    return Pass(
        id=PassId(row["id"]),
        order_id=OrderId(row["order_id"]),
        order_item_id=OrderItemId(row["order_item_id"]),
        account_id=AccountId(row["account_id"]),
        event=AdmittedEvent(
            ticket_id=TicketId(row["ticket_id"]),
            ticket_title=row["ticket_title"],
            title=row["event_title"],
            starts_at=row["event_starts_at"],
            ends_at=row["event_ends_at"],
            time_zone=row["event_time_zone"],
            venue_id=VenueId(row["venue_id"]),
            venue_name=row["venue_name"],
        ),
        seat=_seat_of(row),
        face_value=Money(row["face_value_minor"], row["currency"]),
        issued_at=row["issued_at"],
        first_sale=FirstSale(
            sold_at=row["first_sold_at"],
            discount_minor=row["discount_minor"],
            mandatory_fees_minor=row["mandatory_fees_minor"],
            optional_minor=row["optional_minor"],
            tax_minor=row["tax_minor"],
            fee_printed=row["fee_printed"],
            complimentary=row["complimentary"],
        ),
        lineage_id=PassId(row["lineage_id"]),
        unit=row["unit"],
        status=PassStatus(row["status"]),
        revision=row["revision"],
        voided_at=row["voided_at"],
        void_reason=row["void_reason"],
        frozen_at=row["frozen_at"],
        freeze_reason=row["freeze_reason"],
        paid_minor=row["paid_minor"],
        holder_name=row["holder_name"],
        offer=_offer_of(row),
        resold_from=PassId(row["resold_from"]) if row["resold_from"] is not None else None,
        scanned_at=row["scanned_at"],
        inside_since=row["inside_since"],
    )


def _offer_of(row: Record) -> PassOffer | None:
    if row["offer_id"] is None:
        return None
    return PassOffer(row["offer_id"], OfferKind(row["offer_kind"]), row["offered_at"])


def _seat_of(row: Record) -> AdmittedSeat | None:
    if row["seat_id"] is None:
        return None
    return AdmittedSeat(
        seat_id=SeatId(row["seat_id"]),
        label=row["seat_label"],
        section=row["seat_section"],
        row=row["seat_row"],
        number=row["seat_number"],
    )


def standing_of(row: Record) -> OrderStanding:
    account_id = row["account_id"]
    return OrderStanding(
        order_id=OrderId(row["order_id"]),
        account_id=AccountId(account_id) if account_id is not None else None,
        refunded_at=row["refunded_at"],
    )


def dispute_of(row: Record) -> OrderDispute:
    return OrderDispute(
        order_id=OrderId(row["order_id"]),
        dispute_id=DisputeId(row["dispute_id"]),
        standing=DisputeStanding(row["standing"]),
        version=row["version"],
    )


def key_of(row: Record) -> PassKey:
    return PassKey(
        key_id=row["key_id"],
        ticket_id=TicketId(row["ticket_id"]),
        public_key=row["public_key"],
        sealed_private_key=row["sealed_private_key"],
        created_at=row["created_at"],
    )
