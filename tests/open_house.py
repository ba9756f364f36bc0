"""Every service in this process on real servers, with one of everything in it: for whoever tries all doors."""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from adapters.cli.demo_mail import verify_by_letter
from adapters.cli.demo_world import ORGANISATION, PASSWORD
from adapters.embedded.stripe_fake.server import StripeFake
from bootstrap.listening import listen
from bootstrap.runtime import serving, working
from bootstrap.settings import read_settings
from bootstrap.topology import build_platform
from core.shared.callers import ApiScope
from tests.content_builders import a_png
from tests.demo_books import fresh_databases
from tests.open_house_acts import Visitors
from tests.open_house_newcomer import METRICS_TOKEN, Newcomer, answers_to_machines
from tests.processes.test_serve_and_worker import SECRET_KEY, WEBHOOK_SECRET
from tests.running import OWNER, Buyer, Place
from tests.servers import PostgresServer
from tests.venue_owner import VenueOwner, a_hall

ANN, BEN = "ann@fans.example.com", "ben@fans.example.com"
_CONNECT_SECRET = "whsec_of_accounts"
_HALL = a_hall("Open house", "Europe/Berlin", city="Erfurt", country="DE", subdivision="DE-TH")
_PRICE = {"amount": 2500, "currency": "EUR"}
_HOOKS = {"stripe": WEBHOOK_SECRET, "stripe/connect": _CONNECT_SECRET}
_PATIENCE_S = 30.0
_AWAITED = frozenset({"refund_id", "payout_id", "webhook_id", "pass_id", "transfer_id", "listing_id"})
"""What comes of events, a moment later."""

_LISTS = {
    "venue_id": "/venues",
    "ticket_id": "/tickets",
    "plan_id": "/seating-plans",
    "section_id": "/venues/{venue_id}/sections",
    "allotment_id": "/seating-plans/{plan_id}/allotments",
    "page_id": "/venues/{venue_id}/content",
    "media_id": "/venues/{venue_id}/media",
    "review_id": "/venues/{venue_id}/reviews",
    "order_id": "/orders",
    "refund_id": "/payments/refunds",
    "payout_id": "/payouts",
    "dispute_id": "/disputes",
    "listing_id": "/listings",
    "voucher_id": "/vouchers",
    "verification_id": "/seller-verifications",
    "block_id": "/resale/blocks",
    "evaluation_id": "/resale/evaluations",
    "webhook_id": "/webhooks",
    "operation_id": "/venues/{venue_id}/operations",
    "key_id": "/organisations/{organisation_id}/api-keys",
    "offer_id": "/waiting-list/offers",
    "pass_id": "/passes",
    "transfer_id": "/transfers",
    "session_id": "/auth/sessions",
}
"""Where things are listed whose ids the paths ask for; each list is read as everybody."""


@dataclass(slots=True)
class House:
    """Where it stands, who may ask there, and what is in it: ids by the names that paths have for them."""

    base_url: str
    tenant_id: str
    callers: dict[str, dict[str, str]]
    """Headers by who it is: `owner`, `ann` and `ben`, who are fans, a `key` for everything, and `nobody`."""

    ids: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict[str, list[str]](list))
    answers: list[httpx.Response] = field(default_factory=list[httpx.Response])
    """To all that was done here while it was furnished."""

    words: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])
    """What members of bodies and queries may be that mean something here, by their names."""


@asynccontextmanager
async def open_house(postgres: PostgresServer, valkey_url: str, mongodb_url: str, folder: Path) -> AsyncIterator[House]:
    """Serve the whole API on a port of this machine while the block lasts; whoever asks does so from a thread."""
    databases = await fresh_databases(postgres)
    listening = listen("127.0.0.1", 0)
    base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    webhooks = f"{base_url}/api/v1/webhooks/stripe"
    async with StripeFake(
        secret_key=SECRET_KEY,
        webhook_secret=WEBHOOK_SECRET,
        webhook_url=webhooks,
        connect_webhook_secret=_CONNECT_SECRET,
        connect_webhook_url=f"{webhooks}/connect",
    ) as stripe:
        mail, media = folder / "mail", folder / "media"
        environment = databases.environment(postgres, valkey_url, mongodb_url, stripe.url, mail_folder=mail) | {
            "FAIRSEAT_HTTP_PUBLIC_URL": base_url,
            "FAIRSEAT_STRIPE_CONNECT_WEBHOOK_SECRET": _CONNECT_SECRET,
            "FAIRSEAT_MEDIA_FOLDER": str(media),
            "FAIRSEAT_METRICS_ENABLED": "true",
            "FAIRSEAT_METRICS_TOKEN": METRICS_TOKEN,
            "FAIRSEAT_SEATING_HOLD_BUDGET_PER_ACCOUNT": "100000",
            "FAIRSEAT_SEATING_HOLD_BUDGET_PER_ADDRESS": "100000",
            "FAIRSEAT_TRANSFERS_PER_DAY_MAX": "1000",
        }
        platform = build_platform(read_settings(environment))
        await platform.connect()
        try:
            async with working(platform), serving(platform, listening):
                place = Place(f"{base_url}/api/v1", stripe.url)
                yield await asyncio.to_thread(_furnish, base_url, place, mail)
        finally:
            await platform.close()


