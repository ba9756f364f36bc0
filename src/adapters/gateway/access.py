"""Who asks, as far as the gateway can tell: an access token is read here, an API key by the service alone."""

from dataclasses import dataclass
from uuid import UUID

from adapters.gateway.answers import EdgeError, refusal
from adapters.gateway.asgi import Headers
from adapters.gateway.headers import TENANT_HEADER, token_of, value_of
from core.identity.api_keys import KEY_PREFIX
from core.shared.errors import DomainError, Problem, UnavailableError
from ports.published.identity import TokenVerifier, VerifiedToken

_TENANT = "X-Tenant-ID"


@dataclass(frozen=True, slots=True)
class Access:
    """What is known of whoever asks; `tenant` is the organisation that the token names.

    Without a token the route is open, or an API key came, which only the service that is asked can have looked up.
    """

    token: VerifiedToken | None = None
    tenant: UUID | None = None


async def access_of(headers: Headers, verifier: TokenVerifier) -> Access:
    """Read the token of a request that needs one.

    Raises EdgeError as the services would answer: 401 without a token that is good, 403 when X-Tenant-ID contradicts
    it, 400 when that is no UUID, 503 while it cannot be found out.
    """
    text = token_of(headers)
    if text is None:
        detail = "Send an access token: Authorization: Bearer …"
        raise EdgeError(401, "access.unauthenticated", detail, headers={"WWW-Authenticate": "Bearer"})
    if text.startswith(KEY_PREFIX):
        return Access()
    try:
        token = await verifier.verify(text)
    except DomainError as error:
        raise refusal(error) from None
    except UnavailableError:
        message = "Access tokens cannot be checked at the moment; try again."
        raise EdgeError(503, "gateway.service_away", message, headers={"Retry-After": "1"}) from None
    if token.tenant_id is not None:
        _must_agree(token.tenant_id, value_of(headers, TENANT_HEADER))
    return Access(token, token.tenant_id)


def _must_agree(claimed: UUID, header: str | None) -> None:
    if header is None:
        return
    try:
        named = UUID(header)
    except ValueError:
        message = f"{_TENANT} is not a UUID."
        raise EdgeError(400, "request.invalid", message, problems=[Problem(f"/{_TENANT}", message)]) from None
    if named != claimed:
        message = f"The token is for another organisation than {_TENANT} names."
        raise EdgeError(403, "access.forbidden", message)
