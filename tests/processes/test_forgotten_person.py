"""A person uses everything, takes a copy of their data, and is forgotten: nothing in any store names them any more."""

import asyncio
import shlex
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import redis.asyncio

from adapters.cli.demo_world import PASSWORD
from adapters.mongo.client import create_client
from bootstrap.settings import DATABASES
from tests.running import Buyer, RunningFairseat

AT_MOST_S = 60
HOME = {"line1": "Zitronengasse 77", "line2": "+49 361 7654321", "city": "Quittenfurt", "postalCode": "99987"}
MARKERS = ("zitronengasse", "7654321", "quittenfurt", "99987", "xanthippe", "quendolin", "schlehdorn")
"""All that was ever said of the person, in lower case: street, phone, town, code, names, and what evidence showed."""

PLANTED = {
    *("auth.accounts", "auth.outbox"),
    *("user.user_profiles", "user.billing_addresses", "user.personal_data_requests", "user.outbox"),
    *("order.orders", "order.outbox", "order.idempotency_keys"),
    *("admission.passes", "admission.outbox"),
    *("venue.pass_transfers", "venue.seller_verifications", "venue.outbox"),
}
"""Where something of the person stands before she goes; there may be more."""


@dataclass
class Person:
    """Xanthippe, who has an account, and tells many things about herself."""

    running: RunningFairseat
    buyer: Buyer
    email: str

    def ask(
        self, method: str, path: str, body: object = None, *, status: int = 200, sent: dict[str, str] | None = None
    ) -> Any:
        answer = self.buyer.http.request(
            method, self.running.api + path, json=body, headers=self.buyer.headers | (sent or {})
        )
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def says_all(self) -> None:
        """Tell everything that a person can tell."""
        profile = {"displayName": "Xanthippe Quendolin", "locale": "de-DE", "timeZone": "Europe/Berlin"}
        tag = self.buyer.http.get(f"{self.running.api}/users/me/profile", headers=self.buyer.headers).headers["ETag"]
        self.ask("PATCH", "/users/me/profile", profile, sent={"If-Match": tag})
        self.ask("PUT", "/users/me/billing-address", HOME | {"country": "DE"})
        self.ask("GET", "/users/me/preferences")

    def buys(self, seats: int) -> tuple[str, list[Any]]:
        """Buy as one does who leaves name and address."""
        reservation_id = self.buyer.hold(seats)
        body = {
            "reservations": [{"kind": "seats", "reservationId": reservation_id}],
            "contact": {"email": self.email, "name": "Xanthippe Quendolin"},
        }
        order_id = self.ask("POST", "/orders", body, status=201, sent={"Idempotency-Key": str(uuid4())})["id"]
        self.buyer.pay(order_id)
        self.buyer.wait_for(order_id, "CONFIRMED")
        until = time.monotonic() + AT_MOST_S
        while len(passes := self.buyer.passes(order_id)) < seats:
            assert time.monotonic() < until
            time.sleep(0.05)
        return order_id, passes


def eventually[T](look: Callable[[], T], wanted: Callable[[T], bool]) -> T:
    until = time.monotonic() + AT_MOST_S
    while not wanted(found := look()):
        assert time.monotonic() < until, found
        time.sleep(0.2)
    return found


@pytest.fixture
def person(running: RunningFairseat) -> Iterator[Person]:
    email = f"xanthippe.{uuid4().hex[:8]}@mail.example.com"
    with Buyer(running, email) as buyer:
        yield Person(running, buyer, email)


def bought(buyer: Buyer, seats: int) -> list[Any]:
    order_id = buyer.order(buyer.hold(seats))
    buyer.pay(order_id)
    buyer.wait_for(order_id, "CONFIRMED")
    return eventually(lambda: buyer.passes(order_id), lambda passes: len(passes) == seats)


def settings_of(running: RunningFairseat) -> dict[str, str]:
    lines = shlex.split((running.folder / "data" / "settings.env").read_text())
    return dict(line.split("=", 1) for line in lines)


async def named_in_postgres(url: str, service: str, words: tuple[str, ...]) -> set[str]:
    """Return the tables, of all that the catalogue knows, with a row that holds one of the words in any column."""
    found = set[str]()
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch(
            "select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace "
            "where c.relkind in ('r', 'p', 'm') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')"
        )
        assert len(tables) > 5
        for table in tables:
            for word in words:
                # A bytea reads as hexadecimal digits, and answers to idempotent requests are kept as such.
                rows = await connection.fetch(
                    f"select t::text as row from {table['name']} t "
                    "where position($1 in lower(t::text)) > 0 or position($2 in lower(t::text)) > 0",
                    word,
                    word.encode().hex(),
                )
                found.update(f"{service}.{table['name']}: {word} in {row['row'][:300]}" for row in rows)
    finally:
        await connection.close()
    return found


async def named_in_mongodb(url: str, words: tuple[str, ...]) -> set[str]:
    found = set[str]()
    async with create_client(url, connections_max=2) as client:
        for database in await client.list_database_names():
            for collection in await client[database].list_collection_names():
                async for document in client[database][collection].find({}):
                    text = repr(document).lower()
                    found.update(f"{database}.{collection}: {word}" for word in words if word in text)
    return found


