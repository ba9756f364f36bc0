"""The simulated fans against a little API in memory: what they try again, and what they take for an answer."""

from collections.abc import Callable
from random import Random
from uuid import UUID

import httpx
import pytest

from adapters.cli.demo_fans import Fan, FreeSeats, Habits, Outcome, outcome_of
from adapters.cli.demo_http import TRIES_MAX, ApiRefusedError, DemoHttp, Latencies, Session, UnreachableError

type Answer = Callable[[httpx.Request], httpx.Response]
TENANT = UUID(int=0xA)
SESSION = Session("token", TENANT)


def asking(answer: Answer) -> DemoHttp:
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    return DemoHttp(client, "http://api/api/v1", "http://stripe", "pk_test", Latencies(), pause_first_s=0.0)


def problem(status: int, code: str) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "detail": "because"})


async def test_a_post_is_tried_again_under_one_key_until_there_is_an_answer() -> None:
    keys: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["idempotency-key"])
        match len(keys):
            case 1:
                raise httpx.ReadError("cut off")
            case 2:
                return problem(503, "service.unavailable")
            case 3:
                return problem(409, "request.still_running")
            case _:
                return httpx.Response(201, json={"id": 1})

    http = asking(answer)
    assert await http.post("/orders", {}, session=SESSION) == {"id": 1}
    assert (len(keys), len(set(keys)), http.latencies.retries) == (4, 1, 3)


async def test_a_refusal_is_the_last_word() -> None:
    http = asking(lambda _: problem(409, "seating.seat_taken"))
    with pytest.raises(ApiRefusedError) as refused:
        await http.post("/orders", {}, session=SESSION)
    assert (refused.value.status, refused.value.code, http.latencies.retries) == (409, "seating.seat_taken", 0)


async def test_trying_again_has_an_end() -> None:
    http = asking(lambda _: httpx.Response(503, text="<html>"))
    with pytest.raises(UnreachableError, match=f"{TRIES_MAX} tries"):
        await http.get("/orders", session=SESSION)
    assert http.latencies.retries == TRIES_MAX - 1


@pytest.mark.parametrize("status, taken", [("succeeded", True), ("canceled", False)])
async def test_a_payment_whose_answer_was_lost_counts_as_paid_only_if_it_was(status: str, *, taken: bool) -> None:
    message = f"You cannot confirm this PaymentIntent because it has a status of {status}."
    body = {"error": {"code": "payment_intent_unexpected_state", "message": message}}
    http = asking(lambda _: httpx.Response(400, json=body))
    if taken:
        await http.confirm_at_stripe("pi_1", client_secret="s", method="pm_card_visa")
    else:
        with pytest.raises(ApiRefusedError):
            await http.confirm_at_stripe("pi_1", client_secret="s", method="pm_card_visa")


class Shop:
    """Seats that somebody else takes first, a card machine, and passes that come a little later."""

    def __init__(self, *, seats: int, taken_first: int = 0) -> None:
        self.seats = {str(UUID(int=number)): "AVAILABLE" for number in range(1, seats + 1)}
        self.taken_first = taken_first
        self.asked: list[str] = []
        self.cards: list[str] = []
        self.sold: list[str] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v1")
        self.asked.append(f"{request.method} {path}")
        body = request.read().decode()
        match request.method, path.strip("/").split("/"):
            case "POST", ["auth", _]:
                return httpx.Response(200, json={"accessToken": "t"})
            case "GET", ["seating-plans", _, "seats"]:
                seats = [{"id": seat, "status": status} for seat, status in self.seats.items()]
                return httpx.Response(200, json={"seats": seats})
            case "POST", ["seating-plans", _, "holds"]:
                wanted = [seat for seat in self.seats if seat in body]
                if self.taken_first:
                    self.taken_first -= 1
                    self.seats |= dict.fromkeys(wanted, "SOLD")
                    return problem(409, "seating.seat_taken")
                self.sold = wanted
                return httpx.Response(201, json={})
            case "POST", ["orders"]:
                return httpx.Response(201, json={"id": "o1", "items": [{}] * len(self.sold)})
            case "POST", ["orders", _, "payments"]:
                return httpx.Response(201, json={"stripePaymentIntentId": "pi_1", "clientSecret": "s"})
            case "POST", ["v1", "payment_intents", _, "confirm"]:
                self.cards.append(str(httpx.QueryParams(body)["payment_method"]))
                declined = "Declined" in self.cards[-1]
                return httpx.Response(
                    402 if declined else 200, json={"error": {"code": "card_declined"}} if declined else {}
                )
            case "GET", ["orders", _]:
                paid = "pm_card_visa" in self.cards
                return httpx.Response(200, json={"status": "CONFIRMED" if paid else "AWAITING_PAYMENT"})
            case "GET", ["orders", _, "passes"]:
                early = self.asked.count(self.asked[-1]) == 1
                return (
                    problem(404, "admission.order_not_found")
                    if early
                    else httpx.Response(200, json={"items": self.sold})
                )
            case _:
                return httpx.Response(204)


def fan(shop: Shop, **habits: float) -> Fan:
    http = asking(shop.answer)
    behaves = {"abandon_share": 0.0, "decline_share": 0.0, "registered_share": 0.0} | habits
    return Fan(1, http, FreeSeats(http, UUID(int=9), SESSION), TENANT, Habits(**behaves), Random(1))  # type: ignore[arg-type]  # shares only


async def test_a_fan_gets_other_seats_when_the_first_are_taken_and_waits_for_the_passes() -> None:
    shop = Shop(seats=20, taken_first=2)
    assert await outcome_of(fan(shop)) == (Outcome.BOUGHT, "")
    assert sum(asked.endswith("/holds") for asked in shop.asked) == 3
    assert shop.cards == ["pm_card_visa"]


async def test_a_fan_whose_card_is_declined_pays_with_another() -> None:
    shop = Shop(seats=20)
    assert await outcome_of(fan(shop, decline_share=1.0)) == (Outcome.BOUGHT, "")
    assert shop.cards == ["pm_card_chargeDeclined", "pm_card_visa"]


async def test_a_fan_who_finds_no_seat_goes_home() -> None:
    assert await outcome_of(fan(Shop(seats=0))) == (Outcome.SOLD_OUT, "")
    assert await outcome_of(fan(Shop(seats=3, taken_first=30))) == (Outcome.SOLD_OUT, "")


async def test_a_fan_who_walks_away_pays_nothing() -> None:
    shop = Shop(seats=20)
    assert await outcome_of(fan(shop, abandon_share=1.0)) == (Outcome.ABANDONED, "")
    assert shop.cards == []


async def test_a_fan_who_never_gets_what_was_paid_for_tells_of_it() -> None:
    shop = Shop(seats=20)
    outcome, why = await outcome_of(fan(shop, patience_s=0.0))
    assert outcome is Outcome.FAILED
    assert "not confirmed" in why
