"""Stripe Connect: a venue's own account for its money."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, MediaType, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from adapters.http.money import MoneyBody
from adapters.http.paging import PageBody, cursor_of, read_cursor
from core.payments.accounts import ConnectedAccount
from core.shared.callers import Caller
from core.shared.ids import VenueId
from ports.payments.accounts import Payout
from usecases.payments.connect_venue import ConnectVenue
from usecases.payments.read_account import ReadAccount

_PAGE_MAX = 100
_PAGE_DEFAULT = 20
_CURSOR_LENGTH_MAX = 255
_PRIVATE = {"Cache-Control": "no-store"}
_BACK = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Fairseat</title>
<p>{text}</p>
</html>
"""

type Email = Annotated[
    str, Meta(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$", description="Filled in for the owner at Stripe.")
]


class ConnectBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """`country` (ISO 3166-1 alpha-2) is where the money's owner is at home; the venue's own unless given."""

    country: Annotated[str, Meta(pattern="^[A-Z]{2}$", examples=["DE"])] | None = None
    email: Email | None = None


class OnboardingBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The venue's account, and where its owner answers Stripe's questions; the link works once, until `expiresAt`."""

    account_id: str
    onboarding_url: str
    expires_at: datetime


class RequirementsBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What Stripe wants to know, by its own names; `disabledReason` says why something is switched off."""

    currently_due: tuple[str, ...]
    past_due: tuple[str, ...]
    eventually_due: tuple[str, ...]
    deadline: datetime | None
    disabled_reason: str | None


class AccountStatusBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How a venue's account stands by Stripe's last news; `accountId` is null until Stripe has made one.

    `refusal` is why it made none, and `deauthorizedAt` when the owner took our permission back.
    """

    account_id: str | None
    country: str | None
    charges_enabled: bool
    payouts_enabled: bool
    details_submitted: bool
    requirements: RequirementsBody
    refusal: str | None
    deauthorized_at: datetime | None
    updated_at: datetime | None

    @classmethod
    def of(cls, account: ConnectedAccount | None) -> "AccountStatusBody":
        """Return the account as the API shows it; None is a venue that nobody connected."""
        if account is None:
            nothing = RequirementsBody(
                currently_due=(), past_due=(), eventually_due=(), deadline=None, disabled_reason=None
            )
            return cls(
                account_id=None,
                country=None,
                charges_enabled=False,
                payouts_enabled=False,
                details_submitted=False,
                requirements=nothing,
                refusal=None,
                deauthorized_at=None,
                updated_at=None,
            )
        due = account.requirements
        return cls(
            account_id=account.account_id,
            country=account.country,
            charges_enabled=account.charges_enabled,
            payouts_enabled=account.payouts_enabled,
            details_submitted=account.details_submitted,
            requirements=RequirementsBody(
                currently_due=due.currently_due,
                past_due=due.past_due,
                eventually_due=due.eventually_due,
                deadline=due.deadline,
                disabled_reason=due.disabled_reason,
            ),
            refusal=account.refusal,
            deauthorized_at=account.deauthorized_at,
            updated_at=account.updated_at,
        )


class PayoutBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Money on its way to the venue's bank; `status` and `failure` are Stripe's words."""

    id: str
    amount: MoneyBody
    status: str
    arrival_at: datetime
    created_at: datetime
    failure: str | None

    @classmethod
    def of(cls, payout: Payout) -> "PayoutBody":
        """Return the payout as the API shows it."""
        return cls(
            id=payout.id,
            amount=MoneyBody.of(payout.amount),
            status=payout.status,
            arrival_at=payout.arrival_at,
            created_at=payout.created_at,
            failure=payout.failure,
        )


class StripeConnectController(Controller):
    """Venues are connected to Stripe, so that the money of their tickets is theirs."""

    path = "/venues/{venue_id:uuid}/stripe"
    tags = ("Stripe Connect",)

    @post("/connect", status_code=200, summary="Connect a venue to Stripe")
    @inject
    async def connect(
        self,
        venue_id: FromPath[UUID],
        data: JSONBody[ConnectBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ConnectVenue],
    ) -> Response[OnboardingBody]:
        """Managers only. The account is made once, however often this is asked; the link is a fresh one each time."""
        way = await usecase(caller, VenueId(venue_id), country=data.country, email=data.email)
        body = OnboardingBody(account_id=way.account_id, onboarding_url=way.link.url, expires_at=way.link.expires_at)
        return Response(body, headers=_PRIVATE)

    @get("/status", summary="Read how a venue's Stripe account stands")
    @inject
    async def status(
        self, venue_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ReadAccount]
    ) -> AccountStatusBody:
        """Managers only. As of Stripe's last news, which come by webhook; read anew while nothing can be charged."""
        return AccountStatusBody.of(await usecase(caller, VenueId(venue_id)))

    @get("/payouts", summary="List payouts of a venue")
    @inject
    async def payouts(
        self,
        venue_id: FromPath[UUID],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ReadAccount],
        limit: Annotated[int, QueryParameter(ge=1, le=_PAGE_MAX, description="Items on a page.")] = _PAGE_DEFAULT,
        cursor: Annotated[
            str | None,
            QueryParameter(max_length=_CURSOR_LENGTH_MAX, description="Where the page before this one ended."),
        ] = None,
    ) -> PageBody[PayoutBody]:
        """Managers only; the newest first, as Stripe has them at this moment."""
        after = read_cursor(cursor, _payout_id) if cursor is not None else None
        page = await usecase.payouts(caller, VenueId(venue_id), limit=limit, after=after)
        following = cursor_of(page.next_after.encode()) if page.next_after else None
        return PageBody(items=tuple(PayoutBody.of(each) for each in page.items), next_cursor=following)

    @get(
        "/return",
        summary="Come back from Stripe",
        media_type=MediaType.HTML,
        opt={"exclude_from_auth": True},
        security=[{}],
    )
    async def came_back(self, venue_id: FromPath[UUID]) -> Response[str]:
        """Where Stripe sends the owner who has left its pages; how the account stands is for signed-in managers."""
        text = f"Thank you. Stripe tells Fairseat how the account of venue {venue_id} stands; you may close this page."
        return Response(_BACK.format(text=text), headers=_PRIVATE)

    @get(
        "/refresh",
        summary="Come back from Stripe by a link that works no more",
        media_type=MediaType.HTML,
        opt={"exclude_from_auth": True},
        security=[{}],
    )
    async def expired(self, venue_id: FromPath[UUID]) -> Response[str]:
        """Where Stripe sends visitors of a link that was used or is over.

        A fresh link opens the owner's own data, so that it is given to signed-in managers only, by `connect`, and never
        to whoever has the address of this page.
        """
        text = f"This link has been used, or is over. Connect venue {venue_id} in Fairseat once more for a fresh one."
        return Response(_BACK.format(text=text), headers=_PRIVATE)


def _payout_id(mark: bytes) -> str:
    return mark.decode("ascii")
