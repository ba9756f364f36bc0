"""Put fees and taxes on the items of an order."""

from dataclasses import dataclass, replace

from core.orders.content import OrderContent
from core.orders.fees import fees_on
from core.shared.ids import TenantId
from ports.orders import OrderTransactions, TaxRules


@dataclass(frozen=True, slots=True)
class ChargeOrder:
    """For what prices and quotes orders: the fee schedule that is in force now, and the taxes by its rates."""

    transactions: OrderTransactions
    tax_rules: TaxRules

    async def __call__(self, tenant_id: TenantId, content: OrderContent) -> OrderContent:
        """Return the content, which has items and discounts, with its fees and taxes.

        Raises RefusedError for an order that cannot be taxed.
        """
        async with self.transactions.begin(tenant_id) as tx:
            schedule = await tx.fee_schedules.current()
        charged = replace(content, fees=fees_on(content, schedule.fees))
        taxes = await self.tax_rules.taxes(tenant_id=tenant_id, content=charged, rates=schedule.taxes)
        return replace(charged, taxes=taxes)
