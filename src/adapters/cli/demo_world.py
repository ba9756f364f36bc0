"""The demo: an organisation with staff, a real hall, and a match on sale, made through the API like anybody would."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec

from adapters.cli.demo_mail import verify_by_letter

ORGANISATION = "Erfurt Hallensport"
TICKET_TITLE = "Erfurt – Suhl"
PASSWORD = "fairseat-demo-2026"  # noqa: S105  (of demo accounts, printed at every start)
STAFF = {
    "owner@demo.example.com": ("owner", "Olga Owner"),
    "manager@demo.example.com": ("manager", "Mika Manager"),
    "boxoffice@demo.example.com": ("box_office", "Bo Box-Office"),
    "scanner@demo.example.com": ("scanner", "Sam Scanner"),
}
FAN = ("fan@demo.example.com", "Fay Fan")
PRICES_MINOR = {"Kategorie I": 4500, "Kategorie II": 3200, "VIP": 9500}
CURRENCY = "EUR"
_TIMEOUT_S = 60.0
_CONFLICT = 409
_NO_CHARGES = "ticketing.charges_not_enabled"
_LOOKS_MAX = 120
_LOOK_EVERY_S = 0.25


@dataclass(frozen=True, slots=True)
class DemoWorld:
    """Where the demo stands: ids for the walk-through and the simulated fans.

    `onboarding_url` is where the venue's owner has to answer Stripe first; None where that was done, or need not be.
    """

    organisation_id: UUID
    venue_id: UUID
    ticket_id: UUID
    plan_id: UUID
    seats: int
    onboarding_url: str | None = None


async def load_demo_world(base_url: str, *, mail_folder: Path, stripe_url: str | None = None) -> DemoWorld:
    """Make the demo, or find it as it was made before; raises httpx.HTTPStatusError when the API refuses.

    In `mail_folder` are the letters to its people, whose links are followed for them.

    At `stripe_url` is the stand-in for Stripe, where the venue's owner is made to answer everything; None is the real
    one, where only a person can.
    """
    async with httpx.AsyncClient(base_url=f"{base_url}/api/v1", timeout=_TIMEOUT_S) as http:
        return await _Maker(http, mail_folder, stripe_url).make()


class _Maker:
    """Each step looks first, so that a start after a crash half-way finishes the demo."""

    def __init__(self, http: httpx.AsyncClient, mail_folder: Path, stripe_url: str | None) -> None:
        self._http = http
        self._mail_folder = mail_folder
        self._stripe_url = stripe_url
        self._headers: dict[str, str] = {}

    async def make(self) -> DemoWorld:
        owner, *others = STAFF
        for email, (_, name) in STAFF.items():
            await self._account(email, name)
        await self._account(*FAN)
        for email in (*STAFF, FAN[0]):
            await self._verified(email)
        await self._sign_in(owner)
        organisation_id = await self._organisation()
        await self._staff_token(organisation_id)
        for email in others:
            await self._member(organisation_id, email, STAFF[email][0])
        venue_id = await self._venue()
        ticket_id = await self._ticket(venue_id)
        plan_id, seats = await self._plan(venue_id, ticket_id)
        onboarding_url = await self._publish(ticket_id, venue_id)
        return DemoWorld(
            organisation_id=UUID(organisation_id),
            venue_id=UUID(venue_id),
            ticket_id=UUID(ticket_id),
            plan_id=UUID(plan_id),
            seats=seats,
            onboarding_url=onboarding_url,
        )

    async def _get(self, path: str) -> Any:  # noqa: ANN401  (JSON; each caller knows its shape)
        response = await self._http.get(path, headers=self._headers)
        return response.raise_for_status().json()

    async def _send(self, method: str, path: str, body: object, *, may_conflict: bool = False) -> Any:  # noqa: ANN401  (as above)
        headers = self._headers | ({"Idempotency-Key": str(uuid4())} if method == "POST" and self._headers else {})
        response = await self._http.request(
            method, path, content=msgspec.json.encode(body), headers=headers | {"Content-Type": "application/json"}
        )
        if may_conflict and response.status_code == _CONFLICT:
            return None
        return response.raise_for_status().json() if response.content else None

    async def _account(self, email: str, name: str) -> None:
        body = {"email": email, "password": PASSWORD, "displayName": name}
        await self._send("POST", "/auth/register", body, may_conflict=True)

    async def _verified(self, email: str) -> None:
        """Follow the link of the letter, unless that was done at an earlier start."""
        await self._sign_in(email)
        verified = (await self._get("/auth/me"))["emailVerified"]
        self._headers = {}
        if not verified:
            await verify_by_letter(self._http, self._mail_folder, email)

    async def _sign_in(self, email: str) -> None:
        tokens = await self._send("POST", "/auth/login", {"email": email, "password": PASSWORD})
        self._headers = {"Authorization": f"Bearer {tokens['accessToken']}"}

    async def _organisation(self) -> str:
        for one in (await self._get("/organisations"))["items"]:
            if one["name"] == ORGANISATION:
                return str(one["id"])
        return str((await self._send("POST", "/organisations", {"name": ORGANISATION}))["id"])

    async def _staff_token(self, organisation_id: str) -> None:
        token = await self._send("POST", "/auth/token", {"organisationId": organisation_id})
        self._headers = {"Authorization": f"Bearer {token['accessToken']}"}

    async def _member(self, organisation_id: str, email: str, role: str) -> None:
        path = f"/organisations/{organisation_id}/members"
        await self._send("POST", path, {"email": email, "role": role}, may_conflict=True)

    async def _venue(self) -> str:
        name = "Riethsporthalle"
        for one in (await self._get("/venues"))["items"]:
            if one["name"] == name:
                return str(one["id"])
        address = {
            "line1": "Essener Straße 20",
            "city": "Erfurt",
            "postalCode": "99089",
            "country": "DE",
            "subdivision": "DE-TH",
        }
        body = {"name": name, "timeZone": "Europe/Berlin", "capacity": 1221, "address": address}
        return str((await self._send("POST", "/venues", body))["id"])

    async def _ticket(self, venue_id: str) -> str:
        for one in (await self._get("/tickets"))["items"]:
            # A demo that was made long ago may have had its event: then there is nothing left to sell, so make another.
            if one["title"] == TICKET_TITLE and datetime.fromisoformat(one["event"]["endsAt"]) > datetime.now(UTC):
                return str(one["id"])
        starts_at = (datetime.now(UTC) + timedelta(days=60)).replace(hour=18, minute=0, second=0, microsecond=0)
        event = {
            "title": TICKET_TITLE,
            "startsAt": starts_at,
            "endsAt": starts_at + timedelta(hours=2),
            "timeZone": "Europe/Berlin",
            "venueId": venue_id,
            "kind": "sport",
        }
        body = {
            "title": TICKET_TITLE,
            "ticketType": "SEATED_MANUAL",
            "price": {"amount": PRICES_MINOR["Kategorie II"], "currency": CURRENCY},
            "quota": 1221,
            "maxPerUser": 8,
            "event": event,
        }
        return str((await self._send("POST", "/tickets", body))["id"])

    async def _plan(self, venue_id: str, ticket_id: str) -> tuple[str, int]:
        plans = (await self._get(f"/seating-plans?ticketId={ticket_id}"))["items"]
        if plans:
            plan = plans[0]
        else:
            hall = files("adapters.embedded").joinpath("data/riethsporthalle.json").read_bytes()
            source = {"format": "seating-plan", "plan": msgspec.json.decode(hall)}
            body = {
                "ticketId": ticket_id,
                "venueId": venue_id,
                "name": "Riethsporthalle, Handball",
                "assignmentMode": "manual",
                "pricingMode": "section",
                "maxSeatsPerOrder": 8,
                "orphanRule": "off",
                "source": source,
            }
            plan = await self._send("POST", "/seating-plans", body)
        plan_id = str(plan["id"])
        if plan["status"] != "active":
            await self._activate(plan_id)
        return plan_id, int(plan["seatsCount"])

    async def _activate(self, plan_id: str) -> None:
        tiers = [
            {"name": name, "price": {"amount": price, "currency": CURRENCY}, "categories": [name]}
            for name, price in PRICES_MINOR.items()
        ]
        plan = f"/seating-plans/{plan_id}"
        await self._send_matching("PUT", plan, f"{plan}/price-tiers", tiers)
        await self._send_matching("POST", plan, f"{plan}/activate", {})

    async def _publish(self, ticket_id: str, venue_id: str) -> str | None:
        """Put the ticket on sale, its venue being connected to Stripe if need be; return the link if nobody could."""
        path = f"/tickets/{ticket_id}"
        if (await self._get(path))["status"] == "published":
            return None
        try:
            await self._send_matching("POST", path, f"{path}/publish", {})
        except httpx.HTTPStatusError as refused:
            if refused.response.status_code != _CONFLICT or refused.response.json()["code"] != _NO_CHARGES:
                raise
        else:
            return None
        link = str((await self._send("POST", f"/venues/{venue_id}/stripe/connect", {}))["onboardingUrl"])
        if self._stripe_url is None or not link.startswith(self._stripe_url):
            return link
        await self._http.get(link)  # the owner answers everything, and is sent back to our own page
        for _ in range(_LOOKS_MAX):
            if (await self._get(f"/venues/{venue_id}/stripe/status"))["chargesEnabled"]:
                break
            await asyncio.sleep(_LOOK_EVERY_S)
        await self._send_matching("POST", path, f"{path}/publish", {})
        return None

    async def _send_matching(self, method: str, resource: str, path: str, body: object) -> None:
        read = (await self._http.get(resource, headers=self._headers)).raise_for_status()
        before = self._headers
        self._headers = before | {"If-Match": read.headers["ETag"]}
        try:
            await self._send(method, path, body)
        finally:
            self._headers = before
