"""AdmissionApi within one process."""

from typing import Literal, override
from uuid import UUID

from adapters.inprocess.refusals import refusals_translated
from core.admission.offers import OfferKind
from core.admission.passes import Pass
from core.shared.ids import AccountId, OrderId, PassId, TenantId, TicketId
from ports.published.admission import AdmissionApi, Attendance, AttendedPlace, PassFacts, PassRecord, ScanRecord
from usecases.admission.attendance_of import AttendanceOf
from usecases.admission.facts_of_pass import FactsOfPass
from usecases.admission.hand_over_pass import HandOverPass
from usecases.admission.offer_pass import OfferPass
from usecases.admission.passes_of_order import PassesOfOrder
from usecases.admission.scans_of_order import ScansOfOrder
from usecases.admission.withdraw_pass import WithdrawPass


class InProcessAdmission(AdmissionApi):
    """Calls the use cases of admission."""

    def __init__(
        self,
        passes: PassesOfOrder,
        facts: FactsOfPass,
        offer: OfferPass,
        withdraw: WithdrawPass,
        hand_over: HandOverPass,
        scans: ScansOfOrder,
        attendance: AttendanceOf,
    ) -> None:
        self._passes = passes
        self._attendance = attendance
        self._facts = facts
        self._offer = offer
        self._withdraw = withdraw
        self._hand_over = hand_over
        self._scans = scans

    @override
    async def passes_of_order(self, *, tenant_id: UUID, order_id: UUID) -> tuple[PassRecord, ...]:
        async with refusals_translated():
            found = await self._passes(TenantId(tenant_id), OrderId(order_id))
        return tuple(
            PassRecord(
                pass_id=each.id,
                order_item_id=each.order_item_id,
                unit=each.unit,
                account_id=each.account_id,
                ticket_id=each.event.ticket_id,
                event_title=each.event.title,
                event_starts_at=each.event.starts_at,
                seat_label=each.seat.label if each.seat else None,
                status=each.status.value,
                revision=each.revision,
                issued_at=each.issued_at,
                frozen_at=each.frozen_at,
                freeze_reason=each.freeze_reason,
                voided_at=each.voided_at,
                void_reason=each.void_reason,
                resold_from=each.resold_from,
            )
            for each in found
        )

    @override
    async def scans_of_order(self, *, tenant_id: UUID, order_id: UUID) -> tuple[ScanRecord, ...]:
        async with refusals_translated():
            found = await self._scans(TenantId(tenant_id), OrderId(order_id))
        return tuple(
            ScanRecord(
                scan_id=each.id,
                pass_id=each.pass_id,
                gate=each.gate,
                device=each.device,
                direction=each.direction.value,
                scanned_by=each.scanned_by,
                scanned_at=each.scanned_at,
                recorded_at=each.recorded_at,
                offline=each.offline,
                admitted=each.admitted,
                reason=each.reason,
            )
            for each in found
            if each.pass_id is not None
        )

    @override
    async def attendance(self, *, tenant_id: UUID, account_id: UUID, ticket_id: UUID) -> Attendance:
        async with refusals_translated():
            found = await self._attendance(TenantId(tenant_id), AccountId(account_id), TicketId(ticket_id))
        event = found.known.event if found.known else None
        first = next(iter(found.attended), None)
        return Attendance(
            attended=first is not None,
            reason=found.reason.value if found.reason else None,
            pass_id=first.id if first else None,
            scanned_at=first.scanned_at if first else None,
            event_title=event.title if event else None,
            event_starts_at=event.starts_at if event else None,
            event_ends_at=event.ends_at if event else None,
            venue_id=event.venue_id if event else None,
            places=tuple(
                AttendedPlace(
                    pass_id=each.id,
                    section=each.seat.section if each.seat else None,
                    row=each.seat.row if each.seat else None,
                    number=each.seat.number if each.seat else None,
                    scanned_at=each.scanned_at,
                )
                for each in found.attended
            ),
        )

    @override
    async def pass_facts(self, *, tenant_id: UUID, pass_id: UUID) -> PassFacts:
        async with refusals_translated():
            return _facts(await self._facts(TenantId(tenant_id), PassId(pass_id)))

    @override
    async def offer(
        self,
        *,
        tenant_id: UUID,
        pass_id: UUID,
        account_id: UUID,
        offer_id: UUID,
        kind: Literal["listing", "transfer", "return"],
    ) -> PassFacts:
        async with refusals_translated():
            offered = await self._offer(
                TenantId(tenant_id), PassId(pass_id), by=AccountId(account_id), offer_id=offer_id, kind=OfferKind(kind)
            )
        return _facts(offered)

    @override
    async def withdraw(self, *, tenant_id: UUID, pass_id: UUID, offer_id: UUID) -> None:
        async with refusals_translated():
            await self._withdraw(TenantId(tenant_id), PassId(pass_id), offer_id=offer_id)

    @override
    async def hand_over(
        self, *, tenant_id: UUID, pass_id: UUID, offer_id: UUID, to_account_id: UUID, holder_name: str | None
    ) -> PassFacts:
        async with refusals_translated():
            given = await self._hand_over(
                TenantId(tenant_id),
                PassId(pass_id),
                offer_id=offer_id,
                to=AccountId(to_account_id),
                holder_name=holder_name,
            )
        return _facts(given)


def _facts(known: Pass) -> PassFacts:
    event, seat, sale, offer = known.event, known.seat, known.first_sale, known.offer
    return PassFacts(
        pass_id=known.id,
        lineage_id=known.lineage_id,
        order_id=known.order_id,
        order_item_id=known.order_item_id,
        unit=known.unit,
        account_id=known.account_id,
        holder_name=known.holder_name,
        ticket_id=event.ticket_id,
        ticket_title=event.ticket_title,
        event_title=event.title,
        event_starts_at=event.starts_at,
        event_ends_at=event.ends_at,
        event_time_zone=event.time_zone,
        venue_id=event.venue_id,
        venue_name=event.venue_name,
        seat_id=seat.seat_id if seat else None,
        seat_label=seat.label if seat else None,
        seat_section=seat.section if seat else None,
        seat_row=seat.row if seat else None,
        seat_number=seat.number if seat else None,
        status=known.status.value,
        freeze_reason=known.freeze_reason,
        void_reason=known.void_reason,
        revision=known.revision,
        issued_at=known.issued_at,
        first_sold_at=sale.sold_at,
        complimentary=sale.complimentary,
        currency=known.face_value.currency,
        face_minor=known.face_value.amount_minor,
        discount_minor=sale.discount_minor,
        mandatory_fees_minor=sale.mandatory_fees_minor,
        optional_minor=sale.optional_minor,
        tax_minor=sale.tax_minor,
        fee_printed=sale.fee_printed,
        paid_minor=known.paid_minor,
        scanned_at=known.scanned_at,
        offer_id=offer.offer_id if offer else None,
        offer_kind=offer.kind.value if offer else None,
    )
