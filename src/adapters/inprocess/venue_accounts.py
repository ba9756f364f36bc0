"""VenueAccountsApi within one process."""

from typing import override
from uuid import UUID

from adapters.inprocess.refusals import refusals_translated
from core.shared.ids import TenantId, VenueId
from ports.published.payments import ChargingState, VenueAccountsApi
from usecases.payments.ask_charging import AskCharging


class InProcessVenueAccounts(VenueAccountsApi):
    """Calls the use case of payments."""

    def __init__(self, ask: AskCharging) -> None:
        self._ask = ask

    @override
    async def charging(self, *, tenant_id: UUID, venue_id: UUID) -> ChargingState:
        async with refusals_translated():
            account = await self._ask(TenantId(tenant_id), VenueId(venue_id))
        if account is None:
            return ChargingState(charges_enabled=False, missing=(), disabled_reason=None, version=0)
        return ChargingState(
            charges_enabled=account.charges_enabled,
            missing=account.requirements.missing,
            disabled_reason=account.requirements.disabled_reason,
            version=account.version,
        )
