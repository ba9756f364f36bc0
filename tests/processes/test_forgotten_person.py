"""A person uses everything, takes a copy of their data, and is forgotten: nothing in any store names them any more."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pyotp
import pytest

from adapters.cli.demo_mail import mailed_token
from adapters.cli.demo_world import PASSWORD
from tests.named_anywhere import named_anywhere, named_in_files, the_money
from tests.running import OWNER, Buyer, RunningFairseat
from tests.venue_owner import VenueOwner, a_hall

AT_MOST_S = 30
HOME = {"line1": "Zitronengasse 77", "line2": "+49 361 7654321", "city": "Quittenfurt", "postalCode": "99987"}
MARKERS = ("zitronengasse", "7654321", "quittenfurt", "99987", "xanthippe", "quendolin", "schlehdorn")
"""All that was ever said of the person, in lower case: street, phone, town, code, names, and what evidence showed."""

PLANTED = {
    *("auth.accounts", "auth.outbox"),
    *("content_db.reviews", "content_db.reviewReactions"),
    *("user.user_profiles", "user.billing_addresses", "user.personal_data_requests", "user.outbox"),
    *("order.orders", "order.order_refunds", "order.outbox", "order.idempotency_keys"),
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

    def verifies_the_address(self) -> None:
        """Follow the link of the letter."""
        token = eventually(
            lambda: mailed_token(self.running.folder / "data" / "mail", self.email), lambda found: found is not None
        )
        self.buyer.http.post(f"{self.running.api}/auth/verify-email", json={"token": token}).raise_for_status()

    def enrols_an_app(self) -> pyotp.TOTP:
        """Add an authenticator app, and return it; its next code is that of half a minute later."""
        app = pyotp.TOTP(self.ask("POST", "/auth/totp", {"password": PASSWORD}, status=201)["secret"])
        self.ask("POST", "/auth/totp/confirm", {"code": app.now()})
        return app

    def buys(
        self, seats: int = 0, *, plan_id: str | None = None, places: str = "", by: Buyer | None = None
    ) -> tuple[str, list[Any]]:
        """Buy seats, or two places of a ticket, as one does who leaves name and address."""
        buyer = by or self.buyer
        if seats:
            held = {"kind": "seats", "reservationId": buyer.hold(seats, plan_id=plan_id)}
        else:
            held = {"kind": "general-admission", "reservationId": str(uuid4())}
            buyer.post(f"/tickets/{places}/reservations", {"reservationId": held["reservationId"], "quantity": 2})
        body = {"reservations": [held], "contact": {"email": self.email, "name": "Xanthippe Quendolin"}}
        sent = buyer.headers | {"Idempotency-Key": str(uuid4())}
        answer = buyer.http.post(f"{self.running.api}/orders", json=body, headers=sent)
        assert answer.status_code == 201, answer.text
        order_id = str(answer.json()["id"])
        buyer.pay(order_id)
        buyer.wait_for(order_id, "CONFIRMED")
        wanted = seats or 2
        return order_id, eventually(lambda: buyer.passes(order_id), lambda passes: len(passes) == wanted)


@dataclass(frozen=True)
class House:
    """A venue of an organisation, whose doors are open, with two seats; and standing places where there are some."""

    owner: VenueOwner
    tenant_id: str
    ticket_id: str
    plan_id: str
    standing_id: str = ""

    def scans(self, code: str) -> None:
        assert self.owner.ask("POST", "/scans", {"code": code, "gate": "North"})["admitted"]

    def answers(self, review_id: str, reply: str) -> None:
        for change in ({"status": "published"}, {"reply": reply}):
            path = f"/reviews/{review_id}"
            tag = {"If-Match": self.owner.http.get(path).headers["ETag"]}
            self.owner.http.patch(path, json=change, headers=tag).raise_for_status()

    def takes_back(self, order_id: str) -> None:
        """Pay an order back, and note what the person said about it."""
        path, said = f"/orders/{order_id}/refunds", "Xanthippe Quendolin is ill"
        self.owner.ask("POST", path, {"reason": "customer_request", "percentBasisPoints": 10_000, "note": said})
        eventually(lambda: self.owner.ask("GET", path)["items"], lambda found: found[0]["status"] == "succeeded")


def a_house(running: RunningFairseat, tenant_id: str, name: str) -> House:
    hall = a_hall(name, "America/New_York", city="Portland", country="US", subdivision="US-ME")
    owner = VenueOwner(running, tenant_id, hall)
    starts_at = datetime.now(UTC) + timedelta(hours=3)
    times = {"starts_at": starts_at.isoformat(), "ends_at": (starts_at + timedelta(hours=2)).isoformat()}
    price = {"amount": 10_000, "currency": "USD"}
    seat = {"title": "Seat", "ticketType": "SEATED_MANUAL", "price": price, "quota": 2, "maxPerUser": 2}
    ticket_id = owner.draft(seat, **times)
    plan_id = owner.seats(ticket_id, rows=1, columns=2)
    owner.connect()
    owner.publish(ticket_id)
    return House(owner, tenant_id, ticket_id, plan_id)


@pytest.fixture
def houses(running: RunningFairseat) -> Iterator[tuple[House, House]]:
    """One of the demo's organisation, and one of another."""
    with Buyer(running) as anybody:
        here = a_house(running, anybody.organisation_id, "Harbour house")
        price = {"amount": 1_500, "currency": "USD"}
        standing = here.owner.draft(
            {"title": "Standing", "ticketType": "GA", "price": price, "quota": 9, "maxPerUser": 4}
        )
        here.owner.publish(standing)
        token = anybody.http.post(f"{running.api}/auth/login", json={"email": OWNER, "password": PASSWORD}).json()
        founder = {"Authorization": f"Bearer {token['accessToken']}"}
        founded = anybody.http.post(f"{running.api}/organisations", json={"name": "Other house"}, headers=founder)
        there = a_house(running, founded.json()["id"], "Other house")
        with here.owner, there.owner:
            yield replace(here, standing_id=standing), there


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


