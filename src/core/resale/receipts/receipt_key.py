"""The keys that sign receipts: one signs at a time, and all there ever were are published, so that receipts last."""

from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from core.resale.receipts.canonical import Json, canonical_json, parse_object
from core.resale.receipts.receipt import base64url
from core.resale.receipts.receipt_errors import InvalidKeySetError

KEY_SET_BYTES_MAX = 1_000_000
_PUBLIC_KEY_LENGTH_BYTES = 32


@dataclass(frozen=True, slots=True)
class ReceiptKey:
    """An Ed25519 key of this installation: its id, its public half, and the private half sealed for storing.

    One key speaks for the whole installation and not for one organisation: what a receipt vouches for is which rules
    this installation applied, and the organisation is named in it. So one public document holds all keys, whoever asks,
    and a receipt is checked without knowing the organisation first. Keys of organisations would be no safer: they would
    be sealed under the same secret and used by the same process.
    """

    key_id: str
    public_key: bytes
    sealed_private_key: bytes
    created_at: datetime


def receipt_key_id(public_key: bytes) -> str:
    """Name a public key by its thumbprint (RFC 7638), as the JSON Web Key's `kid`."""
    members = {"crv": "Ed25519", "kty": "OKP", "x": base64url(public_key)}
    return base64url(sha256(canonical_json(members)).digest())


def jwk_of(public_key: bytes) -> dict[str, Json]:
    """Return a public key as a JSON Web Key (RFC 8037)."""
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": base64url(public_key),
        "kid": receipt_key_id(public_key),
        "use": "sig",
        "alg": "EdDSA",
    }


def public_keys_of(text: bytes) -> Mapping[str, bytes]:
    """Read a JSON Web Key Set (RFC 7517) into public keys by their ids; raises InvalidKeySetError.

    Keys of other kinds are passed over. A `kid` is not believed but reckoned from the key.
    """
    try:
        entries = parse_object(text, bytes_max=KEY_SET_BYTES_MAX)["keys"]
        found = [
            urlsafe_b64decode(entry["x"] + "==")
            for entry in entries
            if entry.get("kty") == "OKP" and entry.get("crv") == "Ed25519"
        ]
    except (KeyError, TypeError, ValueError, AttributeError, Base64Error) as error:
        raise InvalidKeySetError(f"This is no JSON Web Key Set: {error}.") from None
    if any(len(key) != _PUBLIC_KEY_LENGTH_BYTES for key in found):
        raise InvalidKeySetError(f"An Ed25519 key has {_PUBLIC_KEY_LENGTH_BYTES} bytes.")
    return _by_id(found)


def _by_id(keys: Iterable[bytes]) -> Mapping[str, bytes]:
    return {receipt_key_id(key): key for key in keys}
