"""Reading what the audit compares, through the API with a token of the staff."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from adapters.cli.demo_audit import CONFIRMED, BookedOrder, Books, IssuedPass, Money
from adapters.cli.demo_http import ApiRefusedError, DemoHttp, Json, Session

SUCCEEDED = "succeeded"
PAGE_SIZE = 200
PAGES_MAX = 1_000
READERS_MAX = 16


class NoDemoError(Exception):
    """The instance does not hold the demo that the fans are for."""


@dataclass(frozen=True, slots=True)
class DemoSale:
    """What is on sale, and a token of the staff who sell it."""

    tenant_id: UUID
    ticket_id: UUID
    plan_id: UUID
    staff: Session


async def find_sale(http: DemoHttp, *, email: str, password: str, organisation: str, title: str) -> DemoSale:
    """Return the sale of the demo; raises NoDemoError with the reason when it is not there."""
    try:
        tokens: Json = await http.post("/auth/login", {"email": email, "password": password})
    except ApiRefusedError as refusal:
        raise NoDemoError(f"{email} cannot sign in ({refusal.code}): load the demo with `fairseat up --demo`") from None
    account = Session(tokens["accessToken"])
    organisations: Json = await http.get("/organisations", session=account)
    tenant_id = _named(organisations["items"], "name", organisation)
    token: Json = await http.post("/auth/token", {"organisationId": tenant_id}, session=account)
    staff = Session(token["accessToken"])
    # The newest of that name, since those before it are for events that are over.
    tickets = [ticket async for ticket in _all(http, "/tickets", staff)]
    ticket_id = _named(tickets[::-1], "title", title)
    plans: Json = await http.get(f"/seating-plans?ticketId={ticket_id}", session=staff)
    plan_id = _named(plans["items"], "status", "active")
    return DemoSale(UUID(tenant_id), UUID(ticket_id), UUID(plan_id), staff)


async def read_books(http: DemoHttp, sale: DemoSale) -> Books:
    """Return all that the audit compares; read while others buy, the parts may not fit together yet."""
    bodies = [order async for order in _all(http, "/orders", sale.staff)]
    refunds: dict[str, list[Json]] = defaultdict(list)
    async for refund in _all(http, "/orders/refunds", sale.staff):
        refunds[refund["orderId"]].append(refund)
    orders = tuple(_order(body, refunds[body["id"]], sale.ticket_id) for body in bodies)
    issued = [
        body["id"]
        for body in bodies
        if (body["status"] == CONFIRMED or body["refund"] is not None) and _is_for(body, sale.ticket_id)
    ]
    gate = asyncio.Semaphore(READERS_MAX)
    passes = await asyncio.gather(*(_passes(http, sale.staff, order_id, gate) for order_id in issued))
    path = f"/seating-plans/{sale.plan_id}/seats?fields=status"
    seat_map: Json = await http.get(path, session=sale.staff, fresh=True)
    totals: Json = await http.stripe_totals()
    return Books(
        seats={UUID(seat["id"]): seat["status"] for seat in seat_map["seats"]},
        orders=orders,
        passes=tuple(each for some in passes for each in some),
        money=Money(taken_minor=totals["taken"], refunded_minor=totals["refunded"]),
    )


async def _all(http: DemoHttp, path: str, session: Session) -> AsyncIterator[Json]:
    cursor = ""
    for _ in range(PAGES_MAX):
        page: Json = await http.get(f"{path}?limit={PAGE_SIZE}{cursor}", session=session)
        for item in page["items"]:
            yield item
        if page["nextCursor"] is None:
            return
        cursor = f"&cursor={page['nextCursor']}"
    raise NoDemoError(f"{path} has more than {PAGES_MAX} pages")


async def _passes(http: DemoHttp, staff: Session, order_id: str, gate: asyncio.Semaphore) -> list[IssuedPass]:
    async with gate:
        try:
            page: Json = await http.get(f"/orders/{order_id}/passes", session=staff)
        except ApiRefusedError as refusal:
            if refusal.status != 404:
                raise
            return []
    return [
        IssuedPass(UUID(each["id"]), UUID(each["orderId"]), UUID(each["seat"]["id"]), each["status"])
        for each in page["items"]
        if each["seat"] is not None
    ]


def _order(body: Json, refunds: Sequence[Json], ticket_id: UUID) -> BookedOrder:
    given_back = {item["itemId"] for refund in refunds if refund["acceptedAt"] for item in refund["items"]}
    items: list[Json] = body["items"] if _is_for(body, ticket_id) else []
    refunded_minor = sum(refund["amount"]["amount"] for refund in refunds if refund["status"] == SUCCEEDED)
    return BookedOrder(
        id=UUID(body["id"]),
        status=body["status"],
        total_minor=body["total"]["amount"] - refunded_minor if body["total"] else 0,
        seat_ids=tuple(
            UUID(item["seatId"]) for item in items if item["seatId"] is not None and item["id"] not in given_back
        ),
    )


def _is_for(body: Json, ticket_id: UUID) -> bool:
    return any(UUID(item["ticketId"]) == ticket_id for item in body["items"])


def _named(items: list[Json], member: str, value: str) -> str:
    for item in items:
        if item[member] == value:
            return str(item["id"])
    raise NoDemoError(f"nothing here has the {member} {value!r}: load the demo with `fairseat up --demo`")
