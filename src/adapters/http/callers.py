"""Who asks: the bearer token or API key, and the tenant that the request is about."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, override
from uuid import UUID

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import BaseRouteHandler
from litestar.middleware.authentication import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.params import HeaderParameter
from litestar.types import ASGIApp

from adapters.http.observing import note_tenant
from core.shared.callers import ApiScope, Caller, Role
from core.shared.errors import ForbiddenError, InvalidInputError, Problem
from core.shared.ids import AccountId, TenantId
from ports.published.identity import TokenVerifier, VerifiedToken

TENANT_HEADER = "X-Tenant-ID"
_SCOPE_OPT = "api_scope"


def open_to_keys_for(scope: ApiScope) -> dict[str, ApiScope]:
    """Return the `opt` of a handler that answers services whose API key has the scope; without it none may ask."""
    return {_SCOPE_OPT: scope}


def scope_of(handler: BaseRouteHandler) -> ApiScope | None:
    """Return the scope of the API keys that the handler answers; None where it answers none."""
    scope = handler.opt.get(_SCOPE_OPT)
    return None if scope is None else ApiScope(scope)


class Authentication(AbstractAuthenticationMiddleware):
    """Reads the bearer token of every request whose handler is not marked `exclude_from_auth`.

    It refuses API keys, whatever they are for, unless the handler names their scope: a handler that was written
    without a thought of them is closed to them.
    """

    __slots__ = ("_verifier",)

    def __init__(self, app: ASGIApp, verifier: Callable[[], Awaitable[TokenVerifier]]) -> None:
        super().__init__(app, exclude=["^/schema"])
        self._verifier = verifier

    @override
    async def authenticate_request(self, connection: ASGIConnection[Any, Any, Any, Any]) -> AuthenticationResult:
        header = connection.headers.get("authorization", "")
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise NotAuthorizedException("Send an access token: Authorization: Bearer …")
        verifier = await self._verifier()
        verified = await verifier.verify(token.strip())
        _must_be_open_to(verified, connection.route_handler)
        return AuthenticationResult(user=verified, auth=None)


def _must_be_open_to(token: VerifiedToken, handler: BaseRouteHandler) -> None:
    if token.scopes is None:
        return
    scope = scope_of(handler)
    if scope is None:
        raise ForbiddenError("API keys cannot do this, whatever they are for.")
    if scope not in token.scopes:
        raise ForbiddenError(f"This needs an API key with the scope {scope}.")


def address_of(request: Request[Any, Any, Any]) -> str | None:
    """Return the client's address, as far as it is known."""
    return request.client.host if request.client is not None else None


async def provide_identity(request: Request[VerifiedToken, Any, Any]) -> VerifiedToken:
    """Return what the token of the request says."""
    return request.user


async def provide_caller(
    request: Request[VerifiedToken, Any, Any],
    tenant_header: Annotated[
        str | None,
        HeaderParameter(
            name=TENANT_HEADER,
            description="The organisation that the request is about; needed unless the token names one.",
        ),
    ] = None,
) -> Caller:
    """Return the caller in the tenant of the request.

    The token's `tenant_id`, or that of the API key, decides; a token without one names the tenant in X-Tenant-ID.
    Raises ForbiddenError when the two contradict each other, and InvalidInputError when neither says.
    """
    token = request.user
    claimed = token.tenant_id
    named = _tenant_named(tenant_header) if tenant_header is not None else None
    if claimed is not None and named is not None and claimed != named:
        raise ForbiddenError(f"The token is for another organisation than {TENANT_HEADER} names.")
    tenant = claimed or named
    if tenant is None:
        message = f"Name the organisation in {TENANT_HEADER}, or use a staff token."
        raise InvalidInputError(message, [Problem(f"/{TENANT_HEADER}", message)])
    note_tenant(tenant)
    role = Role(token.role) if token.role is not None and claimed is not None else None
    return Caller(
        account_id=AccountId(token.account_id),
        tenant_id=TenantId(tenant),
        role=role,
        guest=token.guest,
        scopes=None if token.scopes is None else frozenset(ApiScope(scope) for scope in token.scopes),
    )


def _tenant_named(header: str) -> UUID:
    try:
        return UUID(header)
    except ValueError:
        message = f"{TENANT_HEADER} is not a UUID."
        raise InvalidInputError(message, [Problem(f"/{TENANT_HEADER}", message)]) from None