def bought(buyer: Buyer, seats: int, *, plan_id: str | None = None) -> list[Any]:
    order_id = buyer.order(buyer.hold(seats, plan_id=plan_id))
    buyer.pay(order_id)
    buyer.wait_for(order_id, "CONFIRMED")
    return eventually(lambda: buyer.passes(order_id), lambda passes: len(passes) == seats)


def plants(running: RunningFairseat, person: Person, ben: Buyer, here: House, there: House) -> None:
    """Leave something of the person in both organisations, in every way that there is."""
    _, [seen, listed] = person.buys(2, plan_id=here.plan_id)
    here.scans(seen["code"])
    review = {"ticketId": here.ticket_id, "overall": 2, "title": "Xanthippe Quendolin was there", "language": "en"}
    venue = f"/venues/{here.owner.venue_id}"
    written = person.ask("POST", f"{venue}/reviews", review, status=201)
    here.answers(written["id"], "Dear Xanthippe Quendolin, thank you")
    report = {"reason": "Xanthippe Quendolin snored"}
    ben.http.post(f"{running.api}/reviews/{written['id']}/report", json=report, headers=ben.headers).raise_for_status()
    asked = {"passId": listed["id"], "price": {"amount": 9_000, "currency": "USD"}}
    person.ask("POST", "/listings", asked, status=201)
    order_id, _ = person.buys(places=here.standing_id)
    here.takes_back(order_id)
    with Buyer(running) as guest:
        person.buys(1, by=guest)
    mine, bens = person.buyer.headers.copy(), ben.headers.copy()
    person.buyer.headers["X-Tenant-ID"] = ben.headers["X-Tenant-ID"] = there.tenant_id
    person.buys(1, plan_id=there.plan_id)
    bought(ben, 1, plan_id=there.plan_id)
    person.ask("POST", f"/tickets/{there.ticket_id}/waiting-list", {"quantity": 1}, status=201)
    person.buyer.headers, ben.headers = mine, bens


def test_a_person_is_shown_all_that_is_kept_and_then_forgotten_everywhere(
    running: RunningFairseat, person: Person, houses: tuple[House, House]
) -> None:
    person.verifies_the_address()
    person.says_all()
    app = person.enrols_an_app()
    order_id, passes = person.buys(3)
    me = person.ask("GET", "/auth/me")
    with Buyer(running, f"ben.{uuid4().hex[:8]}@mail.example.com") as ben:
        plants(running, person, ben, *houses)
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
        assert services["auth"]["secondFactor"][0]["confirmed_at"]
        assert app.secret not in str(services)
        assert order_id in {each["id"] for each in services["order"]["orders"]}
        assert {each["organisation"] for each in services["order"]["orders"]} == {each.tenant_id for each in houses}
        assert len(services["order"]["ordersThatNameMe"]) == 1
        assert [each["title"] for each in services["content"]["reviews"]] == ["Xanthippe Quendolin was there"]
        assert services["ticket"]["places"]
        assert {each["id"] for each in services["admission"]["passes"]} >= {each["id"] for each in passes}
        assert services["payment"]["payments"]
        assert services["venue"]["transfersReceived"][0]["to_email_key"] == person.email
        planted = {each.partition(":")[0] for each in named_anywhere(running, person.email, *MARKERS)}
        assert planted >= PLANTED, "the search finds what is there"

        path, password = "/users/me", {"password": PASSWORD}
        refused = person.ask("DELETE", path, password, status=409)
        assert refused["code"] == "users.passes_to_come"
        body = password | {"giveUpPasses": True}
        refused = person.ask("DELETE", path, body | {"password": "not hers"}, status=403)
        assert refused["code"] == "identity.wrong_password"
        assert person.ask("DELETE", path, body, status=401)["code"] == "identity.totp_required"
        money = the_money(running)
        person.ask("DELETE", path, body | {"totpCode": app.at(datetime.now(UTC) + timedelta(seconds=30))}, status=202)
        told = eventually(
            lambda: person.ask("DELETE", path, body, status=202), lambda request: request["status"] == "done"
        )
        assert {part["service"] for part in told["parts"] if part["done"]} == set(services)
        assert [each for part in told["parts"] for each in part["kept"]]

        eventually(lambda: named_anywhere(running, person.email, *MARKERS), lambda found: not found)
        assert named_in_files(running, person.email, (person.email, *MARKERS)) == set()
        assert the_money(running) == money
        given_up = person.ask("GET", f"/passes/{passes[1]['id']}")
        assert (given_up["status"], given_up["voidReason"], given_up["code"]) == ("VOID", "given_up", None)
        # Others keep what is theirs, and her address is free.
        assert ben.get(f"/passes/{bens[1]['id']}")["status"] == "VALID"
        assert person.ask("GET", "/users/me/profile", status=410)["code"] == "users.erased"
        login = {"email": person.email, "password": PASSWORD}
        assert ben.http.post(f"{running.api}/auth/login", json=login).status_code == 401
        again = ben.http.post(f"{running.api}/auth/register", json=login | {"displayName": "Somebody new"})
        assert again.status_code == 201
        assert again.json()["id"] != me["id"]
