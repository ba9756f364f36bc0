"""A resale that was paid, with a seller and an organisation who have accounts, for tests of payouts."""

from core.payments.payout import Payout
from core.shared.callers import Caller
from ports.published.payments import PayoutSettled
from tests.accounts_world import AccountsWorld


class PayoutsWorld(AccountsWorld):
    """75.00 EUR in escrow: 70.00 are the seller's, 3.00 the organisation's royalty, 2.00 the platform's fee."""

    async def sell(self, *, amount_minor: int = 7500) -> None:
        """Let the buyer pay."""
        started = await self.paid(amount_minor=amount_minor, escrow=True)
        self.paid_payment, self.intent_id = started.payment, started.intent.id

    async def seller_account(self, *, onboarded: bool = True) -> str:
        """Give the seller an account, and let them answer everything."""
        way = await self.connect_seller(Caller(self.seller_id, self.tenant_id), country="DE")
        if onboarded:
            await self.onboard(way.account_id)
        return way.account_id

    async def onboard(self, account_id: str) -> None:
        self.provider.onboard(account_id)
        await self.record(account_id, told_at=self.clock.now())

    async def release(
        self, *, seller_minor: int = 7000, royalty_minor: int = 300, fee_minor: int = 200, number: int = 1
    ) -> Payout:
        return await self.pay_out(
            self.venue_id,
            seller_minor=seller_minor,
            royalty_minor=royalty_minor,
            fee_minor=fee_minor,
            number=number,
        )

    async def had(self) -> dict[str, int]:
        return await self.balances(self.paid_payment.id)

    async def sweep_after(self, seconds: float = 0) -> int:
        self.clock.move(seconds=seconds)
        return await self.use.settle_payouts()

    @property
    def statuses(self) -> list[str]:
        """What was told of payouts."""
        told = PayoutSettled.event_type
        return [event.decode(PayoutSettled).status for event in self.messages.events if event.type == told]
