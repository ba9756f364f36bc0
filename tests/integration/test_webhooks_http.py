"""Both webhook endpoints, and what an organisation sees of its webhooks, over HTTP and on a real payment_db."""

import io
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from dishka import AsyncContainer
from rich.console import Console
from stripe import WebhookSignature

from adapters.postgres.migrator import Database
from adapters.stripe.verifier import AGE_MAX_S, AHEAD_MAX_S
from bootstrap.containers.payment import payment_service
from bootstrap.settings import Settings, SettingsError
from bootstrap.webhooks import list_webhooks, replay_webhook
from core.shared.callers import Caller, Role
from core.shared.ids import AccountId, TenantId
from ports.published.webhooks import STRIPE, STRIPE_CONNECT
from ports.webhooks import WebhookQueue
from tests.service_client import headers_of, served, settings_with
from usecases.webhooks.dispatch_event import NOBODY
from usecases.webhooks.process_webhooks import ProcessWebhooks
from usecases.webhooks.receive_webhook import WEBHOOK_BYTES_MAX

PLATFORM, CONNECT = "/api/v1/webhooks/stripe", "/api/v1/webhooks/stripe/connect"
SECRETS = {PLATFORM: ("whsec_platform", "whsec_platform_old"), CONNECT: ("whsec_connect", "whsec_connect_old")}
ENDPOINTS = pytest.mark.parametrize("path", [PLATFORM, CONNECT])
OURS, THEIRS = TenantId(UUID(int=0xA)), TenantId(UUID(int=0xB))
OWNER = Caller(AccountId(UUID(int=0x0123)), OURS, role=Role.OWNER)
MANAGER = replace(OWNER, role=Role.MANAGER)
STRANGER = Caller(AccountId(UUID(int=0x0124)), THEIRS, role=Role.OWNER)


