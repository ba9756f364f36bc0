"""The second factor, and the sessions of an account."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from adapters.http.callers import address_of
from adapters.http.identity import PRIVATE, GivenPassword
from adapters.http.paging import PageBody, page_body
from adapters.http.problems import problem_spec
from core.shared.ids import TenantId
from ports.paging import PageRequest
from ports.published.identity import VerifiedToken
from usecases.identity.manage_totp import ConfirmTotp, EnrolTotp, RemoveTotp
from usecases.identity.sessions import EndSession, ListSessions
from usecases.identity.sign_in_rules import ReadSignInRules, SetSignInRules

type CodeText = Annotated[str, Meta(max_length=64, examples=["123456"])]

_TOO_MANY = {429: problem_spec("The account or its address tried too often; wait as long as `Retry-After` says.")}


class EnrolTotpBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The password of the account, so that a device that was left open is not enough."""

    password: GivenPassword


class EnrolledTotpBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the authenticator app has to know: the secret in base32, the address with it, and that as an SVG drawing."""

    secret: str
    otpauth_uri: str
    qr_svg: str


class ConfirmTotpBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What the app shows."""

    code: CodeText


class RecoveryCodesBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Codes for when the app is lost, each good once; they are shown this one time."""

    recovery_codes: Sequence[str]


class RemoveTotpBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The password, and a code of the app or a recovery code; an app that was never confirmed needs no code."""

    password: GivenPassword
    code: CodeText | None = None


class LiveSessionBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A session that can be renewed until `expiresAt`; `current` is the one that asks."""

    id: UUID
    started_at: datetime
    renewed_at: datetime
    expires_at: datetime
    current: bool


class SignInRulesBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Whether members need an authenticator app to act in the organisation."""

    require_totp: bool


class TotpController(Controller):
    """Codes of an authenticator app."""

    path = "/auth/totp"
    tags = ("Identity",)

    @post("/", summary="Add an authenticator app", status_code=201, responses=_TOO_MANY)
    @inject
    async def enrol(
        self,
        request: Request[Any, Any, Any],
        data: JSONBody[EnrolTotpBody],
        identity: NamedDependency[VerifiedToken],
        usecase: FromDishka[EnrolTotp],
    ) -> Response[EnrolledTotpBody]:
        """For the signed-in account with a verified address. It counts once a code was confirmed."""
        made = await usecase(identity, password=data.password, address=address_of(request))
        body = EnrolledTotpBody(secret=made.secret, otpauth_uri=made.uri, qr_svg=made.qr_code.decode())
        return Response(body, status_code=201, headers=PRIVATE)

    @post("/confirm", summary="Confirm the app by a code", status_code=200, responses=_TOO_MANY)
    @inject
    async def confirm(
        self,
        request: Request[Any, Any, Any],
        data: JSONBody[ConfirmTotpBody],
        identity: NamedDependency[VerifiedToken],
        usecase: FromDishka[ConfirmTotp],
    ) -> Response[RecoveryCodesBody]:
        """From now on a code is needed to sign in (`totpCode`)."""
        codes = await usecase(identity, code=data.code, address=address_of(request))
        return Response(RecoveryCodesBody(recovery_codes=codes), headers=PRIVATE)

    @post("/remove", summary="Remove the app", status_code=204, responses=_TOO_MANY)
    @inject
    async def remove(
        self,
        request: Request[Any, Any, Any],
        data: JSONBody[RemoveTotpBody],
        identity: NamedDependency[VerifiedToken],
        usecase: FromDishka[RemoveTotp],
    ) -> None:
        """Needs the password and a code; the recovery codes go with it."""
        await usecase(identity, password=data.password, code=data.code, address=address_of(request))


class SessionController(Controller):
    """Where an account is signed in."""

    path = "/auth/sessions"
    tags = ("Identity",)

    @get("/", summary="List one's sessions")
    @inject
    async def sessions(
        self,
        page: NamedDependency[PageRequest],
        identity: NamedDependency[VerifiedToken],
        usecase: FromDishka[ListSessions],
    ) -> PageBody[LiveSessionBody]:
        """For the signed-in account: those that can be renewed, the newest first."""
        return page_body(
            await usecase(identity, page),
            lambda session: LiveSessionBody(
                id=session.id,
                started_at=session.started_at,
                renewed_at=session.renewed_at,
                expires_at=session.expires_at,
                current=session.id == identity.session_id,
            ),
        )

    @delete("/{session_id:uuid}", summary="End a session")
    @inject
    async def end(
        self, session_id: FromPath[UUID], identity: NamedDependency[VerifiedToken], usecase: FromDishka[EndSession]
    ) -> None:
        """Its access tokens run out by themselves within 15 minutes."""
        await usecase(identity, session_id)


class SignInRulesController(Controller):
    """How the members of an organisation have to sign in."""

    path = "/organisations/{organisation_id:uuid}/sign-in-rules"
    tags = ("Identity",)

    @get("/", summary="Read how members sign in")
    @inject
    async def read(
        self,
        organisation_id: FromPath[UUID],
        identity: NamedDependency[VerifiedToken],
        usecase: FromDishka[ReadSignInRules],
    ) -> SignInRulesBody:
        """For members."""
        return SignInRulesBody(require_totp=await usecase(identity, organisation_id=TenantId(organisation_id)))

    @put("/", summary="Say how members sign in")
    @inject
    async def change(
        self,
        organisation_id: FromPath[UUID],
        data: JSONBody[SignInRulesBody],
        identity: NamedDependency[VerifiedToken],
        usecase: FromDishka[SetSignInRules],
    ) -> SignInRulesBody:
        """For owners with an app of their own. Tokens that are out stay good until they expire, at most 15 minutes."""
        await usecase(identity, organisation_id=TenantId(organisation_id), requires_totp=data.require_totp)
        return data
