"""What is done with letters: showing that an address is one's own, and choosing a new password."""

from typing import Annotated, Any, Literal

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, Request, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from adapters.http.callers import address_of
from adapters.http.identity import GivenPassword, NewPassword
from adapters.http.problems import problem_spec
from core.identity.mail_tokens import MailTokenPurpose
from ports.published.identity import VerifiedToken
from usecases.identity.ask_for_letter import AskForLetter
from usecases.identity.change_password import ChangePassword
from usecases.identity.reset_password import ResetPassword
from usecases.identity.verify_email import VerifyEmail

type MailedToken = Annotated[str, Meta(min_length=1, max_length=128)]
type AnyEmail = Annotated[str, Meta(max_length=254)]

_OPEN: dict[str, Any] = {"exclude_from_auth": True}
_TOO_MANY = {429: problem_spec("The account or its address tried too often; wait as long as `Retry-After` says.")}


class VerifyEmailBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The token of the letter: what stands after `#token=` in its link."""

    token: MailedToken


class AskForLetterBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The address of an account."""

    email: AnyEmail


class TakenBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The request was taken; whether there is a letter, nobody is told but its reader."""

    status: Literal["accepted"] = "accepted"


class ResetPasswordBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The token of the letter, and the password to be."""

    token: MailedToken
    password: NewPassword


class ChangePasswordBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The password as it is, and as it is to be."""

    old_password: GivenPassword
    new_password: NewPassword


class MailedTokenController(Controller):
    """Verified addresses and new passwords."""

    path = "/auth"
    tags = ("Identity",)

    @post(
        "/verify-email",
        summary="Confirm an e-mail address",
        status_code=204,
        opt=_OPEN,
        security=[{}],
        responses=_TOO_MANY,
    )
    @inject
    async def verify_email(
        self, request: Request[Any, Any, Any], data: JSONBody[VerifyEmailBody], usecase: FromDishka[VerifyEmail]
    ) -> None:
        """Open to whoever has the token that was mailed; it is good once, for three days."""
        await usecase(data.token, address=address_of(request))

    @post(
        "/verify-email/resend",
        summary="Ask for the letter again",
        status_code=202,
        opt=_OPEN,
        security=[{}],
        responses=_TOO_MANY,
    )
    @inject
    async def resend(
        self, request: Request[Any, Any, Any], data: JSONBody[AskForLetterBody], usecase: FromDishka[AskForLetter]
    ) -> TakenBody:
        """Open to everyone. The answer is the same, whether the address has an account or not."""
        await usecase(MailTokenPurpose.VERIFY_EMAIL, data.email, address=address_of(request))
        return TakenBody()

    @post(
        "/password/forgot",
        summary="Ask for a new password",
        status_code=202,
        opt=_OPEN,
        security=[{}],
        responses=_TOO_MANY,
    )
    @inject
    async def forgot(
        self, request: Request[Any, Any, Any], data: JSONBody[AskForLetterBody], usecase: FromDishka[AskForLetter]
    ) -> TakenBody:
        """Open to everyone. The answer is the same, whether the address has an account or not."""
        await usecase(MailTokenPurpose.RESET_PASSWORD, data.email, address=address_of(request))
        return TakenBody()

    @post(
        "/password/reset",
        summary="Choose a new password by letter",
        status_code=204,
        opt=_OPEN,
        security=[{}],
        responses=_TOO_MANY,
    )
    @inject
    async def reset(
        self, request: Request[Any, Any, Any], data: JSONBody[ResetPasswordBody], usecase: FromDishka[ResetPassword]
    ) -> None:
        """Open to whoever has the token that was mailed; it is good once, for an hour. Every session ends."""
        await usecase(data.token, data.password, address=address_of(request))

    @post("/password/change", summary="Choose a new password", status_code=204, responses=_TOO_MANY)
    @inject
    async def change(
        self,
        request: Request[Any, Any, Any],
        data: JSONBody[ChangePasswordBody],
        identity: NamedDependency[VerifiedToken],
        usecase: FromDishka[ChangePassword],
    ) -> None:
        """For the signed-in account, with the old password; its other sessions end."""
        await usecase(identity, old=data.old_password, new=data.new_password, address=address_of(request))
