"""Secrets that are stored sealed, and Ed25519 keys among them: made here, and opened only to sign."""

import os

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SECRET_LENGTH_MIN_BYTES = 16
_NONCE_LENGTH_BYTES = 12


class SealBrokenError(Exception):
    """What is sealed was sealed under another secret or purpose, or for something else than it is used for."""


class Seal:
    """Seals small secrets with AES-256-GCM under a key that HKDF makes of the secret for one purpose.

    Each purpose has a key of its own, so one secret serves several without one being able to open another's. The secret
    should be random (32 bytes or more): it is stretched for a purpose, not against guessing.
    """

    def __init__(self, secret: bytes, *, purpose: bytes) -> None:
        if len(secret) < SECRET_LENGTH_MIN_BYTES:
            raise ValueError(f"the secret that seals keys needs at least {SECRET_LENGTH_MIN_BYTES} bytes")
        self._cipher = AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret))

    def close(self, content: bytes, *, bound_to: bytes) -> bytes:
        """Return the content sealed for what it is bound to."""
        nonce = os.urandom(_NONCE_LENGTH_BYTES)
        return nonce + self._cipher.encrypt(nonce, content, bound_to)

    def open(self, sealed: bytes, *, bound_to: bytes) -> bytes:
        """Return the content; raises SealBrokenError."""
        nonce, text = sealed[:_NONCE_LENGTH_BYTES], sealed[_NONCE_LENGTH_BYTES:]
        try:
            return self._cipher.decrypt(nonce, text, bound_to)
        except (InvalidTag, ValueError):
            raise SealBrokenError from None


class KeySeal:
    """Seals private keys under a secret of the installation, for one purpose."""

    def __init__(self, secret: bytes, *, purpose: bytes) -> None:
        self._seal = Seal(secret, purpose=purpose)

    def new_key(self, *, bound_to: bytes) -> tuple[bytes, bytes]:
        """Make a key; return its public half, and the private one sealed for it and for what it is bound to."""
        private = Ed25519PrivateKey.generate()
        public = private.public_key().public_bytes_raw()
        return public, self._seal.close(private.private_bytes_raw(), bound_to=bound_to + public)

    def sign(self, public: bytes, sealed: bytes, message: bytes, *, bound_to: bytes) -> bytes:
        """Return the 64 bytes of the signature; raises SealBrokenError."""
        private = self._seal.open(sealed, bound_to=bound_to + public)
        return Ed25519PrivateKey.from_private_bytes(private).sign(message)


def signature_fits(public_key: bytes, *, signature: bytes, message: bytes) -> bool:
    """Tell whether the holder of the key signed exactly this message; needs no secret."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