def _furnish(base_url: str, place: Place, mail: Path) -> House:
    organisation_id = _organisation(place, mail)
    with ExitStack() as exits:
        house = House(base_url, organisation_id, {})
        owner = exits.enter_context(VenueOwner(place, organisation_id, _HALL))
        maker = _Furnisher(place, owner, house)
        _overheard(house, owner.http)
        maker.things_to_sell()
        ann, ben = (exits.enter_context(Buyer(place, email)) for email in (ANN, BEN))
        _overheard(house, ann.http, ben.http)
        _verified(place, mail, ANN, BEN)
        maker.people(ann, ben)
        maker.trade(ann, ben)
        maker.the_rest(ann, ben)
        maker.look_around()
        maker.visit(mail)
        return house


def _overheard(house: House, *clients: httpx.Client) -> None:
    """Keep every answer that these clients get from the house."""

    def keep(answer: httpx.Response) -> None:
        if str(answer.url).startswith(house.base_url):
            answer.read()
            house.answers.append(answer)

    for client in clients:
        client.event_hooks = {"response": [keep]}


def _organisation(place: Place, mail: Path) -> str:
    """Make the organisation that everything belongs to, and its owner."""
    with httpx.Client(base_url=place.api, timeout=30) as http:
        account = {"email": OWNER, "password": PASSWORD}
        http.post("/auth/register", json={**account, "displayName": "Olga Owner"}).raise_for_status()
        _verified(place, mail, OWNER)
        token = http.post("/auth/login", json=account).raise_for_status().json()["accessToken"]
        made = http.post("/organisations", json={"name": ORGANISATION}, headers={"Authorization": f"Bearer {token}"})
        return str(made.raise_for_status().json()["id"])


def _verified(place: Place, mail: Path, *people: str) -> None:
    async def follow_links() -> None:
        async with httpx.AsyncClient(base_url=place.api, timeout=30) as http:
            await asyncio.gather(*(verify_by_letter(http, mail, email) for email in people))

    asyncio.run(follow_links())


