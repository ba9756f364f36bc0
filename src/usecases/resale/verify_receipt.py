"""Tell a true receipt from a false one, with nothing but the public keys."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.resale.receipts.receipt import Receipt, SignedReceipt
from core.resale.receipts.receipt_errors import InvalidReceiptError
from ports.resale.receipts import ReceiptVerifier


@dataclass(frozen=True, slots=True)
class VerifyReceipt:
    """For anyone who has the public keys, by their ids. What became of the pass since, no receipt can say."""

    verifier: ReceiptVerifier

    def __call__(self, text: bytes, public_keys: Mapping[str, bytes]) -> Receipt:
        """Return what was decided; raises InvalidReceiptError for what is malformed, altered, or signed elsewhere."""
        signed = SignedReceipt.parse(text)
        public_key = public_keys.get(signed.receipt.key_id)
        if public_key is None:
            raise InvalidReceiptError(f"None of the keys is {signed.receipt.key_id}, which the receipt names.")
        message = signed.receipt.signed_bytes
        if not self.verifier.verifies(public_key, signature=signed.signature, message=message):
            raise InvalidReceiptError("The receipt was altered, or somebody else signed it.")
        return signed.receipt