@dataclass
class Site:
    client: httpx.AsyncClient
    container: AsyncContainer

    async def send(
        self, body: str, path: str = PLATFORM, *, secret: str | None = None, age_s: int = 0
    ) -> httpx.Response:
        header = WebhookSignature.generate_signature_header(
            body, secret or SECRETS[path][0], timestamp=int(time.time()) - age_s
        )
        return await self.client.post(path, content=body.encode(), headers={"stripe-signature": header})

    async def process(self) -> int:
        return await (await self.container.get(ProcessWebhooks))()

    async def stored(self) -> int:
        queue = await self.container.get(WebhookQueue)
        return len(await queue.list(status=None, webhooks_max=100))

    async def listed(self, caller: Caller = OWNER, **query: str | int) -> Any:
        answer = await self.client.get("/api/v1/webhooks", headers=headers_of(caller), params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def replay(self, webhook_id: str, caller: Caller = OWNER) -> httpx.Response:
        return await self.client.post(f"/api/v1/webhooks/{webhook_id}/replay", headers=headers_of(caller))


@pytest.fixture
def settings(payment_db: Database) -> Settings:
    return settings_with(
        PAYMENT_DATABASE_URL=payment_db.app_url,
        PAYMENT_DATABASE_RELAY_URL=payment_db.relay_url,
        STRIPE_WEBHOOK_SECRET=SECRETS[PLATFORM][0],
        STRIPE_WEBHOOK_SECRET_PREVIOUS=SECRETS[PLATFORM][1],
        STRIPE_CONNECT_WEBHOOK_SECRET=SECRETS[CONNECT][0],
        STRIPE_CONNECT_WEBHOOK_SECRET_PREVIOUS=SECRETS[CONNECT][1],
    )


@pytest.fixture
async def site(settings: Settings) -> AsyncIterator[Site]:
    async with served(payment_service(), settings) as (client, container):
        yield Site(client, container)


def an_event(
    event_id: str | None = None, *, kind: str = "customer.created", tenant: UUID | None = None, **more: object
) -> str:
    about = {"id": "cus_1", "object": "customer", "email": "ann@example.com", "metadata": {}}
    if tenant is not None:
        about["metadata"] = {"tenant_id": str(tenant)}
    event = {"id": event_id or f"evt_{uuid4().hex}", "object": "event", "type": kind, "created": int(time.time())}
    return json.dumps(event | {"data": {"object": about}} | more)


@ENDPOINTS
async def test_while_a_secret_is_rotated_the_former_one_fits_too(site: Site, path: str) -> None:
    for secret in SECRETS[path]:
        assert (await site.send(an_event(), path, secret=secret)).json() == {"received": True, "duplicate": False}
    assert (await site.send(an_event(), path, secret="whsec_older_still")).status_code == 400
    assert await site.stored() == 2


@ENDPOINTS
async def test_no_endpoint_takes_what_was_signed_for_the_other(site: Site, path: str) -> None:
    (other,) = SECRETS.keys() - {path}
    for secret in SECRETS[other]:
        answer = await site.send(an_event(), path, secret=secret)
        assert (answer.status_code, answer.json()["code"]) == (400, "webhooks.bad_signature")
    assert await site.stored() == 0


@ENDPOINTS
async def test_a_signature_is_neither_too_old_nor_from_the_future(site: Site, path: str) -> None:
    for age_s, status in (
        (AGE_MAX_S - 10, 200),
        (AGE_MAX_S + 10, 400),
        (-(AHEAD_MAX_S - 10), 200),
        (-(AHEAD_MAX_S + 10), 400),
    ):
        assert (await site.send(an_event(), path, age_s=age_s)).status_code == status, age_s


@ENDPOINTS
async def test_the_same_event_is_a_duplicate_at_its_endpoint_only(site: Site, path: str) -> None:
    body = an_event()
    (other,) = SECRETS.keys() - {path}
    assert (await site.send(body, path)).json() == {"received": True, "duplicate": False}
    assert (await site.send(body, path)).json() == {"received": True, "duplicate": True}
    assert (await site.send(body, other)).json() == {"received": True, "duplicate": False}


async def test_an_endpoint_without_a_secret_is_closed_and_the_other_open(payment_db: Database) -> None:
    settings = settings_with(
        PAYMENT_DATABASE_URL=payment_db.app_url,
        PAYMENT_DATABASE_RELAY_URL=payment_db.relay_url,
        STRIPE_WEBHOOK_SECRET=SECRETS[PLATFORM][0],
    )
    async with served(payment_service(), settings) as (client, container):
        site = Site(client, container)
        assert (await site.send(an_event(), PLATFORM)).status_code == 200
        answer = await site.send(an_event(), CONNECT)
        assert (answer.status_code, answer.json()["code"]) == (404, "webhooks.disabled")


@ENDPOINTS
async def test_a_megabyte_is_taken_and_a_byte_more_is_not(site: Site, path: str) -> None:
    body = an_event()
    filled = body + " " * (WEBHOOK_BYTES_MAX - len(body))
    assert (await site.send(filled, path)).status_code == 200
    answer = await site.send(f"{filled} ", path)
    assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")
    assert await site.stored() == 1


@ENDPOINTS
@pytest.mark.parametrize("announced", [True, False])
async def test_what_is_too_long_is_refused_without_being_read(site: Site, path: str, *, announced: bool) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 100_000
            yield b"x" * 100_000

    length = {"content-length": str(WEBHOOK_BYTES_MAX + 1)} if announced else {}
    headers = {"stripe-signature": "t=1,v1=a"} | length
    answer = await site.client.post(path, content=endless(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "request.too_large")
    assert sent == (0 if announced else WEBHOOK_BYTES_MAX + 100_000)


@ENDPOINTS
async def test_a_signed_body_that_is_no_event_is_refused(site: Site, path: str) -> None:
    no_event = ("", "[]", "{}", "null", '{"id": 1}', "x" * 100, "id=evt_1&type=a.b", an_event("evt_\0"))
    for body in (*no_event, an_event("e" * 256), an_event(kind=""), an_event(object="account")):
        answer = await site.send(body, path)
        assert (answer.status_code, answer.json()["code"]) == (400, "webhooks.malformed"), body[:40]
    assert await site.stored() == 0


async def test_an_event_is_stored_as_it_was_signed_whatever_its_texts_hold(site: Site, payment_db: Database) -> None:
    event = json.loads(an_event()) | {"note": "NUL \0, ü, \u2028, \\u0000"}
    body = json.dumps(event, indent=3).replace("\\u00fc", "ü")
    assert (await site.send(body)).status_code == 200
    connection = await asyncpg.connect(payment_db.relay_url)
    try:
        assert await connection.fetchval("select body from payment_webhooks") == body
    finally:
        await connection.close()


async def test_an_event_that_nobody_handles_is_completed_with_a_note(site: Site) -> None:
    await site.send(an_event(tenant=OURS))
    await site.send(an_event(kind="payment_intent.succeeded", account="acct_1"), CONNECT)
    assert await site.process() == 2
    (seen,) = (await site.listed())["items"]
    assert (seen["status"], seen["note"], seen["error"], seen["retryCount"]) == ("completed", NOBODY, None, 0)
    queue = await site.container.get(WebhookQueue)
    newest, oldest = await queue.list(status=None, webhooks_max=10)
    assert (newest.source, newest.account, newest.note) == (STRIPE_CONNECT, "acct_1", NOBODY)
    assert (oldest.source, oldest.account, oldest.tenant_id) == (STRIPE, None, OURS)


async def test_owners_and_managers_see_their_webhooks_without_the_body(site: Site) -> None:
    await site.send(an_event("evt_1", tenant=OURS))
    for caller in (OWNER, MANAGER):
        (seen,) = (await site.listed(caller))["items"]
        assert (seen["eventId"], seen["type"], seen["source"]) == ("evt_1", "customer.created", STRIPE)
        assert (seen["status"], seen["processedAt"]) == ("received", None)
        assert not {"body", "data", "account"} & seen.keys()
        assert "ann@example.com" not in json.dumps(seen)


async def test_nobody_else_sees_or_replays_webhooks(site: Site) -> None:
    await site.send(an_event(tenant=OURS))
    (seen,) = (await site.listed())["items"]
    fan = Caller(OWNER.account_id, OURS)
    for caller in (replace(OWNER, role=Role.BOX_OFFICE), replace(OWNER, role=Role.SCANNER), fan):
        listing = await site.client.get("/api/v1/webhooks", headers=headers_of(caller))
        for answer in (listing, await site.replay(seen["id"], caller)):
            assert (answer.status_code, answer.json()["code"]) == (403, "access.forbidden")
    assert (await site.client.get("/api/v1/webhooks")).status_code == 401


async def test_another_organisation_neither_sees_nor_replays_a_webhook(site: Site) -> None:
    await site.send(an_event(tenant=OURS))
    await site.send(an_event())
    await site.process()
    (seen,) = (await site.listed())["items"]
    assert (await site.listed(STRANGER))["items"] == []
    for unseen in (seen["id"], str(uuid4())):
        answer = await site.replay(unseen, STRANGER)
        assert (answer.status_code, answer.json()["code"]) == (404, "webhooks.not_found")
    assert (await site.listed(status="completed"))["items"] == [seen]


async def test_a_connected_account_cannot_name_the_organisation_that_an_event_is_of(site: Site) -> None:
    await site.send(an_event(tenant=OURS, account="acct_of_theirs"), CONNECT)
    assert (await site.listed())["items"] == []


async def test_a_replayed_webhook_is_processed_again_and_one_that_waits_is_not_replayed(site: Site) -> None:
    await site.send(an_event(tenant=OURS))
    (waiting,) = (await site.listed())["items"]
    busy = await site.replay(waiting["id"])
    assert (busy.status_code, busy.json()["code"]) == (409, "webhooks.busy")
    assert await site.process() == 1
    again = await site.replay(waiting["id"])
    assert again.status_code == 200
    assert again.json()["status"] == "received" and again.json()["note"] is None
    assert await site.process() == 1
    assert [seen["status"] for seen in (await site.listed())["items"]] == ["completed"]


async def test_webhooks_are_listed_by_status_and_in_pages_the_newest_first(site: Site) -> None:
    for number in range(3):
        await site.send(an_event(f"evt_{number}", tenant=OURS))
    first = await site.listed(limit=2)
    assert [seen["eventId"] for seen in first["items"]] == ["evt_2", "evt_1"]
    second = await site.listed(limit=2, cursor=first["nextCursor"])
    assert ([seen["eventId"] for seen in second["items"]], second["nextCursor"]) == (["evt_0"], None)
    assert (await site.listed(status="failed"))["items"] == []
    assert len((await site.listed(status="received"))["items"]) == 3
    wrong = await site.client.get("/api/v1/webhooks", headers=headers_of(OWNER), params={"status": "lost"})
    assert wrong.status_code == 400


async def test_health_counts_by_status_and_is_degraded_when_the_oldest_is_too_old(
    site: Site, payment_db: Database
) -> None:
    await site.send(an_event())
    fresh = (await site.client.get("/health/ready")).json()
    facts = fresh["dependencies"]["webhooks"]["facts"]
    counts = {name: facts[name] for name in ("unhandled", "received", "processing", "retrying", "failed")}
    assert counts == {"unhandled": 1, "received": 1, "processing": 0, "retrying": 0, "failed": 0}
    assert (fresh["status"], fresh["dependencies"]["webhooks"]["ok"]) == ("ok", True)
    connection = await asyncpg.connect(payment_db.admin_url)
    await connection.execute("update payment_webhooks set received_at = received_at - interval '20 minutes'")
    await connection.close()
    answer = await site.client.get("/health/ready")
    webhooks = answer.json()["dependencies"]["webhooks"]
    assert (answer.status_code, answer.json()["status"], webhooks["ok"]) == (200, "degraded", False)
    assert webhooks["facts"]["oldest_age_s"] >= 1200


async def test_the_command_line_lists_every_webhook_and_replays_any(site: Site, settings: Settings) -> None:
    for event_id in ("evt_known", "evt_nobodys"):
        await site.send(an_event(event_id, tenant=OURS if event_id == "evt_known" else None))
    await site.process()
    console = Console(record=True, width=240, file=io.StringIO())
    await list_webhooks(settings, "completed", console)
    printed = console.export_text()
    assert "evt_known" in printed and "evt_nobodys" in printed and NOBODY in printed
    assert "ann@example.com" not in printed
    newest, _ = await (await site.container.get(WebhookQueue)).list(status=None, webhooks_max=2)
    await replay_webhook(settings, newest.id, console)
    assert console.export_text().strip() == "evt_nobodys (customer.created) is due again"
    with pytest.raises(SettingsError, match="'lost' is no status of a webhook"):
        await list_webhooks(settings, "lost", console)
    with pytest.raises(SettingsError, match="There is no webhook"):
        await replay_webhook(settings, uuid4(), console)
