"""What one person has on the market, in memory."""

from typing import override

from adapters.memory.resale import MemoryResaleTransactions
from core.resale.transfers.transfer_status import TransferStatus
from core.resale.waiting.waiting_entry import LIVE
from core.shared.ids import AccountId
from ports.resale.persons import LiveOffers, OffersOfPerson


class MemoryOffersOfPerson(OffersOfPerson):
    """Looks through all tenants."""

    def __init__(self, resale: MemoryResaleTransactions) -> None:
        self._resale = resale

    @override
    async def live(self, account_id: AccountId, *, email: str | None) -> LiveOffers:
        every = self._resale.tenants()
        transfers = [(tenant_id, each) for tenant_id, tenant in every for each in tenant.transfers.values()]
        return LiveOffers(
            listings=tuple(
                (tenant_id, each.id)
                for tenant_id, tenant in every
                for each in tenant.listings.values()
                if each.is_live and each.seller_id == account_id
            ),
            sent=tuple(
                (tenant_id, each.id)
                for tenant_id, each in transfers
                if each.is_live and each.from_account == account_id
            ),
            received=tuple(
                (tenant_id, each.id)
                for tenant_id, each in transfers
                if each.status is TransferStatus.OFFERED and each.to_email.key == email
            ),
            waiting=tuple(
                (tenant_id, each.ticket_id)
                for tenant_id, tenant in every
                for each in tenant.waiting_entries.values()
                if each.status in LIVE and each.account_id == account_id
            ),
        )
