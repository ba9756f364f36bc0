"""Read the receipt that a listing or a change of hands rests on."""

from dataclasses import dataclass

from core.resale.receipt import SignedReceipt
from core.resale.receipt_errors import ReceiptNotFoundError
from core.shared.callers import Caller
from core.shared.ids import VerdictId
from ports.resale import ResaleTransactions


@dataclass(frozen=True, slots=True)
class ReadReceipt:
    """Open to everybody in the organisation who knows its id: seller, buyer and staff are told it.

    A receipt is made to be shown to others: it names the pass, the price and the outcome, and nobody.
    """

    resale: ResaleTransactions

    async def __call__(self, caller: Caller, verdict_id: VerdictId) -> SignedReceipt:
        """Return the receipt as it was signed; raises ReceiptNotFoundError, also for another organisation's."""
        async with self.resale.begin(caller.tenant_id) as tx:
            kept = await tx.verdicts.get(verdict_id)
        if kept is None:
            raise ReceiptNotFoundError
        return kept.receipt
