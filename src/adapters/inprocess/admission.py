"""AdmissionApi within one process."""

from typing import override
from uuid import UUID

from adapters.inprocess.refusals import refusals_translated
from core.shared.ids import OrderId, TenantId
from ports.published.admission import AdmissionApi, PassRecord
from usecases.admission.passes_of_order import PassesOfOrder


class InProcessAdmission(AdmissionApi):
    """Calls the use cases of admission."""

    def __init__(self, passes: PassesOfOrder) -> None:
        self._passes = passes

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
            )
            for each in found
        )
