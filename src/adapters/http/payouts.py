"""Payouts to people who resell, and the accounts that they are paid to."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Controller, MediaType, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from adapters.http.money import MoneyBody
from adapters.http.paging import PageBody, page_body
from adapters.http.stripe_connect import OnboardingBody, RequirementsBody
from core.payments.accounts import ConnectedAccount, Requirements
from core.payments.payout import Leg, Payout, PayoutStatus
from core.shared.callers import Caller
from core.shared.ids import PayoutId
from core.shared.money import Money
from ports.paging import PageRequest
from usecases.payments.connect_seller import ConnectSeller, ReadSellerAccount
from usecases.payments.read_payouts import ReadPayouts
from usecases.payments.settle_payout_by_hand import RetryPayout, SettlePayoutByHand

_NOTE_LENGTH_MAX = 500
_PRIVATE = {"Cache-Control": "no-store"}
_BACK = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Fairseat</title>
<p>{text}</p>
</html>
"""


class ResalePayoutBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a person gets for a pass that was sold again, with the organiser's royalty and the platform's fee.

    `owed` is a credit: there is no account yet that it can be sent to. `failure` is why the last try failed, `attempt`
    counts the tries, and `checkAt` is when it is looked at again by itself. `settledBy` gave it by hand, with `note`.
    """

    id: UUID
    order_id: UUID
    seller_account_id: UUID
    status: Literal["pending", "paid", "owed", "failed", "reversed"]
    seller: MoneyBody
    royalty: MoneyBody
    fee: MoneyBody
    reason: str
    failure: str | None
    attempt: int
    stripe_transfer_id: str | None
    settled_by: UUID | None
    note: str | None
    check_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, payout: Payout) -> "ResalePayoutBody":
        """Return the payout as the API shows it."""
        shares = payout.shares
        return cls(
            id=payout.id,
            order_id=payout.order_id,
            seller_account_id=payout.seller_account_id,
            status=payout.status.value,
            seller=MoneyBody.of(shares.of(Leg.SELLER)),
            royalty=MoneyBody.of(shares.of(Leg.ROYALTY)),
            fee=MoneyBody.of(Money(shares.fee_minor, shares.currency)),
            reason=payout.reason,
            failure=payout.failure,
            attempt=payout.attempt,
            stripe_transfer_id=payout.seller_transfer,
            settled_by=payout.settled_by,
            note=payout.note,
            check_at=payout.check_at,
            created_at=payout.created_at,
            updated_at=payout.updated_at,
        )


class PayoutAccountBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """`country` (ISO 3166-1 alpha-2) is where the seller is at home; it cannot be changed afterwards."""

    country: Annotated[str, Meta(pattern="^[A-Z]{2}$", examples=["DE"])]


class PayoutAccountStatusBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How a seller's account stands by Stripe's last news; `accountId` is null until Stripe has made one.

    `transfersEnabled` says that payouts are sent to it, `payoutsEnabled` that Stripe passes them on to the bank.
    """

    account_id: str | None
    country: str | None
    transfers_enabled: bool
    payouts_enabled: bool
    details_submitted: bool
    requirements: RequirementsBody
    refusal: str | None
    deauthorized_at: datetime | None
    updated_at: datetime | None

    @classmethod
    def of(cls, account: ConnectedAccount | None) -> "PayoutAccountStatusBody":
        """Return the account as the API shows it; None is a person who never asked for one."""
        due = account.requirements if account is not None else Requirements()
        return cls(
            account_id=account.account_id if account else None,
            country=account.country if account else None,
            transfers_enabled=account.receives is not None if account else False,
            payouts_enabled=account.payouts_enabled if account else False,
            details_submitted=account.details_submitted if account else False,
            requirements=RequirementsBody(
                currently_due=due.currently_due,
                past_due=due.past_due,
                eventually_due=due.eventually_due,
                deadline=due.deadline,
                disabled_reason=due.disabled_reason,
            ),
            refusal=account.refusal if account else None,
            deauthorized_at=account.deauthorized_at if account else None,
            updated_at=account.updated_at if account else None,
        )


