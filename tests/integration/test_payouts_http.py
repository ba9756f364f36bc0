"""Payouts over HTTP: the payment service on a real payment_db, and the stand-in for Stripe behind the SDK."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import httpx
import pytest

from adapters.postgres.migrator import Database
from core.shared.callers import Caller, Role
from core.shared.ids import AccountId, TenantId
from ports.published.payments import PaymentsApi, PayoutAnswer
from ports.published.refusals import RefusedError
from tests.payment_service import RunningPayments, running_payments
from tests.servers import connected
from tests.service_client import headers_of
from usecases.payments.reconcile_day import ReconcileDay
from usecases.payments.settle_payouts import SettlePayouts


@pytest.fixture
async def service(payment_db: Database, valkey_url: str) -> AsyncIterator[RunningPayments]:
    async with running_payments(payment_db, redis_url=valkey_url, STRIPE_CONNECT="required") as running:
        yield running


@pytest.fixture
async def unconnected(payment_db: Database, valkey_url: str) -> AsyncIterator[RunningPayments]:
    async with running_payments(payment_db, redis_url=valkey_url, STRIPE_CONNECT="off") as running:
        yield running


class Resale:
    """A seller and a manager, and an order in escrow."""

    def __init__(self, service: RunningPayments) -> None:
        self.service = service
        tenant_id = TenantId(service.tenant_id)
        self.seller = Caller(AccountId(uuid4()), tenant_id)
        self.manager = Caller(AccountId(uuid4()), tenant_id, Role.MANAGER)
        self.order_id = uuid4()
        self.payout_id = uuid4()

    async def sold(self) -> None:
        _, started = await self.service.start(order_id=self.order_id, escrow=True)
        assert (await self.service.confirm(started)).status_code == 200
        await self.service.process()

    async def pay_out(
        self, *, seller_minor: int = 7000, royalty_minor: int = 0, payout_id: UUID | None = None
    ) -> PayoutAnswer:
        api: PaymentsApi = await self.service.container.get(PaymentsApi)
        return await api.pay_out(
            tenant_id=self.service.tenant_id,
            order_id=self.order_id,
            payout_id=payout_id or self.payout_id,
            seller_account_id=self.seller.account_id,
            seller_minor=seller_minor,
            royalty_minor=royalty_minor,
            fee_minor=500 - royalty_minor,
            venue_ids=(self.service.venue_id,),
            reason="sold again",
        )

    async def get(self, path: str, *, by: Caller | None = None) -> httpx.Response:
        return await self.service.client.get(f"/api/v1{path}", headers=headers_of(by or self.seller))

    async def post(self, path: str, body: dict[str, str], *, by: Caller | None = None) -> httpx.Response:
        return await self.service.client.post(f"/api/v1{path}", json=body, headers=headers_of(by or self.seller))

    async def onboarded(self) -> str:
        answer = await self.post("/sellers/payout-account", {"country": "DE"})
        assert answer.status_code == 200, answer.text
        account_id = str(answer.json()["accountId"])
        self.service.fake.state.accounts.onboard(account_id)
        await self.service.process()
        return account_id

    async def sweep(self) -> int:
        return await (await self.service.container.get(SettlePayouts))()

    async def differences(self) -> int:
        newest = max(one["created"] for one in self.service.fake.state.ledger.all("balance_transactions"))
        day: date = datetime.fromtimestamp(newest, UTC).date()
        return len((await (await self.service.container.get(ReconcileDay))(day)).differences)


async def balances(database: Database) -> dict[str, int]:
    async with connected(database.admin_url) as connection:
        rows = await connection.fetch("select account, sum(amount_minor)::int from ledger_entries group by account")
    return {str(account): amount for account, amount in rows if amount}


async def test_a_seller_is_owed_then_onboards_and_is_paid(service: RunningPayments, payment_db: Database) -> None:
    resale = Resale(service)
    await resale.sold()
    assert (await resale.pay_out()).status == "owed"
    listed = (await resale.get("/payouts?status=owed")).json()["items"]
    assert [one["id"] for one in listed] == [str(resale.payout_id)]
    await resale.onboarded()
    status = (await resale.get("/sellers/payout-account")).json()
    assert (status["transfersEnabled"], status["country"]) == (True, "DE")
    assert await resale.sweep() == 1
    shown = (await resale.get(f"/payouts/{resale.payout_id}")).json()
    assert (shown["status"], shown["seller"]["amount"]) == ("paid", 7000)
    await service.process()
    had = await balances(payment_db)
    assert (had["seller"], had.get("seller_credit"), had.get("escrow")) == (7000, None, None)
    assert await resale.differences() == 0


async def test_an_account_is_made_once_and_its_link_is_fresh(service: RunningPayments) -> None:
    resale = Resale(service)
    answers = await asyncio.gather(*(resale.post("/sellers/payout-account", {"country": "DE"}) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["accountId"] for answer in answers}) == 1
    assert len({answer.json()["onboardingUrl"] for answer in answers}) == 4
    other = await resale.post("/sellers/payout-account", {"country": "FR"})
    assert (other.status_code, other.json()["code"]) == (409, "payments.account_country_fixed")
    assert (await resale.post("/sellers/payout-account", {"country": "XX"})).status_code == 400
    assert (await resale.get("/sellers/payout-account", by=resale.manager)).json()["accountId"] is None
    for page in ("return", "refresh"):
        assert (await service.client.get(f"/api/v1/sellers/payout-account/{page}")).status_code == 200


async def test_two_payouts_at_once_never_take_more_than_there_is(
    service: RunningPayments, payment_db: Database
) -> None:
    resale = Resale(service)
    await resale.onboarded()
    await resale.sold()
    asked = [resale.pay_out(payout_id=uuid4()) for _ in range(4)] + [resale.pay_out() for _ in range(4)]
    results = await asyncio.gather(*asked, return_exceptions=True)
    answers = [one for one in results if isinstance(one, PayoutAnswer)]
    refusals = [one for one in results if isinstance(one, RefusedError)]
    assert len(answers) + len(refusals) == 8
    assert len({one.payout_id for one in answers}) == 1
    assert {one.refusal_code for one in refusals} == {"payments.payout_too_large"}
    await service.process()
    assert (await balances(payment_db))["seller"] == 7000
    assert len(list(service.fake.state.ledger.all("transfers"))) == 1
    assert await resale.differences() == 0


async def test_a_refused_transfer_is_shown_and_tried_again(service: RunningPayments) -> None:
    resale = Resale(service)
    await resale.onboarded()
    await resale.sold()
    service.fake.state.transfers.refuse("not now", times=1)
    assert (await resale.pay_out()).status == "failed"
    shown = (await resale.get("/payouts?status=failed", by=resale.manager)).json()["items"][0]
    assert "not now" in shown["failure"]
    assert (await resale.post(f"/payouts/{resale.payout_id}/retry", {})).status_code == 403
    again = await resale.post(f"/payouts/{resale.payout_id}/retry", {}, by=resale.manager)
    assert (again.status_code, again.json()["status"]) == (200, "paid")


async def test_an_answer_that_got_lost_pays_nothing_twice(service: RunningPayments) -> None:
    resale = Resale(service)
    await resale.onboarded()
    await resale.sold()
    faults = service.fake.state.faults
    faults.calls, faults.after, faults.path_prefix = 10, True, "transfers"
    assert (await resale.pay_out()).status == "pending"
    faults.calls = 0
    assert (await resale.pay_out()).status == "paid"
    assert len(list(service.fake.state.ledger.all("transfers"))) == 1


@pytest.mark.parametrize("amount_minor", [None, 2500])
@pytest.mark.parametrize("first", [True, False])
async def test_a_seller_is_paid_though_the_money_goes_back(
    service: RunningPayments, payment_db: Database, *, first: bool, amount_minor: int | None
) -> None:
    resale, another = Resale(service), Resale(service)
    await resale.onboarded()
    await another.sold()  # its money is on the platform's balance as well
    await resale.sold()
    if not first:
        assert (await resale.pay_out()).status == "paid"
    api: PaymentsApi = await service.container.get(PaymentsApi)
    await api.refund(
        tenant_id=service.tenant_id,
        order_id=resale.order_id,
        refund_id=uuid4(),
        amount_minor=amount_minor,
        reason="no show",
    )
    await service.process()
    if first:
        assert (await resale.pay_out()).status == "paid"
    assert await resale.sweep() == 0
    assert (await resale.get(f"/payouts/{resale.payout_id}")).json()["status"] == "paid"
    had = await balances(payment_db)
    assert (had["platform_loss"], had["seller"], had["escrow"]) == (-(amount_minor or 7500), 7000, 7500)
    assert await resale.differences() == 0


async def test_what_the_balance_lacks_is_sent_when_it_has_it(service: RunningPayments) -> None:
    resale, another = Resale(service), Resale(service)
    await resale.onboarded()
    await resale.sold()
    api: PaymentsApi = await service.container.get(PaymentsApi)
    await api.refund(
        tenant_id=service.tenant_id, order_id=resale.order_id, refund_id=uuid4(), amount_minor=None, reason="no show"
    )
    answer = await resale.pay_out()
    assert (answer.status, "insufficient" in (answer.failure or "")) == ("failed", True)
    await another.sold()
    assert (await resale.pay_out()).status == "paid"
    assert await resale.differences() == 0


async def test_without_connect_staff_settle_by_hand(unconnected: RunningPayments, payment_db: Database) -> None:
    resale = Resale(unconnected)
    await resale.sold()
    assert (await resale.pay_out(royalty_minor=300)).status == "owed"
    assert (await balances(payment_db))["seller_credit"] == 7000
    off = await resale.post("/sellers/payout-account", {"country": "DE"})
    assert (off.status_code, off.json()["code"]) == (409, "payments.payout_accounts_off")
    path = f"/payouts/{resale.payout_id}/settle"
    assert (await resale.post(path, {"note": "cash"})).status_code == 403
    assert (await resale.post(path, {"note": ""}, by=resale.manager)).status_code == 400
    settled = await resale.post(path, {"note": "cash"}, by=resale.manager)
    assert settled.json()["status"] == "paid"
    assert settled.json()["settledBy"] == str(resale.manager.account_id)
    assert (await resale.post(path, {"note": "cash"}, by=resale.manager)).status_code == 409
    stranger = Caller(AccountId(uuid4()), TenantId(unconnected.tenant_id))
    assert (await resale.get(f"/payouts/{resale.payout_id}", by=stranger)).status_code == 404
    assert (await resale.get("/payouts", by=stranger)).json()["items"] == []
