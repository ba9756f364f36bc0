"""Let a voucher take something off an order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.orders.content import Discount, OrderLine
from core.orders.order import Order
from core.orders.voucher_errors import TooManyVoucherTriesError, VoucherUnknownError
from core.orders.voucher_misses import MissTerms
from core.orders.vouchers import normalised
from core.shared.ids import TenantId, VoucherId
from ports.clock import Clock
from ports.orders import OrderTransaction, OrderTransactions


@dataclass(frozen=True, slots=True)
class Quote:
    """What a voucher takes off an order, which does not use it yet."""

    voucher_id: VoucherId
    discount: Discount


@dataclass(frozen=True, slots=True)
class RedeemVoucher:
    """For the use cases that place orders: first what a code takes off, then one use of it.

    Unknown codes are counted by account, so that guessing is slow: a guess takes a hold as well, and holds have a
    budget by account and address.
    """

    transactions: OrderTransactions
    clock: Clock
    terms: MissTerms

    async def quote(self, tenant_id: TenantId, order: Order, code: str, items: Sequence[OrderLine]) -> Quote:
        """Return what the code takes off these items; no use is taken yet.

        Raises TooManyVoucherTriesError before it looks, VoucherUnknownError, and what `Voucher.discount_on` and
        `Voucher.must_have_room` raise.
        """
        now = self.clock.now()
        async with self.transactions.begin(tenant_id) as tx:
            misses = await tx.vouchers.misses(order.account_id)
            wait_s = self.terms.wait_s(misses, now=now)
            if wait_s:
                raise TooManyVoucherTriesError(wait_s)
            voucher = await tx.vouchers.with_code(normalised(code))
            if voucher is not None and voucher.terms.active:
                discount = voucher.discount_on(items, now=now)
                voucher.must_have_room(await tx.vouchers.uses(voucher.id, order.account_id))
                return Quote(voucher.id, discount)
            forget_before = now - timedelta(seconds=self.terms.window_s)
            after = self.terms.after(misses, now=now)
            await tx.vouchers.note_misses(order.account_id, after, forget_before=forget_before)
        raise VoucherUnknownError

    async def use(self, tx: OrderTransaction, order: Order, quote: Quote, *, now: datetime) -> None:
        """Take one use for a stored order in its transaction; those who use the same voucher wait for one another.

        Raises VoucherUnknownError, VoucherExpiredError, VoucherUsedUpError, VoucherUsedByAccountError.
        """
        voucher = await tx.vouchers.locked(quote.voucher_id)
        if voucher is None:
            raise VoucherUnknownError
        voucher.must_count(now=now)
        voucher.must_have_room(await tx.vouchers.uses(voucher.id, order.account_id))
        await tx.vouchers.use(voucher.id, order.id)
