"""Sign what was decided."""

from dataclasses import dataclass

from core.resale.receipts.receipt import Receipt, SignedReceipt, Subject
from core.resale.verdicts.verdict import Verdict
from core.shared.ids import TenantId, VerdictId
from core.shared.money import Money
from ports.clock import Clock
from ports.ids import IdSource
from ports.resale.receipts import ReceiptSigner
from usecases.resale.receipt_keys import ReceiptKeys


@dataclass(frozen=True, slots=True)
class SignReceipt:
    """For the use cases that judge: every verdict that leaves Fairseat has a receipt."""

    keys: ReceiptKeys
    signer: ReceiptSigner
    clock: Clock
    ids: IdSource

    async def __call__(
        self, verdict: Verdict, *, tenant_id: TenantId, subject: Subject, price: Money, facts_hash: str
    ) -> SignedReceipt:
        """Return the signed receipt; it needs no store once the keys were read."""
        key = await self.keys.current()
        receipt = Receipt.of(
            verdict,
            verdict_id=VerdictId(self.ids.new()),
            tenant_id=tenant_id,
            issued_at=self.clock.now(),
            subject=subject,
            price=price,
            facts_hash=facts_hash,
            key_id=key.key_id,
        )
        return SignedReceipt(receipt, self.signer.sign(key, receipt.signed_bytes))
