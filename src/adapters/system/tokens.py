"""Access tokens: JSON Web Tokens signed with Ed25519 (RFC 8037), read without a network call."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Self, override
from uuid import UUID

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from adapters.system.signing_keys import SigningKeys, key_id, key_x
from core.identity.access import AccessClaims
from core.identity.errors import InvalidTokenError
from core.shared.callers import Role
from ports.clock import Clock
from ports.identity import PublishedKey, PublishedKeys, TokenSigner
from ports.published.identity import TokenVerifier, VerifiedToken
from ports.published.refusals import RefusedError

_ALGORITHM = "EdDSA"
_TYPE = "at+jwt"
"""The media type of access tokens (RFC 9068), so that no other signed paper of ours passes for one."""

_TOKEN_CHARACTERS_MAX = 4096
_CLOCK_SKEW_MAX = timedelta(seconds=60)
_REQUIRED_CLAIMS = ["iss", "aud", "sub", "jti", "iat", "exp"]


class TokenTerms(msgspec.Struct, frozen=True, kw_only=True):
    """Who issues tokens and for whom they are meant; a token under other terms is foreign."""

    issuer: str
    audience: str


class _Claims(msgspec.Struct, frozen=True, kw_only=True):
    """The claims as they stand in a token. Times are whole seconds since 1970."""

    iss: str
    aud: str
    sub: UUID
    jti: UUID
    iat: int
    exp: int
    tenant_id: UUID | None = None
    role: Role | None = None
    guest: bool = False
    sid: UUID | None = None


class JwtTokenSigner(TokenSigner):
    """Signs with the current key; its id is in the header, so that a verifier finds it among several."""

    def __init__(self, keys: SigningKeys, terms: TokenTerms) -> None:
        self._key = keys.current
        self._headers = {"kid": key_id(keys.current.public_key()), "typ": _TYPE}
        self._published = PublishedKeys(
            keys=tuple(PublishedKey(kid=key_id(key), x=key_x(key)) for key in keys.public_keys())
        )
        self._terms = terms

    @override
    async def sign(self, claims: AccessClaims) -> str:
        payload: dict[str, object] = {
            "iss": self._terms.issuer,
            "aud": self._terms.audience,
            "sub": str(claims.account_id),
            "jti": str(claims.token_id),
            "iat": int(claims.issued_at.timestamp()),
            "exp": int(claims.expires_at.timestamp()),
        }
        if claims.tenant_id is not None and claims.role is not None:
            payload |= {"tenant_id": str(claims.tenant_id), "role": claims.role.value}
        if claims.guest:
            payload["guest"] = True
        if claims.session_id is not None:
            payload["sid"] = str(claims.session_id)
        return jwt.encode(payload, self._key, algorithm=_ALGORITHM, headers=self._headers)

    @override
    def published_keys(self) -> PublishedKeys:
        return self._published


class JwtTokenVerifier(TokenVerifier):
    """Reads tokens with public keys alone, so that every service may have one.

    The key is chosen by its id and the algorithm by us; what the token's header says of an algorithm, or of a key of
    its own, is never followed. Time is the given clock's, exact to the second: a token ends at its `exp`.
    """

    def __init__(self, keys: Mapping[str, Ed25519PublicKey], terms: TokenTerms, clock: Clock) -> None:
        self._keys = dict(keys)
        self._terms = terms
        self._clock = clock

    @classmethod
    def of_keys(cls, keys: Iterable[Ed25519PublicKey], terms: TokenTerms, clock: Clock) -> Self:
        """Make a verifier that honours these keys, named by their thumbprints."""
        return cls({key_id(key): key for key in keys}, terms, clock)

    @override
    async def verify(self, token: str) -> VerifiedToken:
        if len(token) > _TOKEN_CHARACTERS_MAX:
            raise _refusal("The access token is too long.")
        try:
            claims = self._claims(token)
        except (jwt.PyJWTError, msgspec.ValidationError, ValueError, RecursionError):
            # RecursionError: a header of brackets alone.
            # The reason stays here: it would only help whoever forges tokens.
            raise _refusal("The access token is not valid.") from None
        self._in_its_time(claims)
        if (claims.tenant_id is None) != (claims.role is None) or (claims.guest and claims.role is not None):
            raise _refusal("The access token is not valid.")
        return VerifiedToken(
            account_id=claims.sub,
            tenant_id=claims.tenant_id,
            role=claims.role,
            guest=claims.guest,
            expires_at=_moment(claims.exp),
            session_id=claims.sid,
        )

    def key_is_unknown(self, token: str) -> bool:
        """Tell whether the token names a key that is not among these; False for what is no token at all."""
        if len(token) > _TOKEN_CHARACTERS_MAX:
            return False
        try:
            return jwt.get_unverified_header(token).get("kid", "") not in self._keys
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            return False

    def _claims(self, token: str) -> _Claims:
        header = jwt.get_unverified_header(token)
        key = self._keys.get(header.get("kid", ""))
        if key is None or header.get("typ") != _TYPE:
            raise jwt.InvalidTokenError("no key of ours, or no access token")
        payload = jwt.decode(
            token,
            key,
            algorithms=[_ALGORITHM],
            issuer=self._terms.issuer,
            audience=self._terms.audience,
            # The times are checked with the clock of the process, not with the system's.
            options={"require": _REQUIRED_CLAIMS, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
        return msgspec.convert(payload, _Claims)

    def _in_its_time(self, claims: _Claims) -> None:
        now = self._clock.now()
        if now >= _moment(claims.exp):
            raise _refusal("The access token has expired.")
        if _moment(claims.iat) - now > _CLOCK_SKEW_MAX:
            raise _refusal("The access token is from the future.")


def _moment(timestamp_s: int) -> datetime:
    try:
        return datetime.fromtimestamp(timestamp_s, UTC)
    except (OverflowError, OSError, ValueError):
        raise _refusal("The access token is not valid.") from None


def _refusal(message: str) -> RefusedError:
    return RefusedError(InvalidTokenError.code, message)
