"""The keys that speak for an event."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from core.admission.code import KEY_ID_LENGTH_BYTES
from core.shared.ids import TicketId


@dataclass(frozen=True, slots=True)
class PassKey:
    """The Ed25519 key of one event: its id, its public half (32 bytes), and the private half sealed for storing.

    An event is known by its ticket. Only the signer that sealed the private half can use it.
    """

    key_id: bytes
    ticket_id: TicketId
    public_key: bytes
    sealed_private_key: bytes
    created_at: datetime

    @property
    def key_id_text(self) -> str:
        return self.key_id.hex()

    @property
    def public_key_text(self) -> str:
        """The public half as a JSON Web Key spells it (RFC 8037, member `x`): base64url without padding."""
        return urlsafe_b64encode(self.public_key).decode("ascii").rstrip("=")


def key_id_of(public_key: bytes) -> bytes:
    """Name a public key by the first bytes of its SHA-256, so that the name cannot be chosen freely."""
    return sha256(public_key).digest()[:KEY_ID_LENGTH_BYTES]
