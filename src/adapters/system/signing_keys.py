"""The keys that sign access tokens: one signs, and the one before it still verifies, so that keys can be rotated."""

import hashlib
import os
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

_KEYS_MAX = 2
_PEM_BYTES_MAX = 16_384
_PEM_BLOCK = re.compile(rb"-----BEGIN PRIVATE KEY-----.+?-----END PRIVATE KEY-----", re.DOTALL)


class SigningKeysError(Exception):
    """The signing keys cannot be used; the message says why, and never shows a key."""


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def key_x(public: Ed25519PublicKey) -> str:
    """Return the public key as the `x` of a JSON Web Key (RFC 8037)."""
    return _base64url(public.public_bytes(Encoding.Raw, PublicFormat.Raw))


def key_id(public: Ed25519PublicKey) -> str:
    """Return the key's thumbprint (RFC 7638), which is its `kid`: the same key has the same name everywhere."""
    members = {"crv": "Ed25519", "kty": "OKP", "x": key_x(public)}
    return _base64url(hashlib.sha256(msgspec.json.encode(members, order="sorted")).digest())


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """One or two Ed25519 keys: `current` signs; tokens of `previous` are honoured until they expire."""

    current: Ed25519PrivateKey = field(repr=False)
    previous: Ed25519PrivateKey | None = field(default=None, repr=False)

    @classmethod
    def generate(cls) -> Self:
        """Make one new key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, pem: bytes) -> Self:
        r"""Read one or two PKCS #8 private keys, the current one first; raises SigningKeysError.

        Line ends may be written as `\n`, as in variables that hold one line.
        """
        if len(pem) > _PEM_BYTES_MAX:
            raise SigningKeysError(f"The signing keys are longer than {_PEM_BYTES_MAX} bytes.")
        blocks: Sequence[bytes] = _PEM_BLOCK.findall(pem.replace(b"\\n", b"\n"))
        if not 1 <= len(blocks) <= _KEYS_MAX:
            raise SigningKeysError(f"One or two PEM private keys are needed to sign tokens, {len(blocks)} were found.")
        return cls(*(_private_key(block) for block in blocks))

    def rotated(self) -> Self:
        """Return a set where a new key signs and the present one still verifies."""
        return type(self)(Ed25519PrivateKey.generate(), self.current)

    def to_pem(self) -> bytes:
        """Return the keys as `from_pem` reads them: secret text."""
        keys = [self.current] if self.previous is None else [self.current, self.previous]
        return b"".join(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) for key in keys)

    def public_keys(self) -> tuple[Ed25519PublicKey, ...]:
        """Return the public halves, the current one first."""
        if self.previous is None:
            return (self.current.public_key(),)
        return (self.current.public_key(), self.previous.public_key())


def _private_key(block: bytes) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(block, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SigningKeysError("A signing key is no readable PEM private key.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningKeysError("A signing key is of another kind than Ed25519.")
    return key


def load_signing_keys(path: Path) -> SigningKeys:
    """Read the key file; raises SigningKeysError when it is missing, unreadable, or readable by others."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            pem = file.read(_PEM_BYTES_MAX + 1)
    except OSError as error:
        raise SigningKeysError(f"The key file {path} cannot be read: {error.strerror}.") from error
    if mode & 0o077:
        raise SigningKeysError(f"The key file {path} is open to other users; make it mode 0600.")
    return SigningKeys.from_pem(pem)


def load_or_create_signing_keys(path: Path) -> SigningKeys:
    """Read the key file, and make it with one new key and mode 0600 when there is none.

    The file appears whole or not at all; of two processes that make it at once, both end with the same keys.
    """
    if not path.exists():
        _create(path, SigningKeys.generate().to_pem())
    return load_signing_keys(path)


def _create(path: Path, pem: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        try:
            # A link, unlike a rename, never replaces the keys that another process has just made.
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
