"""Ed25519 keys of events: made here, sealed with a secret of the installation, and opened only to sign."""

import os
from datetime import datetime
from typing import override

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.admission.keys import PassKey, key_id_of
from core.shared.ids import TenantId, TicketId
from ports.admission import KeySealError, PassSigner

SECRET_LENGTH_MIN_BYTES = 16
_NONCE_LENGTH_BYTES = 12
_PURPOSE = b"fairseat pass keys, AES-256-GCM"


class SealedPassSigner(PassSigner):
    """Seals private keys with AES-256-GCM under a key that HKDF makes of the secret.

    The seal covers tenant, ticket and public key too, so a sealed key that is copied to another row cannot be opened.
    The secret should be random (32 bytes or more): it is stretched for this one purpose, not against guessing.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) < SECRET_LENGTH_MIN_BYTES:
            raise ValueError(f"the secret that seals pass keys needs at least {SECRET_LENGTH_MIN_BYTES} bytes")
        self._seal = AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret))

    @override
    def new_key(self, tenant_id: TenantId, ticket_id: TicketId, *, at: datetime) -> PassKey:
        private = Ed25519PrivateKey.generate()
        public = private.public_key().public_bytes_raw()
        nonce = os.urandom(_NONCE_LENGTH_BYTES)
        sealed = self._seal.encrypt(nonce, private.private_bytes_raw(), _bound_to(tenant_id, ticket_id, public))
        return PassKey(
            key_id=key_id_of(public),
            ticket_id=ticket_id,
            public_key=public,
            sealed_private_key=nonce + sealed,
            created_at=at,
        )

    @override
    def sign(self, tenant_id: TenantId, key: PassKey, message: bytes) -> bytes:
        nonce, sealed = key.sealed_private_key[:_NONCE_LENGTH_BYTES], key.sealed_private_key[_NONCE_LENGTH_BYTES:]
        try:
            private = self._seal.decrypt(nonce, sealed, _bound_to(tenant_id, key.ticket_id, key.public_key))
        except (InvalidTag, ValueError):
            raise KeySealError(
                f"The pass key {key.key_id_text} was sealed with another secret, or for another event."
            ) from None
        return Ed25519PrivateKey.from_private_bytes(private).sign(message)

    @override
    def verifies(self, public_key: bytes, *, signature: bytes, message: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


def _bound_to(tenant_id: TenantId, ticket_id: TicketId, public_key: bytes) -> bytes:
    return tenant_id.bytes + ticket_id.bytes + public_key
