"""What people do in an open house, one thing after the other, so that most operations have been done well once."""

import json
import time
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from tests.content_builders import a_png

_PATIENCE_S = 10.0
_EURO = {"amount": 100, "currency": "EUR"}
_PRICE = {"amount": 2500, "currency": "EUR"}
_VENUE_FACTS = {"venueKind": "other"}
_GRID = {"format": "grid", "sections": [{"name": "Stalls", "rows": 1, "columns": 2}]}


@dataclass(slots=True)
class Visitors:
    """People with their headers, who ask at one address; `ids` has what is known, by the names that paths have."""

    api: str
    callers: dict[str, dict[str, str]]
    ids: dict[str, list[str]]
    tickets: dict[str, str]
    passes: list[dict[str, Any]]
    """Ann's, those that nobody was promised."""

    answers: list[httpx.Response] = field(default_factory=list[httpx.Response])
    _tags: dict[str, str] = field(default_factory=dict[str, str])
    _failing: str = ""
    """The path of an operation that cannot be done."""

    _http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30, trust_env=False))

    def act(self, who: str, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """Ask, with the ETag where an update needs one; return what was said, or an empty thing for a refusal."""
        headers = dict(self.callers[who])
        if method in {"PUT", "PATCH", "DELETE"}:
            resource = path.removesuffix("/price-tiers").removesuffix("/source")
            read = self._http.get(self.api + resource, headers=headers)
            tag = read.headers.get("ETag") or self._tags.get(path)
            if tag is not None:
                headers["If-Match"] = tag
        elif method == "POST":
            headers["Idempotency-Key"] = str(uuid4())
        answer = self._http.request(method, self.api + path, json=body, headers=headers, **more)
        self.answers.append(answer)
        said: Any = answer.json() if answer.is_success and answer.content.startswith((b"{", b"[")) else {}
        if "ETag" in answer.headers and "id" in said:
            self._tags[f"{path}/{said['id']}"] = answer.headers["ETag"]
        return said

    def do_everything(self) -> None:
        """Do it, one after the other."""
        for act in (self._rule, self._draw, self._hold, self._trade, self._attend, self._run, self._live):
            act()

    def leave(self) -> None:
        """Go."""
        self._http.close()

    def listed(self, who: str, path: str) -> list[dict[str, Any]]:
        """Return what is listed there as soon as something is, or nothing after a while."""
        until = time.monotonic() + _PATIENCE_S
        while not (items := self.act(who, "GET", path).get("items", [])) and time.monotonic() < until:
            time.sleep(0.05)
        return list(items)

    def _rule(self) -> None:
        """What owners settle."""
        organisation, venue = f"/organisations/{self.ids['organisation_id'][0]}", f"/venues/{self.ids['venue_id'][0]}"
        fee = {"kind": "fixed", "code": "service", "name": "Service", "amount": _EURO}
        percent = {"kind": "percentage", "code": "share", "name": "Share", "rateBasisPoints": 100}
        tax = {"code": "vat", "name": "VAT", "rateBasisPoints": 1900, "included": True, "country": "DE"}
        self.act("owner", "PUT", f"{organisation}/order-fees", {"fees": [fee, percent], "taxes": [tax]})
        rules = [{"untilDaysBefore": 0, "percentBasisPoints": 10_000}]
        self.act("owner", "PUT", f"{organisation}/refund-policy", {"rules": rules})
        self.act("owner", "PUT", f"{organisation}/settings", {"holdTtlSec": 600})
        self.act("owner", "PUT", f"{organisation}/sign-in-rules", {"requireTotp": False})
        self.act("owner", "PUT", f"{venue}/settings", {"maxSeatsPerOrder": 9})
        self.act("owner", "PATCH", venue, {"capacity": 60})
        for place in (organisation, f"/tickets/{self.tickets['places']}"):
            self.act("owner", "PUT", f"{place}/resale-policy", {"royaltyBasisPoints": 100})
        for place in (venue, f"/tickets/{self.tickets['places']}"):
            self.act("owner", "PUT", f"{place}/resale-facts", _VENUE_FACTS)
        self.act("owner", "PATCH", f"/tickets/{self.tickets['draft']}", {"quota": 61})
        for path in ("/order-fees", "/order-fees/history", "/resale-policy/history", "/refund-policy", "/members"):
            self.act("owner", "GET", organisation + path)
        self.act("owner", "GET", f"/tickets/{self.tickets['places']}/resale-policy")
        self.act("owner", "DELETE", f"/tickets/{self.tickets['places']}/resale-policy")
        section = self.act("owner", "POST", f"{venue}/sections", {"name": "Pit", "type": "ga", "capacity": 5})["id"]
        self.act("owner", "PATCH", f"{venue}/sections/{section}", {"name": "The pit"})
        self.act("owner", "DELETE", f"{venue}/sections/{section}")
        voucher = self.act(
            "owner", "POST", "/vouchers", {"code": "ONCE", "reduction": {"kind": "fixed", "amount": _EURO}}
        )
        self.act("owner", "PATCH", f"/vouchers/{voucher['id']}", {"note": "For friends"})
        self.act("owner", "DELETE", f"/vouchers/{voucher['id']}")
        self.act("owner", "POST", f"{venue}/stripe/connect", {})
        for path in ("status", "payouts", "return", "refresh"):
            self.act("owner", "GET", f"{venue}/stripe/{path}")

    def _draw(self) -> None:
        """What becomes of a plan."""
        plan_id = self.ids["plan_id"][0]
        plan, seats = f"/seating-plans/{plan_id}", self.ids["seat_id"]
        self.act("owner", "GET", f"{plan}/export")
        self.act("owner", "POST", f"{plan}/validate")
        self.act("owner", "POST", f"{plan}/seats/block", {"seatIds": seats[-2:], "reason": "Camera"})
        self.act("owner", "POST", f"{plan}/seats/unblock", {"seatIds": seats[-2:]})
        self.act("owner", "GET", f"{plan}/seats/{seats[-1]}/audit")
        self.act("owner", "PUT", f"{plan}/accessible-release", {"releasesAt": None})
        kept = {"name": "Band", "seatIds": [seats[-3]], "codes": ["BAND-2026"]}
        made = self.act("owner", "POST", f"{plan}/allotments", kept)
        allotment = f"{plan}/allotments/{made.get('id', uuid4())}"
        self.act("owner", "PATCH", allotment, {"codes": ["BAND-2027"]})
        self.act("owner", "DELETE", allotment)
        drawn = next(one for one in self.ids["plan_id"] if one != plan_id)
        self.act("owner", "PUT", f"/seating-plans/{drawn}/source", {"source": _GRID})
        self.act("owner", "PUT", f"/seating-plans/{drawn}/price-tiers", [{"name": "All", "price": _PRICE}])
        self.act("ann", "GET", f"{plan}/seats?format=compact&fields=status")
        venue = f"/venues/{self.ids['venue_id'][0]}"
        self.act("owner", "POST", f"{venue}/plan-documents", {"version": 1})
        lost = {"format": "upload", "documentId": str(uuid4())}
        params = {"ticketId": self.tickets["draft"], "name": "Lost", "source": lost}
        made = self.act("owner", "POST", f"{venue}/operations", {"type": "plan-import", "params": params})
        self._failing = f"/operations/{made.get('id', uuid4())}"

    def _hold(self) -> None:
        """What is held, ordered, and not paid."""
        plan, places = f"/seating-plans/{self.ids['plan_id'][0]}", f"/tickets/{self.tickets['places']}/reservations"
        for kind in ("seats", "general-admission"):
            for end in ("DELETE", "ORDER", "BOX"):
                who = "owner" if end == "BOX" else "ann"
                held = str(uuid4())
                if kind == "seats":
                    self.act(who, "POST", f"{plan}/holds", {"reservationId": held, "bestAvailable": {"quantity": 1}})
                    path = f"/holds/{held}"
                else:
                    self.act(who, "POST", places, {"reservationId": held, "quantity": 1})
                    path = f"{places}/{held}"
                self.act(who, "GET", path)
                self.act(who, "POST", f"{path}/extend")
                self._end_hold(end, who, path, {"kind": kind, "reservationId": held})
        self.act("ann", "POST", "/orders/quote", {"items": [{"ticketId": self.tickets["places"], "quantity": 2}]})
        self.act("owner", "GET", "/box-office/orders")

    def _end_hold(self, end: str, who: str, path: str, reservation: dict[str, str]) -> None:
        match end:
            case "DELETE":
                self.act(who, "DELETE", path)
            case "ORDER":
                contact = {"email": "ann@fans.example.com", "name": "Ann Fan"}
                order = self.act(who, "POST", "/orders", {"reservations": [reservation], "contact": contact})
                self.act(who, "POST", f"/orders/{order.get('id', uuid4())}/cancel")
            case _:
                self.act(who, "POST", "/box-office/orders", {"reservations": [reservation], "settlement": "cash"})

    def _trade(self) -> None:
        """What holders do with passes."""
        first, second, third, last = (f"/passes/{one['id']}" for one in self.passes[:4])
        for path in (first, f"{first}/history", f"{first}/code.svg"):
            self.act("ann", "GET", path)
        for end in ("decline", "DELETE"):
            offer = self.act("ann", "POST", f"{second}/transfers", {"toEmail": "ben@fans.example.com"})
            transfer = f"/transfers/{offer.get('id', uuid4())}"
            self.act("ann", "GET", transfer)
            if end == "DELETE":
                self.act("ann", "DELETE", transfer)
            else:
                self.act("ben", "POST", f"{transfer}/decline")
        offer = self.act("ann", "POST", f"{second}/transfers", {"toEmail": "ben@fans.example.com"})
        self.act("ben", "POST", f"/transfers/{offer.get('id', uuid4())}/accept", {"holderName": "Ben Fan"})
        asked = {"passId": third.rsplit("/", 1)[1], "price": _PRICE}
        question = {**asked, "buyer": {"country": "DE"}}
        self.act("ann", "POST", "/resale/validate", question)
        self.act("ann", "POST", "/resale/validate/batch", {"items": [question, {}]})
        made = self.act("ann", "POST", "/listings", {**asked, "sellerTrader": False})
        self.act("ann", "GET", f"/resale/receipts/{made.get('receiptId', uuid4())}")
        listing = f"/listings/{made.get('listing', {}).get('id', uuid4())}"
        bought = self.act("ben", "POST", f"{listing}/purchase")
        self.act("ben", "DELETE", f"/purchases/{bought.get('purchaseId', uuid4())}")
        self.act("ann", "DELETE", listing)
        self._wait(third, last)
        self.act("owner", "GET", f"/resale/sellers/{self.ids['account_id'][0]}/score")
        licence = {"place": "DE", "authority": "City", "licenceNumber": "L-1001", "validUntil": "2030-01-01"}
        brought = self.act("ann", "POST", "/seller-verifications", {"kind": "state_licence", "evidence": licence})
        self.act("owner", "PATCH", f"/seller-verifications/{brought.get('id')}", {"status": "in_review"})
        self.act("ann", "POST", "/sellers/payout-account", {"country": "DE"})

    def _wait(self, *given_back: str) -> None:
        """What those who wait for returns do."""
        waiting = f"/tickets/{self.tickets['seats']}/waiting-list"
        self.act("ben", "POST", waiting, {"quantity": 1})
        self.act("ben", "GET", f"{waiting}/me")
        self.act("owner", "GET", waiting)
        self.act("ben", "DELETE", f"{waiting}/me")
        for path, answer in zip(given_back, ("decline", "accept"), strict=True):
            self.act("ben", "POST", waiting, {"quantity": 1})
            self.act("ann", "POST", f"{path}/return")
            for offer in self.listed("ben", "/waiting-list/offers"):
                self.act("ben", "POST", f"/waiting-list/offers/{offer['id']}/{answer}")

    def _attend(self) -> None:
        """What happens at the door and afterwards."""
        code = next((one["code"] for one in self.passes if one["code"]), "none")
        self.act("key", "POST", "/scans", {"code": code, "gate": "North"})
        self.act("key", "GET", f"/tickets/{self.tickets['seats']}/scan-manifest")
        venue = f"/venues/{self.ids['venue_id'][0]}"
        opinion = {"ticketId": self.tickets["seats"], "overall": 5, "title": "Fine", "body": "All", "language": "en"}
        review = f"/reviews/{self.act('ann', 'POST', f'{venue}/reviews', opinion).get('id', uuid4())}"
        self.act("owner", "PATCH", review, {"status": "published"})
        for method, path, body in (
            ("GET", "", None),
            ("POST", "/helpful", None),
            ("DELETE", "/helpful", None),
            ("POST", "/report", {"reason": "Rude"}),
        ):
            self.act("ben", method, review + path, body)
        self.act("owner", "GET", f"{review}/reports")
        self.act("ann", "PATCH", review, {"title": "Better"})
        self.act("ann", "DELETE", review)

    def _run(self) -> None:
        """What managers work on."""
        venue = f"/venues/{self.ids['venue_id'][0]}"
        said = {"metadata": json.dumps({"kind": "IMAGE", "alt": {"en": "The hall"}})}
        file = ("hall.png", a_png(grey=9), "image/png")
        media = self.act("owner", "POST", f"{venue}/media", data=said, files={"file": file})
        for path in ("", "/file"):
            self.act("owner", "GET", f"/media/{media.get('id', uuid4())}{path}")
        self.act("owner", "DELETE", f"/media/{media.get('id', uuid4())}")
        page = self.ids["page_id"][0]
        self.act("owner", "PATCH", f"/content/{page}", {"defaultLanguage": "de"})
        self.act("owner", "GET", f"/content/{page}/editions")
        self.act("owner", "POST", f"/content/{page}/archive")
        self.act("owner", "DELETE", f"/content/{page}")
        change = {"tier": "All", "price": _PRICE}
        params = {"planIds": self.ids["plan_id"][:1], "changes": [change]}
        work = {"type": "re-pricing", "params": params}
        self.act("owner", "POST", f"{venue}/operations", {**work, "dryRun": True})
        made = self.act("owner", "POST", f"{venue}/operations", work)
        self.act("owner", "POST", f"/operations/{made.get('id', uuid4())}/cancel")
        until = time.monotonic() + _PATIENCE_S
        while self.act("owner", "GET", self._failing).get("status") != "failed" and time.monotonic() < until:
            time.sleep(0.05)
        self.act("owner", "POST", f"{self._failing}/resume")
        for order in self.ids["order_id"]:
            self.act("owner", "GET", f"/orders/{order}/refunds/preview?reason=goodwill")
        for dispute in self.ids["dispute_id"][:1]:
            self.act("owner", "GET", f"/disputes/{dispute}/evidence")
            self.act("owner", "POST", f"/disputes/{dispute}/evidence", {"text": "They came."})
        for webhook in self.ids["webhook_id"][:1]:
            self.act("owner", "POST", f"/webhooks/{webhook}/replay")
        for payout in self.ids["payout_id"][:1]:
            self.act("owner", "POST", f"/payouts/{payout}/retry")
            self.act("owner", "POST", f"/payouts/{payout}/settle", {"note": "By hand"})
        for refund in self.listed("owner", "/orders/refunds?status=failed")[:1]:
            self.act("owner", "POST", f"/orders/{refund['orderId']}/refunds/{refund['id']}/retry")
        for refund in self.listed("owner", "/payments/refunds?status=failed"):
            self.act("owner", "POST", f"/payments/refunds/{refund['id']}/retry")
        judged = self.act("owner", "POST", "/resale/evaluations", {"preview": True})
        self.act("owner", "POST", f"/resale/evaluations/{judged.get('id', uuid4())}/cancel")

    def _live(self) -> None:
        """What accounts have."""
        self.act("ann", "PUT", "/users/me/billing-address", {"line1": "Weg 1", "city": "Erfurt", "country": "DE"})
        self.act("ann", "PATCH", "/users/me/profile", {"displayName": "Ann"})
        wishes = {"marketingOptIn": False, "orderUpdates": True, "productUpdates": False}
        self.act("ann", "PUT", "/users/me/preferences", wishes)
        self.act("ann", "GET", "/users/me/billing-address")