class SettlementBody(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """How the seller got the money; it is kept with who said so."""

    note: Annotated[str, Meta(min_length=1, max_length=_NOTE_LENGTH_MAX)]


class PayoutController(Controller):
    """Money of what was sold again leaves escrow once the buyer has the new pass."""

    path = "/payouts"
    tags = ("Payouts",)

    @get(summary="List payouts")
    @inject
    async def list_payouts(
        self,
        page: NamedDependency[PageRequest],
        caller: NamedDependency[Caller],
        usecase: FromDishka[ReadPayouts],
        status: Annotated[
            Literal["pending", "paid", "owed", "failed", "reversed"] | None,
            QueryParameter(description="Only those of this status."),
        ] = None,
    ) -> PageBody[ResalePayoutBody]:
        """One's own; box office and managers see all of the organisation's. `owed` and `failed` are work."""
        return page_body(await usecase(caller, page, PayoutStatus(status) if status else None), ResalePayoutBody.of)

    @get("/{payout_id:uuid}", summary="Read a payout")
    @inject
    async def read(
        self, payout_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[ReadPayouts]
    ) -> ResalePayoutBody:
        """The seller, box office and managers."""
        return ResalePayoutBody.of(await usecase.one(caller, PayoutId(payout_id)))

    @post("/{payout_id:uuid}/settle", status_code=200, summary="Settle a payout by hand")
    @inject
    async def settle(
        self,
        payout_id: FromPath[UUID],
        data: JSONBody[SettlementBody],
        caller: NamedDependency[Caller],
        usecase: FromDishka[SettlePayoutByHand],
    ) -> ResalePayoutBody:
        """Managers only: the seller got what was owed in another way than through Stripe."""
        return ResalePayoutBody.of(await usecase(caller, PayoutId(payout_id), note=data.note))

    @post("/{payout_id:uuid}/retry", status_code=200, summary="Try a failed payout again")
    @inject
    async def retry(
        self, payout_id: FromPath[UUID], caller: NamedDependency[Caller], usecase: FromDishka[RetryPayout]
    ) -> ResalePayoutBody:
        """Managers only; answers how the payout stands after the new try."""
        return ResalePayoutBody.of(await usecase(caller, PayoutId(payout_id)))


class SellerController(Controller):
    """People who resell have an account at Stripe that they are paid to."""

    path = "/sellers/payout-account"
    tags = ("Payouts",)

    @post(status_code=200, summary="Ask for an account to be paid to")
    @inject
    async def connect(
        self, data: JSONBody[PayoutAccountBody], caller: NamedDependency[Caller], usecase: FromDishka[ConnectSeller]
    ) -> Response[OnboardingBody]:
        """For oneself. The account is made once, however often this is asked; the link is a fresh one each time."""
        way = await usecase(caller, country=data.country)
        body = OnboardingBody(account_id=way.account_id, onboarding_url=way.link.url, expires_at=way.link.expires_at)
        return Response(body, headers=_PRIVATE)

    @get(summary="Read how one's payout account stands")
    @inject
    async def status(
        self, caller: NamedDependency[Caller], usecase: FromDishka[ReadSellerAccount]
    ) -> PayoutAccountStatusBody:
        """One's own, as of Stripe's last news, which come by webhook; read anew while nothing can be sent there."""
        return PayoutAccountStatusBody.of(await usecase(caller))

    @get(
        "/return",
        summary="Come back from Stripe as a seller",
        media_type=MediaType.HTML,
        opt={"exclude_from_auth": True},
        security=[{}],
    )
    async def came_back(self) -> Response[str]:
        """Where Stripe sends the seller who has left its pages."""
        text = "Thank you. Stripe tells Fairseat how your account stands; you may close this page."
        return Response(_BACK.format(text=text), headers=_PRIVATE)

    @get(
        "/refresh",
        summary="Come back from Stripe as a seller by a link that works no more",
        media_type=MediaType.HTML,
        opt={"exclude_from_auth": True},
        security=[{}],
    )
    async def expired(self) -> Response[str]:
        """Where Stripe sends visitors of a link that was used or is over; only the signed-in seller gets a new one."""
        text = "This link has been used, or is over. Ask for your payout account in Fairseat once more for a fresh one."
        return Response(_BACK.format(text=text), headers=_PRIVATE)
