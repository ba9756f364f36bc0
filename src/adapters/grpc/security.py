"""Who may call: whoever has a certificate of our authority, or a token signed with the secret of the links, or both."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

import grpc
import jwt

from ports.clock import Clock

TOKEN_TTL_S = 60
_CLOCK_SKEW_MAX = timedelta(seconds=30)
_AUDIENCE = "fairseat-links"
_TYPE = "fairseat-link+jwt"
_ALGORITHM = "HS256"
_SECRET_BYTES_MIN = 32
_TOKEN_CHARACTERS_MAX = 2_048
_TOKENS_MAX = 256
_SCHEME = "Bearer "


class LinkSecurityError(Exception):
    """Links cannot be secured with what was given; the message says why, and shows no secret."""


class UnknownCallerError(Exception):
    """A call without a token of ours, or with one whose time is over."""


@dataclass(frozen=True, slots=True)
class LinkFiles:
    """Files in PEM: this process's certificate and key, and the authority that everybody's certificates are of."""

    certificate: Path
    key: Path
    authority: Path

    def server_credentials(self) -> grpc.ServerCredentials:
        """Return what a server shows, and asks for; raises LinkSecurityError for files that cannot be read."""
        authority, key, certificate = self._read()
        return grpc.ssl_server_credentials([(key, certificate)], authority, require_client_auth=True)

    def channel_credentials(self) -> grpc.ChannelCredentials:
        """Return what a client shows, and asks for; raises LinkSecurityError for files that cannot be read."""
        authority, key, certificate = self._read()
        return grpc.ssl_channel_credentials(authority, key, certificate)

    def _read(self) -> tuple[bytes, bytes, bytes]:
        try:
            return self.authority.read_bytes(), self.key.read_bytes(), self.certificate.read_bytes()
        except OSError as error:
            raise LinkSecurityError(f"{error.filename} cannot be read: {error.strerror}") from None


@dataclass(frozen=True, slots=True)
class LinkSecurity:
    """How the links of a process are secured; `service` is what it calls itself, such as `venue`.

    With `files` both ends show certificates, and everything is encrypted; with a `secret` of 32 bytes at least, callers
    show tokens made of it, and nothing is encrypted by that. Given both, both are demanded. Without either there are no
    links: LinkSecurityError.
    """

    service: str
    secret: str = field(default="", repr=False)
    files: LinkFiles | None = None

    def __post_init__(self) -> None:
        """Refuse what keeps nobody out."""
        if not self.secret and self.files is None:
            raise LinkSecurityError("links need a secret, or a certificate with its key and authority")
        if self.secret and len(self.secret.encode()) < _SECRET_BYTES_MIN:
            raise LinkSecurityError(f"the secret of links has to have {_SECRET_BYTES_MIN} bytes at least")


class LinkTokens:
    """Makes and reads the tokens of callers: short-lived, and for links alone.

    Whoever has the secret may name themselves as they like: the name is for logs, and grants nothing.
    """

    def __init__(self, security: LinkSecurity, clock: Clock) -> None:
        self._secret = security.secret
        self._service = security.service
        self._clock = clock
        self._header = ""
        self._renew_at: datetime | None = None
        # A token serves for many calls; what it says is looked up, and whether that is so still is asked each time.
        self._verified = lru_cache(_TOKENS_MAX)(self._claims)

    def metadata(self) -> tuple[tuple[str, str], ...]:
        """Return what a call shows; a token serves for half of its time."""
        if not self._secret:
            return ()
        now = self._clock.now()
        half = timedelta(seconds=TOKEN_TTL_S / 2)
        # A clock that went backwards must not make a token last longer.
        if self._renew_at is None or not self._renew_at - half <= now < self._renew_at:
            self._header = _SCHEME + self._token(now)
            self._renew_at = now + half
        return (("authorization", self._header),)

    def caller(self, metadata: Iterable[tuple[str, str | bytes]] | None) -> str:
        """Return who calls, as they say; raises UnknownCallerError. Without a secret certificates have seen to it."""
        if not self._secret:
            return "certified"
        shown = [value for key, value in metadata or () if key == "authorization"]
        if len(shown) != 1 or not isinstance(shown[0], str) or not shown[0].startswith(_SCHEME):
            raise UnknownCallerError("There is no token.")
        return self._read(shown[0].removeprefix(_SCHEME))

    def _token(self, now: datetime) -> str:
        claims = {
            "aud": _AUDIENCE,
            "sub": self._service,
            "iat": int(now.timestamp()),
            "exp": int(now.timestamp()) + TOKEN_TTL_S,
        }
        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM, headers={"typ": _TYPE})

    def _read(self, token: str) -> str:
        made, ends, caller = self._verified(token)
        now = self._clock.now().timestamp()
        skew = _CLOCK_SKEW_MAX.total_seconds()
        if now >= ends + skew or made - now > skew or ends - made > TOKEN_TTL_S:
            raise UnknownCallerError("The token is not for this time.")
        return caller

    def _claims(self, token: str) -> tuple[int, int, str]:
        if len(token) > _TOKEN_CHARACTERS_MAX:
            raise UnknownCallerError("The token is too long.")
        try:
            if jwt.get_unverified_header(token).get("typ") != _TYPE:
                raise UnknownCallerError("The token is for something else.")
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                # The times are checked with the clock of the process, not with the system's.
                options={"require": ["aud", "sub", "iat", "exp"], "verify_exp": False, "verify_iat": False},
            )
            return int(claims["iat"]), int(claims["exp"]), str(claims["sub"])
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
            raise UnknownCallerError("The token is not valid.") from None
