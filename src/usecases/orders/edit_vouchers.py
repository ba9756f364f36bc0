"""Make vouchers and change them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from core.orders.voucher_errors import VoucherNotFoundError
from core.orders.vouchers import Voucher, VoucherTerms
from core.shared.callers import MANAGERS, Caller
from core.shared.ids import VoucherId
from ports.clock import Clock
from ports.ids import IdSource
from ports.orders import OrderTransactions


@dataclass(frozen=True, slots=True)
class EditVouchers:
    """Open to managers; who did what and when is kept with the voucher."""

    transactions: OrderTransactions
    clock: Clock
    ids: IdSource

    async def create(self, caller: Caller, code: str, terms: VoucherTerms) -> Voucher:
        """Return the new voucher; raises ForbiddenError, InvalidVoucherError, VoucherCodeTakenError."""
        caller.must_be_one_of(MANAGERS)
        voucher = Voucher.created(VoucherId(self.ids.new()), code=code, terms=terms, now=self.clock.now())
        async with self.transactions.begin(caller.tenant_id) as tx:
            await tx.vouchers.add(voucher, voucher.change_from(None, by=caller.account_id))
        return voucher

    async def change(
        self,
        caller: Caller,
        voucher_id: VoucherId,
        change: Callable[[VoucherTerms], VoucherTerms],
        *,
        expected_version: int,
    ) -> Voucher:
        """Return the changed voucher; orders that use it keep their discount.

        Raises ForbiddenError, VoucherNotFoundError, StaleVersionError, InvalidVoucherError.
        """
        caller.must_be_one_of(MANAGERS)
        async with self.transactions.begin(caller.tenant_id) as tx:
            voucher = await tx.vouchers.locked(voucher_id)
            if voucher is None:
                raise VoucherNotFoundError
            changed = voucher.changed(change(voucher.terms), expected_version=expected_version, now=self.clock.now())
            await tx.vouchers.save(changed, changed.change_from(voucher.terms, by=caller.account_id))
        return changed

    async def deactivate(self, caller: Caller, voucher_id: VoucherId) -> None:
        """Let nobody use the code from now on; nothing changes for one that is not active.

        Raises ForbiddenError, VoucherNotFoundError.
        """
        caller.must_be_one_of(MANAGERS)
        async with self.transactions.begin(caller.tenant_id) as tx:
            voucher = await tx.vouchers.locked(voucher_id)
            if voucher is None:
                raise VoucherNotFoundError
            if voucher.terms.active:
                ended = voucher.changed(
                    replace(voucher.terms, active=False), expected_version=voucher.version, now=self.clock.now()
                )
                await tx.vouchers.save(ended, ended.change_from(voucher.terms, by=caller.account_id))
