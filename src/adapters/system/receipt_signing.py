"""Ed25519 keys of receipts: sealed with the secret that seals the keys of passes, for a purpose of their own."""

from datetime import datetime
from typing import override

from adapters.system.sealed_keys import KeySeal, SealBrokenError, signature_fits
from core.resale.receipts.receipt_key import ReceiptKey, receipt_key_id
from ports.resale.receipts import ReceiptKeySealError, ReceiptSigner, ReceiptVerifier

_PURPOSE = b"fairseat receipt keys, AES-256-GCM"


class Ed25519ReceiptVerifier(ReceiptVerifier):
    """Needs no secret, no server and no network."""

    @override
    def verifies(self, public_key: bytes, *, signature: bytes, message: bytes) -> bool:
        return signature_fits(public_key, signature=signature, message=message)


class SealedReceiptSigner(ReceiptSigner):
    """Seals private keys for their public half alone: they speak for the whole installation."""

    def __init__(self, secret: bytes) -> None:
        self._seal = KeySeal(secret, purpose=_PURPOSE)

    @override
    def new_key(self, *, at: datetime) -> ReceiptKey:
        public, sealed = self._seal.new_key(bound_to=b"")
        return ReceiptKey(receipt_key_id(public), public, sealed, at)

    @override
    def sign(self, key: ReceiptKey, message: bytes) -> bytes:
        try:
            return self._seal.sign(key.public_key, key.sealed_private_key, message, bound_to=b"")
        except SealBrokenError:
            raise ReceiptKeySealError(
                f"The receipt key {key.key_id} was sealed with another secret than FAIRSEAT_PASSES_KEY_SECRET."
            ) from None
