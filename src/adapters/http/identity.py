"""Signing in: accounts, sessions, staff and guest tokens, and the keys that verify them."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from adapters.http.callers import address_of
from adapters.http.problems import problem_spec
from core.shared.ids import TenantId
from ports.identity import PublishedKeys
from ports.published.identity import VerifiedToken
from usecases.identity.grants import Grant
from usecases.identity.issue_guest_token import IssueGuestToken
from usecases.identity.issue_staff_token import IssueStaffToken
from usecases.identity.log_in import LogIn
from usecases.identity.log_out import LogOut
from usecases.identity.read_account import ReadAccount
from usecases.identity.read_published_keys import ReadPublishedKeys
from usecases.identity.refresh_session import RefreshSession
from usecases.identity.register import Register

type EmailText = Annotated[str, Meta(min_length=3, max_length=254, examples=["ann@example.com"])]
type NewPassword = Annotated[
    str, Meta(min_length=1, max_length=512, description="10 to 128 characters of any kind; obvious ones are refused.")
]
type GivenPassword = Annotated[str, Meta(max_length=512)]
type RefreshText = Annotated[str, Meta(min_length=1, max_length=256)]

PRIVATE = {"Cache-Control": "no-store"}
"""For every answer that holds a token (RFC 6749, 5.1)."""

_KEYS_KEPT_S = 300
"""A new key is published at the restart that makes it sign; who meets an unknown key id should ask again."""


class RegisterBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """An account to be opened."""

    email: EmailText
    password: NewPassword
    display_name: Annotated[str, Meta(min_length=1, max_length=100)]


class RegisteredBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An account that was opened; the e-mail address as it will be written."""

    id: UUID
    email: str
    display_name: str


class LogInBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Who signs in; `totpCode` is a code of their authenticator app, or a recovery code."""

    email: Annotated[str, Meta(max_length=254)]
    password: GivenPassword
    totp_code: Annotated[str, Meta(max_length=64)] | None = None


class RefreshBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A refresh token of the session."""

    refresh_token: RefreshText


class StaffTokenBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The organisation to act in."""

    organisation_id: UUID


class GuestBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Nothing is asked of a guest."""


class AccessBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An access token; `expiresIn` is in seconds."""

    access_token: str
    expires_in: int
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  (the kind of a token, not one)


class SessionBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An access token, and the refresh token that is good for one renewal; `expiresIn` is in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  (as above)


class MeBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The signed-in account; `organisationId` and `role` are those of a staff token, else null."""

    id: UUID
    email: str
    email_verified: bool
    display_name: str
    organisation_id: UUID | None
    role: str | None


class AuthController(Controller):
    """Accounts and sessions."""

    path = "/auth"
    tags = ("Identity",)

    @post("/register", summary="Open an account", opt={"exclude_from_auth": True}, security=[{}])
    @inject
    async def register(self, data: JSONBody[RegisterBody], usecase: FromDishka[Register]) -> RegisteredBody:
        """Open to everyone. An e-mail address has one account; a taken one is `identity.email_taken`."""
        account = await usecase(email=data.email, password=data.password, display_name=data.display_name)
        return RegisteredBody(id=account.id, email=account.email.address, display_name=account.display_name)

    @post(
        "/login",
        summary="Begin a session",
        status_code=200,
        opt={"exclude_from_auth": True},
        security=[{}],
        responses={429: problem_spec("Too many attempts failed; wait as long as `Retry-After` says.")},
    )
    @inject
    async def log_in(
        self, request: Request[Any, Any, Any], data: JSONBody[LogInBody], usecase: FromDishka[LogIn]
    ) -> Response[SessionBody]:
        """Open to everyone. The answer to a wrong e-mail and to a wrong password is the same.

        An account with an authenticator app needs `totpCode` too: `identity.totp_required`.
        """
        grant = await usecase(
            email=data.email, password=data.password, totp_code=data.totp_code, address=address_of(request)
        )
        return _session(grant)

    @post("/refresh", summary="Renew a session", status_code=200, opt={"exclude_from_auth": True}, security=[{}])
    @inject
    async def refresh(self, data: JSONBody[RefreshBody], usecase: FromDishka[RefreshSession]) -> Response[SessionBody]:
        """Each refresh token is good once. A spent one that comes again ends the session: `identity.refresh_reused`."""
        return _session(await usecase(data.refresh_token))

    @post("/logout", summary="End a session", status_code=204, opt={"exclude_from_auth": True}, security=[{}])
    @inject
    async def log_out(self, data: JSONBody[RefreshBody], usecase: FromDishka[LogOut]) -> None:
        """Ends the session of the refresh token; access tokens run out by themselves within 15 minutes."""
        await usecase(data.refresh_token)

    @post("/guest", summary="Buy without an account", status_code=200, opt={"exclude_from_auth": True}, security=[{}])
    @inject
    async def guest(
        self,
        usecase: FromDishka[IssueGuestToken],
        data: JSONBody[GuestBody],  # noqa: ARG002  (read, so that a body with anything in it is refused)
    ) -> Response[AccessBody]:
        """Open to everyone: a token for two hours; the e-mail address is given with the order."""
        return _access(await usecase())

    @post("/token", summary="Act in an organisation", status_code=200)
    @inject
    async def staff_token(
        self,
        data: JSONBody[StaffTokenBody],
        identity: NamedDependency[VerifiedToken],
        usecase: FromDishka[IssueStaffToken],
    ) -> Response[AccessBody]:
        """For members: an access token with the organisation and the member's present role."""
        return _access(await usecase(identity, organisation_id=TenantId(data.organisation_id)))

    @get("/me", summary="Who am I?")
    @inject
    async def me(self, identity: NamedDependency[VerifiedToken], usecase: FromDishka[ReadAccount]) -> MeBody:
        """For the signed-in account; a guest has none."""
        account = await usecase(identity)
        return MeBody(
            id=account.id,
            email=account.email.address,
            email_verified=account.email_verified_at is not None,
            display_name=account.display_name,
            organisation_id=identity.tenant_id,
            role=identity.role,
        )


@get(
    "/.well-known/jwks.json",
    summary="The keys that verify access tokens",
    tags=["Identity"],
    opt={"exclude_from_auth": True},
    security=[{}],
)
@inject
async def published_keys(usecase: FromDishka[ReadPublishedKeys]) -> Response[PublishedKeys]:
    """A JSON Web Key Set (RFC 7517): the key that signs, and while keys are changed the one before it."""
    return Response(await usecase(), headers={"Cache-Control": f"public, max-age={_KEYS_KEPT_S}"})


def _session(grant: Grant) -> Response[SessionBody]:
    assert grant.refresh_token is not None, "a session has a refresh token"
    body = SessionBody(
        access_token=grant.access_token, refresh_token=grant.refresh_token, expires_in=grant.expires_in_s
    )
    return Response(body, headers=PRIVATE)


def _access(grant: Grant) -> Response[AccessBody]:
    return Response(AccessBody(access_token=grant.access_token, expires_in=grant.expires_in_s), headers=PRIVATE)
