"""The code of a pass: a compact signed text that a scanner can check without a network.

    FS1.<base32 of: version (1 byte) | key id (8) | pass id (16) | revision (2, big-endian) | Ed25519 signature (64)>

- **Offline.** Whoever has the event's public key can tell a true code from a false one. Whether the pass was voided
  since, or used already, is beyond any code: a scanner learns that from the list it carries, or from Fairseat.
- **Base32** (RFC 4648, without padding), though base64url would be shorter as text: capital letters and digits are in
  the QR alphanumeric set, 5.5 bits a character instead of 8. The 150 characters fit a version 6 symbol at error
  correction M (41 modules a side), where base64url needs version 8 (49 modules): larger modules, read from further away
  and off worse screens. Base45 would save some more, but holds spaces, `%` and `/`, so no address can hold it as it is.
- **A key per event**, named by its id in the code: a stolen key is good for one event only.
- **The revision** grows when a pass changes hands: a scanner that knows the new one refuses the codes from before.
- The signature is over a fixed context and the body, so that no signature made for another purpose can pass for a code.
"""

from base64 import b32decode, b32encode
from binascii import Error as Base32Error
from dataclasses import dataclass
from typing import Self, override
from uuid import UUID

from core.admission.errors import InvalidCodeError
from core.shared.ids import PassId

PREFIX = "FS1."
VERSION = 1
KEY_ID_LENGTH_BYTES = 8
SIGNATURE_LENGTH_BYTES = 64
REVISION_MAX = 0xFFFF

_CONTEXT = b"fairseat pass code\0"
_BODY_LENGTH_BYTES = 1 + KEY_ID_LENGTH_BYTES + 16 + 2
_TEXT_LENGTH = len(PREFIX) + -(-8 * (_BODY_LENGTH_BYTES + SIGNATURE_LENGTH_BYTES) // 5)


@dataclass(frozen=True, slots=True)
class CodeClaims:
    """What a code says: which pass, which of its revisions, and which key speaks for it."""

    key_id: bytes
    pass_id: PassId
    revision: int

    def __post_init__(self) -> None:
        if len(self.key_id) != KEY_ID_LENGTH_BYTES or not 1 <= self.revision <= REVISION_MAX:
            raise ValueError("a key id has 8 bytes, and a revision is from 1 to 65535")

    @property
    def body(self) -> bytes:
        revision = self.revision.to_bytes(2, "big")
        return VERSION.to_bytes(1, "big") + self.key_id + self.pass_id.bytes + revision

    @property
    def signed_bytes(self) -> bytes:
        """What the signature is made over."""
        return _CONTEXT + self.body

    @classmethod
    def from_body(cls, body: bytes) -> Self:
        """Read a body of this version; raises InvalidCodeError."""
        if len(body) != _BODY_LENGTH_BYTES or body[0] != VERSION:
            raise InvalidCodeError("The code is of a version that is not known here.")
        key_id, pass_id, revision = body[1:9], body[9:25], int.from_bytes(body[25:27], "big")
        if revision == 0:
            raise InvalidCodeError("The code names no revision.")
        return cls(key_id, PassId(UUID(bytes=pass_id)), revision)


@dataclass(frozen=True, slots=True)
class SignedCode:
    """Claims with a signature that has been made, or has yet to be checked."""

    claims: CodeClaims
    signature: bytes

    @override
    def __str__(self) -> str:
        """Return the text of the code, in characters that both an address and an alphanumeric QR segment can hold."""
        return PREFIX + b32encode(self.claims.body + self.signature).decode("ascii").rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take a text apart; raises InvalidCodeError. Nothing is proven yet: the signature has to be checked.

        Each code has one spelling only: bits that carry nothing must be zero, and lower case is refused.
        """
        if not text.startswith(PREFIX) or len(text) != _TEXT_LENGTH:
            raise InvalidCodeError("This is not the code of a pass.")
        encoded = text.removeprefix(PREFIX)
        try:
            raw = b32decode(encoded + "=" * (-len(encoded) % 8))
        except (Base32Error, ValueError):
            raise InvalidCodeError("This is not the code of a pass.") from None
        code = cls(CodeClaims.from_body(raw[:-SIGNATURE_LENGTH_BYTES]), raw[-SIGNATURE_LENGTH_BYTES:])
        if str(code) != text:
            raise InvalidCodeError("This is not the code of a pass.")
        return code
