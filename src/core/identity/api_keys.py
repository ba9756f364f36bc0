"""API keys: how another service of an organisation signs in, for what its key names and for nothing else.

The text of a key is `fsk_` and 68 characters of base64url: 16 bytes of the key's id, by which it is found, 32 random
bytes, which are the secret, and 3 bytes by which a typing error is told from an unknown key without a look at the
database. The length makes every text the only one of its bytes.

Only the SHA-256 of the secret is stored. Passwords need a hash that is slow on purpose, because people choose from few;
among 2^256 secrets nobody finds one by trying, however quick the hash, and a slow one would cost each request its time.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hmac import compare_digest
from uuid import UUID

from core.identity.errors import InvalidTokenError, TooManyApiKeysError
from core.identity.names import checked_name
from core.shared.callers import MANAGERS, ApiScope, Role
from core.shared.errors import ForbiddenError, InvalidInputError, Problem
from core.shared.ids import AccountId, ApiKeyId, TenantId
from core.shared.time import utc

KEY_PREFIX = "fsk_"
"""By it a key is told from an access token, and scanners of leaked secrets know it."""

SECRET_BYTES = 32
LIVE_KEYS_MAX = 50
"""Keys of one organisation that are neither revoked nor expired."""

KEY_LIFE_MAX = timedelta(days=3653)
"""How far away an expiry may be. A key without one works until it is revoked."""

USE_NOTED_EVERY = timedelta(hours=1)
"""`last_used_at` is for finding keys that nobody needs, and is not worth a write for each request."""

_ID_BYTES = 16
_CHECK_BYTES = 3
_CHARACTERS = 68
_SHOWN_CHARACTERS = 12


def _check_of(key_id: bytes, secret: bytes) -> bytes:
    return hashlib.sha256(KEY_PREFIX.encode() + key_id + secret).digest()[:_CHECK_BYTES]


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentedKey:
    """What somebody brings: the id of a key, and what may be its secret."""

    id: ApiKeyId
    secret: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "PresentedKey":
        """Return what the text says; raises InvalidTokenError for one that cannot be a key."""
        encoded = text.removeprefix(KEY_PREFIX)
        if len(encoded) != _CHARACTERS or len(text) == len(encoded) or not encoded.isascii():
            raise InvalidTokenError("This is no API key: it has another length, or other characters.")
        try:
            raw = urlsafe_b64decode(encoded)
        except ValueError:
            raw = b""
        key_id, secret, check = raw[:_ID_BYTES], raw[_ID_BYTES:-_CHECK_BYTES], raw[-_CHECK_BYTES:]
        if urlsafe_b64encode(raw).decode() != encoded or not compare_digest(check, _check_of(key_id, secret)):
            raise InvalidTokenError("This is no API key: some of its characters are wrong or were left out.")
        return cls(id=ApiKeyId(UUID(bytes=key_id)), secret=secret)

    @property
    def text(self) -> str:
        """The key as it is shown, once, to whoever made it."""
        return (
            KEY_PREFIX + urlsafe_b64encode(self.id.bytes + self.secret + _check_of(self.id.bytes, self.secret)).decode()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key of an organisation, without its secret. It stays when who made it is no member any more.

    It works until `expires_at`, for good where that is None, unless somebody revokes it. `last_used_at` is right to
    the hour. A key that was revoked is kept, so that the list says who made it, who ended it, and when.
    """

    id: ApiKeyId
    tenant_id: TenantId
    name: str
    scopes: frozenset[ApiScope]
    digest: bytes = field(repr=False)
    created_by: AccountId
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_by: AccountId | None = None

    @classmethod
    def issued(
        cls,
        presented: PresentedKey,
        *,
        tenant_id: TenantId,
        name: str,
        scopes: Iterable[ApiScope],
        by: AccountId,
        now: datetime,
        expires_at: datetime | None,
    ) -> "ApiKey":
        """Return a new key.

        Raises InvalidInputError at `/name` for a name that cannot be shown, at `/scopes` for none, and at `/expiresAt`
        for a time that is not to come, or more than ten years away.
        """
        given = frozenset(scopes)
        if not given:
            fault = "A key has at least one scope."
            raise InvalidInputError(fault, [Problem("/scopes", fault)])
        if expires_at is not None and not timedelta() < expires_at - now <= KEY_LIFE_MAX:
            fault = "A key expires at a time to come, within ten years."
            raise InvalidInputError(fault, [Problem("/expiresAt", fault)])
        return cls(
            id=presented.id,
            tenant_id=tenant_id,
            name=checked_name(name, pointer="/name"),
            scopes=given,
            digest=digest_of_key(presented.secret),
            created_by=by,
            created_at=now,
            expires_at=None if expires_at is None else utc(expires_at),
        )

    @property
    def prefix(self) -> str:
        """How the key begins, which is part of its id: enough to know it by, and nothing of the secret."""
        return KEY_PREFIX + urlsafe_b64encode(self.id.bytes).decode()[:_SHOWN_CHARACTERS]

    def is_live(self, *, now: datetime) -> bool:
        """Whether the key works; it ends exactly at `expires_at`."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def fits(self, presented: PresentedKey) -> bool:
        """Whether the secret is this key's, in a time that does not depend on how much of it is."""
        return compare_digest(self.digest, digest_of_key(presented.secret))

    def use_is_due(self, *, now: datetime) -> bool:
        """Whether the last use that was noted is long enough ago to note another."""
        return self.last_used_at is None or now - self.last_used_at >= USE_NOTED_EVERY

    def must_admit(self, presented: PresentedKey, *, now: datetime) -> None:
        """Raise InvalidTokenError unless the secret fits and the key works; only who has the secret is told why."""
        if not self.fits(presented):
            raise unknown_key()
        if self.revoked_at is not None:
            raise InvalidTokenError("The API key was revoked.")
        if not self.is_live(now=now):
            raise InvalidTokenError("The API key has expired.")

    def revoked(self, *, by: AccountId, now: datetime) -> "ApiKey":
        """Return the key as it is after its end; a second time changes nothing."""
        return self if self.revoked_at is not None else replace(self, revoked_at=now, revoked_by=by)


def digest_of_key(secret: bytes) -> bytes:
    """Return what is stored of a secret."""
    return hashlib.sha256(secret).digest()


def unknown_key() -> InvalidTokenError:
    """Return the refusal of a key that there is not, and of a wrong secret: which of them it is, is not said."""
    return InvalidTokenError("The API key is not valid.")


def must_be_allowed_to_manage_keys(role: Role) -> None:
    """Raise ForbiddenError unless the role may see, make and revoke keys."""
    if role not in MANAGERS:
        raise ForbiddenError("Only owners and managers have to do with API keys.")


def must_leave_room(*, live_keys: int) -> None:
    """Raise TooManyApiKeysError when the organisation has as many working keys as it may."""
    if live_keys >= LIVE_KEYS_MAX:
        raise TooManyApiKeysError(f"An organisation has at most {LIVE_KEYS_MAX} API keys that work; revoke one first.")
