"""What the headers of a request and of an answer may be, and what of them goes on to the other side."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from adapters.gateway.answers import EdgeError, invalid
from adapters.gateway.asgi import Headers, Scope

HEADERS_MAX = 100
HEADER_BYTES_MAX = 32_768
TENANT_HEADER = b"x-tenant-id"
REQUEST_ID_HEADER = b"x-request-id"

_LENGTH_DIGITS_MAX = 15
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,128}")
_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""Headers about one connection (RFC 9110, 7.6.1), beside those that `Connection` names."""

_NEVER_NAMED = frozenset({b"authorization", b"content-length", b"host", b"x-tenant-id", b"x-forwarded-for"})
"""What `Connection` cannot have taken away: else a client could decide what the service is told of it."""

_OURS_TO_SAY = frozenset({b"forwarded", b"x-real-ip", b"x-request-id", b"expect"})
"""What is said anew, or not at all: who asked from where, which request this is, and whether its body is wanted."""

_FORWARDED = b"x-forwarded-"
_ONCE = frozenset(
    {
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"host",
        b"idempotency-key",
        b"last-event-id",
        b"stripe-signature",
        b"transfer-encoding",
        b"x-tenant-id",
    }
)
"""Headers of which two could be read as one by the gateway, and as the other by the service behind it."""

_BODILESS = frozenset({204, 304})
_OF_THE_SERVICES_SERVER = frozenset({b"date", b"server", b"x-request-id"})


@dataclass(frozen=True, slots=True)
class Framing:
    """How long the body of a request is: in bytes, or None where it comes in chunks; 0 for none."""

    length: int | None

    @property
    def has_body(self) -> bool:
        """Tell whether anything is to come."""
        return self.length != 0


def framing_of(headers: Headers) -> Framing:
    """Check the headers of a request; raises EdgeError for what two servers could understand differently.

    The server in front of this has refused most of it already; nothing here depends on that.
    """
    if len(headers) > HEADERS_MAX or sum(len(name) + len(value) for name, value in headers) > HEADER_BYTES_MAX:
        message = f"A request has at most {HEADERS_MAX} headers of {HEADER_BYTES_MAX} bytes together."
        raise EdgeError(431, "request.headers_too_large", message, closes=True)
    counted = Counter(name for name, _ in headers)
    for name in _ONCE:
        if counted[name] > 1:
            raise invalid(f"The header {name.decode()} stands there more than once.")
    if not counted[b"host"]:
        raise invalid("A request has a Host.")
    found = dict(headers)
    if b"upgrade" in found and b"websocket" in found[b"upgrade"].lower():
        raise invalid("There are no websockets here; what goes on is told by server-sent events.")
    return _framing(found.get(b"content-length"), found.get(b"transfer-encoding"))


def _framing(length: bytes | None, coding: bytes | None) -> Framing:
    if length is not None and coding is not None:
        raise invalid("A request has a Content-Length or a Transfer-Encoding, not both.")
    if coding is not None:
        if coding.strip().lower() != b"chunked":
            raise invalid("The only Transfer-Encoding is chunked.")
        return Framing(None)
    if length is None:
        return Framing(0)
    if not length.isdigit() or len(length) > _LENGTH_DIGITS_MAX:
        raise invalid("The Content-Length is no number.")
    return Framing(int(length))


def request_id_of(headers: Headers) -> bytes | None:
    """Return the id that the client gave its request, where it is one that may stand in logs."""
    for name, value in headers:
        if name == REQUEST_ID_HEADER:
            return value if _REQUEST_ID.fullmatch(value) else None
    return None


def token_of(headers: Headers) -> str | None:
    """Return the bearer token; None where there is none, or something else."""
    for name, value in headers:
        if name == b"authorization":
            scheme, _, token = value.decode("latin-1").partition(" ")
            return token.strip() or None if scheme.lower() == "bearer" else None
    return None


def value_of(headers: Headers, name: bytes) -> str | None:
    """Return the value of a header that stands there at most once."""
    return next((value.decode("latin-1") for found, value in headers if found == name), None)


def onwards(scope: Scope, headers: Headers, *, framing: Framing, request_id: bytes, tenant: UUID | None) -> Headers:
    """Return the headers that the service is sent.

    The address of the client is the one that the server in front of this knows, so that nobody can make up another;
    with a `tenant`, which the token named, it stands in X-Tenant-ID.
    """
    named = _named_by_connection(headers) - _NEVER_NAMED
    sent = [
        (name, value)
        for name, value in headers
        if name not in _HOP_BY_HOP
        and name not in _OURS_TO_SAY
        and name not in named
        and not name.startswith(_FORWARDED)
        and not (tenant is not None and name == TENANT_HEADER)
    ]
    if framing.length is None:
        sent.append((b"transfer-encoding", b"chunked"))
    if tenant is not None:
        sent.append((TENANT_HEADER, str(tenant).encode()))
    if (client := scope.get("client")) is not None:
        sent.append((b"x-forwarded-for", str(client[0]).encode()))
    sent.append((b"x-forwarded-proto", str(scope["scheme"]).encode()))
    sent.append((REQUEST_ID_HEADER, request_id))
    return sent


def backwards(status: int, headers: Iterable[tuple[bytes, bytes]], *, request_id: bytes) -> Headers:
    """Return the headers that the client is sent; what its body is coded in stays as it is.

    An answer that has no body (RFC 9110, 8.6) goes out without the length that it would have.
    """
    lowered = [(name.lower(), value) for name, value in headers]
    named = _named_by_connection(lowered)
    sent = [
        (name, value)
        for name, value in lowered
        if name not in _HOP_BY_HOP
        and name not in _OF_THE_SERVICES_SERVER
        and name not in named
        and not (status in _BODILESS and name == b"content-length")
    ]
    sent.append((REQUEST_ID_HEADER, request_id))
    return sent


def _named_by_connection(headers: Headers) -> set[bytes]:
    values = [value for name, value in headers if name == b"connection"]
    return {word.strip().lower() for value in values for word in value.split(b",")}