@dataclass(slots=True)
class _Furnisher:
    """Puts one of everything in."""

    place: Place
    owner: VenueOwner
    house: House
    tickets: dict[str, str] = field(default_factory=dict[str, str])
    passes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def things_to_sell(self) -> None:
        """Tickets with places, seats and neither, at a venue that is connected."""
        now = datetime.now(UTC)
        soon = {"starts_at": (now + timedelta(hours=3)).isoformat(), "ends_at": (now + timedelta(hours=5)).isoformat()}
        seats = {"title": "Seats", "ticketType": "SEATED_MANUAL", "price": _PRICE, "quota": 48, "maxPerUser": 40}
        places = {"title": "Places", "ticketType": "GA", "price": _PRICE, "quota": 60, "maxPerUser": 40}
        for name, ticket in {"seats": seats, "places": places, "draft": places, "drawn": seats}.items():
            self.tickets[name] = self.owner.draft(ticket, **soon)
        self.house.ids["plan_id"] = [self._plan("seats", rows=6, columns=8)]
        self._plan("drawn", rows=2, columns=3)
        self._on_sale(self.house.ids["plan_id"][0])
        self.owner.connect()
        for name in ("seats", "places"):
            self.owner.publish(self.tickets[name])
        self.owner.set(f"/venues/{self.owner.venue_id}/resale-policy", {"royaltyBasisPoints": 200})

    def _plan(self, ticket: str, *, rows: int, columns: int) -> str:
        """Draw a plan with a price, and return its id."""
        source = {"format": "grid", "sections": [{"name": "Stalls", "rows": rows, "columns": columns}]}
        body = {"ticketId": self.tickets[ticket], "venueId": self.owner.venue_id, "name": "Stalls", "source": source}
        return str(self.owner.ask("POST", "/seating-plans", body)["id"])

    def _on_sale(self, plan_id: str) -> None:
        """Give the seats a price, and sell them."""
        path = f"/seating-plans/{plan_id}"
        read = self.owner.http.get(path)
        tiers = [{"name": "All", "price": _PRICE, "sectionIds": [one["id"] for one in read.json()["sections"]]}]
        headers = {"If-Match": read.headers["ETag"]}
        self.owner.http.put(f"{path}/price-tiers", json=tiers, headers=headers).raise_for_status()
        self.owner.ask("POST", f"{path}/activate")

    def people(self, ann: Buyer, ben: Buyer) -> None:
        """Say who may ask."""
        house = self.house
        key = {"name": "Everything", "scopes": [scope.value for scope in ApiScope]}
        keys = f"/organisations/{house.tenant_id}/api-keys"
        secret = self.owner.ask("POST", keys, key)["key"]
        self.owner.ask("POST", keys, key)
        house.callers = {
            "owner": {"Authorization": self.owner.http.headers["Authorization"]},
            "ann": ann.headers,
            "ben": ben.headers,
            "key": {"Authorization": f"Bearer {secret}"},
            "nobody": {},
        }
        self.owner.ask("POST", f"/organisations/{house.tenant_id}/members", {"email": BEN, "role": "scanner"})
        accounts = {each: ann_or_ben.get("/auth/me")["id"] for each, ann_or_ben in (("ann", ann), ("ben", ben))}
        house.ids["account_id"] = list(accounts.values())

    def trade(self, ann: Buyer, ben: Buyer) -> None:
        """Passes that are sold, listed, sold again, handed on, refunded and disputed; and orders that are not paid."""
        plan_id = self.house.ids["plan_id"][0]
        order_id = self._paid(ann, ann.hold(seats=8, plan_id=plan_id))
        listed, sold, handed, *self.passes = ann.passes(order_id)
        ask = {"price": _PRICE, "sellerTrader": False}
        ann.post("/listings", {"passId": listed["id"], **ask})
        listing = ann.post("/listings", {"passId": sold["id"], **ask})["listing"]
        purchase = ben.post(f"/listings/{listing['id']}/purchase", None)
        httpx.post(f"{self.place.stripe}/_fake/transfers/refuse", json={}).raise_for_status()
        self.house.ids["receipt_id"] = [ann.get(f"/listings/{listing['id']}").get("receiptId") or str(uuid4())]
        self._paid(ben, purchase["purchaseId"], kind="resale")
        ann.post(f"/passes/{handed['id']}/transfers", {"toEmail": BEN})
        items = ann.get(f"/orders/{order_id}")["items"]
        *self.passes, refunded = self.passes
        item = next(one for one in items if one["seatId"] == refunded["seat"]["id"])
        refund = {"reason": "goodwill", "itemIds": [item["id"]]}
        self.owner.ask("POST", f"/orders/{order_id}/refunds", refund)
        lost = self._paid(ben, ben.hold(seats=2, plan_id=plan_id), card="pm_card_refundFail")
        for each in ben.get(f"/orders/{lost}")["items"]:
            refund = {"reason": "goodwill", "itemIds": [each["id"]]}
            self.owner.ask("POST", f"/orders/{lost}/refunds", refund)
        disputed = self._paid(ben, ben.hold(plan_id=plan_id))
        self._dispute(ben, disputed)
        waiting = ann.order(ann.hold(plan_id=plan_id))
        payment = ann.post(f"/orders/{waiting}/payments", {"method": "CARD"})
        self.house.ids["payment_id"] = [payment["paymentId"]]
        for buyer in (ann, ben, ann):
            self.house.ids["reservation_id"].append(buyer.hold(plan_id=plan_id))
            self.house.ids["reservation_id"].append(self._places(buyer))
        self.house.ids["purchase_id"] = [purchase["purchaseId"]]
        self.house.ids["item_id"] = [item["id"] for item in items]
        self.house.words["code"] = [each["code"] for each in self.passes[-1:]]

    def _paid(self, buyer: Buyer, reservation_id: str, *, kind: str = "seats", card: str = "pm_card_visa") -> str:
        order_id = buyer.order(reservation_id, kind=kind)
        buyer.pay(order_id, card)
        buyer.wait_for(order_id, "CONFIRMED")
        buyer.passes(order_id)
        return order_id

    def _places(self, buyer: Buyer) -> str:
        reservation_id = str(uuid4())
        buyer.post(f"/tickets/{self.tickets['places']}/reservations", {"reservationId": reservation_id, "quantity": 1})
        return reservation_id

    def _dispute(self, buyer: Buyer, order_id: str) -> None:
        charges = buyer.http.get(
            f"{self.place.stripe}/v1/charges?limit=1", headers={"Authorization": f"Bearer {SECRET_KEY}"}
        )
        if charges.is_success:
            charge_id = charges.json()["data"][0]["id"]
            buyer.http.post(f"{self.place.stripe}/_fake/charges/{charge_id}/dispute", json={}).raise_for_status()

    def the_rest(self, ann: Buyer, ben: Buyer) -> None:
        """What is told, promised, forbidden, judged and worked on."""
        ask, venue, plan_id = self.owner.ask, f"/venues/{self.owner.venue_id}", self.house.ids["plan_id"][0]
        seats = ann.get(f"/seating-plans/{plan_id}/seats")["seats"]
        self.house.ids["seat_id"] = [seat["id"] for seat in seats if seat["status"] == "AVAILABLE"]
        ask("POST", f"{venue}/sections", {"name": "Balcony", "type": "seated", "rowCount": 2, "columnCount": 2})
        ask("POST", f"{venue}/sections", {"name": "Standing", "type": "ga", "capacity": 10})
        faq = {"entries": [{"question": "Where?", "answer": "There."}]}
        pages = {"kind": "FAQ", "defaultLanguage": "de", "translations": {"de": {"title": "Fragen", "body": faq}}}
        ask("POST", f"{venue}/content", pages)
        page_id = ask("POST", f"{venue}/content", pages)["id"]
        ask("POST", f"/content/{page_id}/publish")
        image = {"kind": "IMAGE", "alt": {"en": "The hall"}}
        media = self.owner.http.post(
            f"{venue}/media",
            data={"metadata": json.dumps(image)},
            files={"file": ("hall.png", a_png(), "image/png")},
        )
        media.raise_for_status()
        allotment = {"name": "Friends", "seatIds": self.house.ids["seat_id"][:2], "codes": ["FRIEND-2026"]}
        ask("POST", f"/seating-plans/{plan_id}/allotments", allotment)
        voucher = {"code": "TENPERCENT", "reduction": {"kind": "percentage", "rateBasisPoints": 1000}}
        ask("POST", "/vouchers", voucher)
        ask("POST", "/resale/blocks", {"accountId": str(uuid4()), "reason": "Sold copies"})
        ask("POST", "/resale/evaluations", {"preview": True})
        plan = ask("GET", f"/seating-plans/{plan_id}")
        self.house.ids["price_tier_id"] = [tier["id"] for tier in plan["priceTiers"]]
        change = {"tier": plan["priceTiers"][0]["name"], "price": plan["priceTiers"][0]["price"]}
        params = {"planIds": [plan_id], "changes": [change]}
        ask("POST", f"{venue}/operations", {"type": "re-pricing", "params": params})
        httpx.post(f"{self.place.stripe}/_fake/later").raise_for_status()
        identity = {"legalName": "Ann Fan", "country": "DE", "document": "passport", "documentNumber": "C01X0001"}
        ann.post("/seller-verifications", {"kind": "identity", "evidence": identity})

    def visit(self, mail: Path) -> None:
        """Let people do everything once, and machines what they do."""
        visitors = Visitors(self.place.api, self.house.callers, self.house.ids, self.tickets, self.passes)
        newcomer = Newcomer(visitors, mail)
        newcomer.arrive()
        visitors.do_everything()
        newcomer.live()
        visitors.leave()
        self.house.answers += [*visitors.answers, *answers_to_machines(self.house.base_url, _HOOKS)]

    def look_around(self) -> None:
        """Read all lists as everybody, until the background work has filled those that it fills."""
        house = self.house
        house.ids["organisation_id"] = [house.tenant_id]
        until = time.monotonic() + _PATIENCE_S
        with httpx.Client(base_url=self.place.api, timeout=30) as http:
            for name, path in _LISTS.items():
                while not self._listed(http, name, path) and name in _AWAITED and time.monotonic() < until:
                    time.sleep(0.05)
        house.words |= {
            "currency": ["EUR"],
            "timeZone": ["Europe/Berlin"],
            "country": ["DE"],
            "subdivision": ["DE-TH"],
            "language": ["de", "en"],
            "defaultLanguage": ["de"],
            "toEmail": [BEN, ANN],
            "place": ["DE", "US-ME"],
            "password": [PASSWORD],
            "email": [ANN, BEN],
        }

    def _listed(self, http: httpx.Client, name: str, path: str) -> bool:
        known = self.house.ids
        asked = path
        for other in ("venue_id", "plan_id", "organisation_id"):
            if f"{{{other}}}" in asked:
                asked = asked.replace(f"{{{other}}}", known[other][0])
        for headers in self.house.callers.values():
            answer = http.get(asked, headers=headers)
            if answer.is_success:
                self.house.answers.append(answer)
                known[name] += [one["id"] for one in answer.json()["items"] if one["id"] not in known[name]]
        return bool(known[name])
