"""Buyers who go on while everything falls over: each tries again as a client would, and knows what it wants."""

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any
from uuid import UUID, uuid4

from adapters.cli.demo_fans import CARD, DECLINED_CARD, FreeSeats
from adapters.cli.demo_http import ApiRefusedError, DemoHttp, Session, UnreachableError

TENTH_OFF = "TENTH-OFF"
ALL_OFF = "ALL-OFF"
SLOW_CARD = "pm_card_processing"

BEGUN_ANEW_MAX = 12
_HOLDS_MAX = 30
_POLL_S = 0.3
_TOO_LATE = frozenset({"orders.expired", "seating.reservation_expired", "seating.reservation_conflict"})
"""The last one comes when the answer to placing an order was lost, and that order ended before it was asked again."""

_ENDED = frozenset({"CANCELLED", "EXPIRED"})


class Wish(StrEnum):
    """What somebody is up to."""

    BUY = "buy"
    BUY_AFTER_A_DECLINE = "buy after a decline"
    BUY_FOR_LESS = "buy for less"
    BUY_FOR_NOTHING = "buy for nothing"
    LEAVE_A_HOLD = "leave a hold"
    LEAVE_AN_ORDER = "leave an order"
    LEAVE_A_PAYMENT = "leave a payment"
    CANCEL = "cancel"
    GIVE_ALL_BACK = "buy and give all back"
    GIVE_ONE_BACK = "buy and give one back"
    PAY_LATE = "pay late"


MIX = (
    *(Wish.BUY,) * 5,
    *(Wish.BUY_AFTER_A_DECLINE,) * 3,
    *(Wish.GIVE_ALL_BACK,) * 2,
    Wish.GIVE_ONE_BACK,
    *(Wish.BUY_FOR_LESS,) * 2,
    *(Wish.BUY_FOR_NOTHING,) * 2,
    Wish.LEAVE_A_HOLD,
    Wish.LEAVE_AN_ORDER,
    Wish.LEAVE_A_PAYMENT,
    *(Wish.CANCEL,) * 2,
)
"""Twenty buyers, but for the one who pays late."""


@dataclass(slots=True)
class Acts:
    """The play goes on by acts, in each of which something is killed; buyers spread their steps over them."""

    last: int
    now: int = -1
    _turn: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def begin(self, act: int) -> None:
        async with self._turn:
            self.now = act
            self._turn.notify_all()

    async def reach(self, act: int) -> None:
        async with self._turn:
            await self._turn.wait_for(lambda: self.now >= min(act, self.last))