async def named_in_redis(url: str, words: tuple[str, ...]) -> set[str]:
    found = set[str]()
    client = redis.asyncio.Redis.from_url(url)
    try:
        async for key in client.scan_iter():
            value = await client.dump(key) or b""
            found.update(f"{key!r}: {word}" for word in words if word.encode() in key.lower() + value.lower())
    finally:
        await client.aclose()
    return found


def named_anywhere(running: RunningFairseat, *words: str) -> set[str]:
    settings = settings_of(running)

    async def look() -> set[str]:
        found = set[str]()
        for service in DATABASES:
            url = settings[f"FAIRSEAT_{service.upper()}_DATABASE_ADMIN_URL"]
            found |= await named_in_postgres(url, service, words)
        found |= await named_in_mongodb(settings["FAIRSEAT_TICKET_DATABASE_URL"], words)
        return found | await named_in_redis(settings["FAIRSEAT_REDIS_URL"], words)

    return asyncio.run(look())


def the_money(running: RunningFairseat) -> tuple[object, ...]:
    settings = settings_of(running)

    async def add_up() -> tuple[object, ...]:
        payment = await asyncpg.connect(settings["FAIRSEAT_PAYMENT_DATABASE_ADMIN_URL"])
        order = await asyncpg.connect(settings["FAIRSEAT_ORDER_DATABASE_ADMIN_URL"])
        try:
            return (
                await payment.fetchval("select jsonb_agg(to_jsonb(t) order by t::text) from ledger_entries t"),
                await payment.fetchval("select jsonb_agg(to_jsonb(t) order by t::text) from payments t"),
                await payment.fetchval("select jsonb_agg(to_jsonb(t) order by t::text) from refunds t"),
                await order.fetchval("select sum(total_minor) from orders"),
                await order.fetchval("select jsonb_agg(to_jsonb(t) order by t::text) from order_items t"),
            )
        finally:
            await payment.close()
            await order.close()

    return asyncio.run(add_up())


def test_a_person_is_shown_all_that_is_kept_and_then_forgotten_everywhere(
    running: RunningFairseat, person: Person
) -> None:
    person.says_all()
    order_id, passes = person.buys(3)
    me = person.ask("GET", "/auth/me")
    with Buyer(running, f"ben.{uuid4().hex[:8]}@mail.example.com") as ben:
        # Somebody else names her in what is theirs: a pass that he offers to her address, accepted and not.
        bens = bought(ben, 2)
        first = ben.post(f"/passes/{bens[0]['id']}/transfers", {"toEmail": person.email})
        person.ask("POST", f"/transfers/{first['id']}/accept", {"holderName": "Xanthippe Quendolin"})
        ben.post(f"/passes/{bens[1]['id']}/transfers", {"toEmail": person.email.upper()})
        # And she offers one herself.
        person.ask("POST", f"/passes/{passes[0]['id']}/transfers", {"toEmail": "cleo@mail.example.com"}, status=201)
        shown: dict[str, object] = {
            "name": "Quendolin Schlehdorn",
            "address": "Zitronengasse 77",
            "country": "DE",
            "email": person.email,
        }
        shown |= {"phone": "+49 361 7654321", "certifiesLawfulOffers": True}
        person.ask("POST", "/seller-verifications", {"kind": "trader_traceability", "evidence": shown}, status=201)

        exported = eventually(
            lambda: person.buyer.http.get(f"{running.api}/users/me/export", headers=person.buyer.headers),
            lambda answer: answer.status_code == 200,
        ).json()
        services = exported["services"]
        assert services["user"]["billingAddress"][0]["line1"] == HOME["line1"]
        assert services["auth"]["account"][0]["email"] == person.email
        assert "password_hash" not in services["auth"]["account"][0]
        assert services["order"]["orders"][0]["id"] == order_id
        assert {each["id"] for each in services["admission"]["passes"]} >= {each["id"] for each in passes}
        assert services["payment"]["payments"]
        assert services["venue"]["transfersReceived"][0]["to_email_key"] == person.email
        planted = {each.partition(":")[0] for each in named_anywhere(running, person.email, *MARKERS)}
        assert planted >= PLANTED, "the search finds what is there"

        path, password = "/users/me", {"password": PASSWORD}
        refused = person.ask("DELETE", path, {"password": "not hers"}, status=401)
        assert refused["code"] == "identity.wrong_password"
        refused = person.ask("DELETE", path, password, status=409)
        assert refused["code"] == "users.passes_to_come"
        money = the_money(running)
        body = password | {"giveUpPasses": True}
        person.ask("DELETE", path, body, status=202)
        told = eventually(
            lambda: person.ask("DELETE", path, body, status=202), lambda request: request["status"] == "done"
        )
        assert {part["service"] for part in told["parts"] if part["done"]} == set(services)
        assert [each for part in told["parts"] for each in part["kept"]]

        eventually(lambda: named_anywhere(running, person.email, *MARKERS), lambda found: not found)
        assert the_money(running) == money
        # Others keep what is theirs, and her address is free.
        assert ben.get(f"/passes/{bens[1]['id']}")["status"] == "VALID"
        assert person.ask("GET", "/users/me/profile", status=410)["code"] == "users.erased"
        login = {"email": person.email, "password": PASSWORD}
        assert ben.http.post(f"{running.api}/auth/login", json=login).status_code == 401
        again = ben.http.post(f"{running.api}/auth/register", json=login | {"displayName": "Somebody new"})
        assert again.status_code == 201
        assert again.json()["id"] != me["id"]
