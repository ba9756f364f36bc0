"""Read the receipt that a listing or a change of hands rests on."""

from dataclasses import dataclass

from core.resale.receipts.receipt import SignedReceipt
from core.resale.receipts.receipt_errors import ReceiptNotFoundError
from core.shared.callers import SELLERS, Caller
from core.shared.ids import VerdictId
from ports.clock import Clock
from ports.resale import ResaleTransaction, ResaleTransactions


@dataclass(frozen=True, slots=True)
class ReadReceipt:
    """The seller who asked, the buyer, and staff who may act for customers; for everybody else there is none.

    A receipt names nobody, and yet tells what somebody asked for their pass: whoever has it may show it, and an id that
    was seen somewhere, as in the history of a pass, is not enough. The receipt of a mere question is in its answer.
    """

    resale: ResaleTransactions
    clock: Clock

    async def __call__(self, caller: Caller, verdict_id: VerdictId) -> SignedReceipt:
        """Return the receipt as it was signed; raises ReceiptNotFoundError, also for one that the caller may not see.

        Of buyers it is the one who has the listing at the moment, or has bought it.
        """
        async with self.resale.begin(caller.tenant_id) as tx:
            kept = await tx.verdicts.get(verdict_id)
            if kept is None or not (caller.role in SELLERS or await self._is_party(tx, caller, verdict_id)):
                raise ReceiptNotFoundError
        return kept.receipt

    async def _is_party(self, tx: ResaleTransaction, caller: Caller, verdict_id: VerdictId) -> bool:
        listing = await tx.listings.resting_on(verdict_id, party=caller.account_id)
        if listing is None:
            return False
        buyer = listing.freed(self.clock.now()).purchase
        return caller.account_id in {listing.seller_id, buyer.account_id if buyer is not None else None}
