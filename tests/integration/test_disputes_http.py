"""Disputes as a manager sees them over HTTP, with the stand-in for Stripe, a real payment_db, and orders beside it."""

from uuid import UUID, uuid4

import httpx
import pytest

from adapters.inprocess.orders import InProcessOrders
from adapters.inprocess.verdicts import InProcessVerdicts
from adapters.memory.resale import MemoryResaleTransactions
from adapters.postgres.migrator import Database
from core.shared.ids import PassId
from ports.published.admission import AdmissionApi
from ports.published.orders import OrdersApi
from ports.published.resale_verdicts import VerdictsApi
from tests.admission_builders import KICK_OFF, Gatehouse, Sale
from tests.orders_world import TENANT, World
from tests.payment_service import running_payments
from tests.resale_builders import kept_verdict
from usecases.resale.verdicts_of_passes import VerdictsOfPasses


@pytest.fixture
def world() -> World:
    return World()


async def test_a_manager_reads_disputes_and_all_that_is_known_of_the_sale(
    payment_db: Database, valkey_url: str, world: World
) -> None:
    order = await world.paid()
    gate, sale = Gatehouse(), Sale(tenant_id=TENANT, order_id=order.id)
    await gate.issue(sale.completed, sale.delivery())
    [shown, _] = await gate.of_order(sale.buyer, sale.order_id)
    scanner, gate.clock.moment = sale.staff(), KICK_OFF
    await gate.scan(scanner, shown.code or "", gate="North 3")
    resale = MemoryResaleTransactions(gate.messages)
    asked = kept_verdict(shown.admission.id, tenant_id=TENANT)
    async with resale.begin(TENANT) as tx:
        await tx.verdicts.add(asked)
        await tx.verdicts.add(kept_verdict(PassId(uuid4()), tenant_id=TENANT))  # about nothing of this order
    apis: dict[type, object] = {
        OrdersApi: InProcessOrders(world.memory),
        AdmissionApi: gate.api,
        VerdictsApi: InProcessVerdicts(VerdictsOfPasses(resale)),
    }
    async with running_payments(payment_db, redis_url=valkey_url, apis=apis) as service:
        service.tenant_id = TENANT
        _, started = await service.start(order_id=order.id, amount_minor=5_000)
        await service.confirm(started, "pm_card_createDispute")
        await service.process()

        async def read(path: str, *, role: str = "manager", tenant: UUID = TENANT) -> httpx.Response:
            headers = {"authorization": f"Bearer {uuid4()}.{tenant}.{role}"}
            return await service.client.get(f"/api/v1/disputes{path}", headers=headers)

        [dispute] = (await read("?status=open")).json()["items"]
        assert (dispute["status"], dispute["stripeStatus"], dispute["reason"]) == (
            "open",
            "needs_response",
            "fraudulent",
        )
        assert (dispute["orderId"], dispute["paymentId"]) == (str(order.id), str(started.payment_id))
        assert dispute["amount"]["amount"] == 5_000 and dispute["evidenceDueBy"] is not None
        assert (await read("?status=won")).json()["items"] == []
        assert (await read(f"/{dispute['id']}")).json() == dispute

        evidence = (await read(f"/{dispute['id']}/evidence")).json()
        assert evidence["dispute"] == dispute
        assert evidence["payment"]["status"] == "SUCCEEDED"
        assert [each["kind"] for each in evidence["paymentRecords"]][-2:] == ["dispute_opened", "dispute_withdrawn"]
        assert len(evidence["order"]["items"]) == 2 and evidence["order"]["total"]["amount"] == 5_000
        assert evidence["order"]["history"][0]["step"] == "placed"
        assert [each["status"] for each in evidence["passes"]] == ["VALID", "VALID"]
        assert evidence["refunds"] == []
        [verdict] = evidence["verdicts"]
        assert (verdict["id"], verdict["passId"], verdict["allowed"]) == (str(asked.id), str(shown.admission.id), False)
        assert (verdict["price"]["amount"], verdict["maxPrice"]["amount"]) == (12_000, 11_000)
        assert verdict["reasons"] == ["resale.price_too_high"]
        [scan] = evidence["scans"]
        assert (scan["gate"], scan["admitted"], scan["reason"]) == ("North 3", True, None)
        assert (scan["scannedBy"], scan["passId"]) == (str(scanner.account_id), evidence["passes"][0]["id"])

        answer = await service.client.post(
            f"/api/v1/disputes/{dispute['id']}/evidence",
            json={"text": "winning_evidence", "submit": True},
            headers={"authorization": f"Bearer {uuid4()}.{TENANT}.owner"},
        )
        assert (answer.status_code, answer.json()["status"]) == (200, "won")

        for refused in ("", f"/{dispute['id']}", f"/{dispute['id']}/evidence"):
            assert (await read(refused, role="box_office")).status_code == 403
        for absent in (f"/{dispute['id']}", f"/{dispute['id']}/evidence"):
            answer = await read(absent, tenant=uuid4())
            assert (answer.status_code, answer.json()["code"]) == (404, "payments.dispute_not_found")
        assert (await read("", tenant=uuid4())).json()["items"] == []
