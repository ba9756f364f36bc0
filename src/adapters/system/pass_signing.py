"""Ed25519 keys of events: made here, sealed with a secret of the installation, and opened only to sign."""

from datetime import datetime
from typing import override

from adapters.system.sealed_keys import KeySeal, SealBrokenError, signature_fits
from core.admission.keys import PassKey, key_id_of
from core.shared.ids import TenantId, TicketId
from ports.admission import KeySealError, PassSigner

_PURPOSE = b"fairseat pass keys, AES-256-GCM"


class SealedPassSigner(PassSigner):
    """Seals private keys for a tenant and an event: one that is copied to another row cannot be opened."""

    def __init__(self, secret: bytes) -> None:
        self._seal = KeySeal(secret, purpose=_PURPOSE)

    @override
    def new_key(self, tenant_id: TenantId, ticket_id: TicketId, *, at: datetime) -> PassKey:
        public, sealed = self._seal.new_key(bound_to=_bound_to(tenant_id, ticket_id))
        return PassKey(
            key_id=key_id_of(public),
            ticket_id=ticket_id,
            public_key=public,
            sealed_private_key=sealed,
            created_at=at,
        )

    @override
    def sign(self, tenant_id: TenantId, key: PassKey, message: bytes) -> bytes:
        try:
            return self._seal.sign(
                key.public_key, key.sealed_private_key, message, bound_to=_bound_to(tenant_id, key.ticket_id)
            )
        except SealBrokenError:
            raise KeySealError(
                f"The pass key {key.key_id_text} was sealed with another secret, or for another event."
            ) from None

    @override
    def verifies(self, public_key: bytes, *, signature: bytes, message: bytes) -> bool:
        return signature_fits(public_key, signature=signature, message=message)


def _bound_to(tenant_id: TenantId, ticket_id: TicketId) -> bytes:
    return tenant_id.bytes + ticket_id.bytes
