"""Read vouchers."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.orders.voucher_errors import VoucherNotFoundError
from core.orders.vouchers import Voucher, VoucherChange
from core.shared.callers import SELLERS, Caller
from core.shared.ids import VoucherId
from ports.orders import OrderTransactions
from ports.paging import Page, PageRequest


@dataclass(frozen=True, slots=True)
class UsedVoucher:
    """A voucher, and how many live orders use it."""

    voucher: Voucher
    uses: int


@dataclass(frozen=True, slots=True)
class ReadVouchers:
    """Open to those who sell for the organisation."""

    transactions: OrderTransactions

    async def page(self, caller: Caller, page: PageRequest) -> Page[UsedVoucher]:
        """Return a page of vouchers, the oldest first; raises ForbiddenError."""
        caller.must_be_one_of(SELLERS)
        async with self.transactions.begin(caller.tenant_id) as tx:
            found = await tx.vouchers.page(page)
            uses = await tx.vouchers.uses_in_all([voucher.id for voucher in found.items])
        items = tuple(UsedVoucher(voucher, uses[voucher.id]) for voucher in found.items)
        return Page(items=items, next_after=found.next_after)

    async def one(self, caller: Caller, voucher_id: VoucherId) -> tuple[UsedVoucher, Sequence[VoucherChange]]:
        """Return the voucher and its changes, the oldest first; raises ForbiddenError, VoucherNotFoundError."""
        caller.must_be_one_of(SELLERS)
        async with self.transactions.begin(caller.tenant_id) as tx:
            voucher = await tx.vouchers.get(voucher_id)
            if voucher is None:
                raise VoucherNotFoundError
            uses = await tx.vouchers.uses_in_all([voucher_id])
            return UsedVoucher(voucher, uses[voucher_id]), await tx.vouchers.changes(voucher_id)