@dataclass(slots=True)
class CrashBuyer:
    """One buyer. `hasty` is for requests that can begin anew with another key.

    `ended` is what came of it: bought, left, cancelled, refunded, too late, or why it failed.
    """

    number: int
    wish: Wish
    http: DemoHttp
    hasty: DemoHttp
    free_seats: FreeSeats
    tenant_id: UUID
    acts: Acts
    dice: Random
    patience_s: float
    order_id: str | None = None
    intent_id: str | None = None
    ended: str = ""
    failed: bool = False
    _act: int = 0
    _session: Session = field(init=False)

    async def go(self) -> None:
        """Live through it all; whatever the API should not have said is kept as a failure."""
        self._act = self.dice.randint(0, max(0, self.acts.last // 2))
        try:
            self.ended = await self._go()
        except (ApiRefusedError, UnreachableError, TimeoutError, KeyError, TypeError) as error:
            self.ended, self.failed = f"buyer {self.number} ({self.wish}): {error!r}", True

    async def _go(self) -> str:
        await self._step()
        token = await self._post("/auth/guest", {}, session=None)
        self._session = Session(token["accessToken"], self.tenant_id)
        await self._step()
        reservation_id = await self._hold()
        if self.wish is Wish.LEAVE_A_HOLD:
            return "left"
        await self._step()
        try:
            return await self._order_and_go_on(reservation_id)
        except ApiRefusedError as refusal:
            if refusal.code in _TOO_LATE or (self.order_id and await self._status() in _ENDED):
                return "too late"
            raise

    async def _order_and_go_on(self, reservation_id: str) -> str:
        order = await self._order(reservation_id)
        self.order_id = order["id"]
        await self._step()
        match self.wish:
            case Wish.LEAVE_AN_ORDER:
                return "left"
            case Wish.LEAVE_A_PAYMENT:
                await self._start_payment()
                return "left"
            case Wish.CANCEL:
                return await self._cancel()
            case Wish.PAY_LATE:
                await self._confirm(await self._start_payment(), SLOW_CARD)
                return "will pay late"
            case Wish.BUY_FOR_NOTHING:
                return await self._seen(order)
            case Wish.BUY_AFTER_A_DECLINE:
                await self._declined()
            case _:
                pass
        payment = await self._start_payment()
        await self._step()
        await self._confirm(payment, CARD)
        await self._step()
        seen = await self._seen(order)
        if seen == "bought" and self.wish in {Wish.GIVE_ALL_BACK, Wish.GIVE_ONE_BACK}:
            await self._step()
            return await self._give_back(order)
        return seen

    async def _give_back(self, order: Any) -> str:
        body: dict[str, object] = {"reason": "customer_request"}
        whole = self.wish is Wish.GIVE_ALL_BACK or len(order["items"]) == 1
        if not whole:
            body["itemIds"] = [order["items"][0]["id"]]
        path = f"/orders/{self.order_id}/refunds"
        try:
            await self._post(path, body, session=self._session)
        except ApiRefusedError:
            # Begun anew with another key, it may be refused since the first one was recorded.
            if not (await self.http.get(path, session=self._session))["items"]:
                raise
        async with asyncio.timeout(self.patience_s):
            while True:
                refunds = (await self.http.get(path, session=self._session))["items"]
                if all(refund["status"] == "succeeded" for refund in refunds):
                    break
                await asyncio.sleep(_POLL_S)
        if len(refunds) != 1:
            raise TypeError(f"{len(refunds)} refunds, where one was asked for")
        return "refunded" if whole else "refunded a part"

    async def _step(self) -> None:
        """Wait for the act of the next step: often the present one, and some moment in it."""
        self._act += self.dice.choice((0, 0, 1))
        moment_s = self.dice.uniform(0.0, 1.5)
        await self.acts.reach(self._act)
        await asyncio.sleep(moment_s)

    async def _post(self, path: str, body: object, *, session: Session | None) -> Any:
        """Ask until there is an answer, with one key for a while.

        A request that died with its process keeps its key busy until its lease ends. Who does not wait for that begins
        anew with another key: the reservation or the order then makes it the same request.
        """
        for _ in range(BEGUN_ANEW_MAX):
            try:
                return await self.hasty.post(path, body, session=session)
            except UnreachableError:
                continue
        raise TimeoutError(f"no answer to POST {path}, however often it was begun anew")

    async def _hold(self) -> str:
        for _ in range(_HOLDS_MAX):
            seats = await self.free_seats.choose(self.dice, 3)
            assert seats, "the hall is too small for this test"
            if self.wish is Wish.GIVE_ONE_BACK and len(seats) == 1:
                continue
            self.free_seats.taken(seats)
            reservation_id = str(uuid4())
            path = f"/seating-plans/{self.free_seats.plan_id}/holds"
            try:
                await self._post(path, {"reservationId": reservation_id, "seatIds": seats}, session=self._session)
            except ApiRefusedError as refusal:
                if refusal.code != "seating.seat_taken":
                    raise
            else:
                return reservation_id
        raise TimeoutError("no seats after many tries")

    async def _order(self, reservation_id: str) -> Any:
        body: dict[str, object] = {
            "reservations": [{"kind": "seats", "reservationId": reservation_id}],
            "contact": {"email": f"buyer-{self.number}@demo.example.com"},
        }
        codes = {Wish.BUY_FOR_LESS: TENTH_OFF, Wish.BUY_FOR_NOTHING: ALL_OFF}
        if code := codes.get(self.wish):
            body["voucherCode"] = code
        return await self._post("/orders", body, session=self._session)

    async def _start_payment(self) -> Any:
        path = f"/orders/{self.order_id}/payments"
        payment = await self._post(path, {"method": "CARD"}, session=self._session)
        self.intent_id = payment["stripePaymentIntentId"]
        return payment

    async def _confirm(self, payment: Any, method: str) -> None:
        await self.http.confirm_at_stripe(
            payment["stripePaymentIntentId"], client_secret=payment["clientSecret"], method=method
        )

    async def _declined(self) -> None:
        try:
            await self._confirm(await self._start_payment(), DECLINED_CARD)
        except ApiRefusedError as refusal:
            if refusal.status != 402:
                raise
        else:
            raise TypeError("a card that is always declined was taken")
        await self._step()

    async def _cancel(self) -> str:
        if self.dice.random() < 0.5:
            await self._start_payment()
            await self._step()
        for _ in range(BEGUN_ANEW_MAX):
            try:
                order = await self._post(f"/orders/{self.order_id}/cancel", {}, session=self._session)
            except ApiRefusedError as refusal:
                if refusal.code != "request.stale_version":
                    raise
            else:
                return str(order["status"]).lower()
        raise TimeoutError("not cancelled after many tries")

    async def _status(self) -> str:
        return str((await self.http.get(f"/orders/{self.order_id}", session=self._session))["status"])

    async def _seen(self, order: Any) -> str:
        """Return once the order is confirmed and its passes are there, or once it has ended."""
        async with asyncio.timeout(self.patience_s):
            while (status := await self._status()) != "CONFIRMED":
                if status in _ENDED:
                    return "too late"
                await asyncio.sleep(_POLL_S)
            while await self._passes() < len(order["items"]):
                await asyncio.sleep(_POLL_S)
        return "bought"

    async def _passes(self) -> int:
        try:
            return len((await self.http.get(f"/orders/{self.order_id}/passes", session=self._session))["items"])
        except ApiRefusedError as refusal:
            if refusal.status != 404:  # admission has not heard of the order yet
                raise
            return 0
