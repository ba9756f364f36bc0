"""What a link over gRPC promises: answers, refusals with all that was said, clear failures, and nobody unknown."""

import asyncio
from datetime import UTC, datetime
from typing import Any, override
from uuid import UUID, uuid4

import pytest

from core.seating.errors import SeatTakenError
from core.shared.errors import InvalidInputError, Problem, UnavailableError
from ports.published.refusals import LinkUnavailableError, RefusedError
from ports.published.seating import ReservedSeat, SeatingApi, SeatsReserved
from tests.links_world import asking, over_grpc, secured, serving

TENANT, RESERVATION, ORDER, ACCOUNT = (UUID(int=each) for each in range(1, 5))
UNTIL = datetime(2026, 6, 1, 12, 0, 0, 123456, tzinfo=UTC)
NAMES: dict[str, Any] = {"tenant_id": TENANT, "reservation_id": RESERVATION, "order_id": ORDER}


class Seats(SeatingApi):
    """Notes what it is asked, and answers, raises or waits as it is told."""

    def __init__(self) -> None:
        self.asked: list[object] = []
        self.raises: Exception | None = None
        self.takes_s = 0.0
        self.seats = 2
        self.under_way = 0
        self.most_under_way = 0

    async def _asked(self, *what: object) -> None:
        self.asked.append(what)
        self.under_way += 1
        self.most_under_way = max(self.under_way, self.most_under_way)
        try:
            await asyncio.sleep(self.takes_s)
            if self.raises is not None:
                raise self.raises
        finally:
            self.under_way -= 1

    def reserved(self) -> SeatsReserved:
        seat = ReservedSeat(
            seat_id=UUID(int=9), label="A-1-1", section="A", row="1", number="1", price_minor=2_500, currency="EUR"
        )
        return SeatsReserved(
            reservation_id=RESERVATION,
            plan_id=UUID(int=7),
            ticket_id=UUID(int=8),
            seats=(seat,) * self.seats,
            expires_at=UNTIL,
        )

    @override
    async def reserve(
        self,
        *,
        tenant_id: UUID,
        reservation_id: UUID,
        order_id: UUID,
        account_id: UUID,
        hold_token: str | None,
        until: datetime,
    ) -> SeatsReserved:
        await self._asked(tenant_id, reservation_id, order_id, account_id, hold_token, until)
        return self.reserved()

    @override
    async def protect(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID, until: datetime) -> None:
        await self._asked(tenant_id, reservation_id, order_id, until)

    @override
    async def finalise(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        await self._asked(tenant_id, reservation_id, order_id)

    @override
    async def reclaim(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        await self._asked(tenant_id, reservation_id, order_id)

    @override
    async def replace(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> SeatsReserved:
        await self._asked(tenant_id, reservation_id, order_id)
        return self.reserved()

    @override
    async def release(self, *, tenant_id: UUID, reservation_id: UUID, order_id: UUID) -> None:
        await self._asked(tenant_id, reservation_id, order_id)


@pytest.mark.parametrize("hold_token", [None, "", "token"])
async def test_a_call_arrives_as_it_was_made_and_so_does_its_answer(hold_token: str | None) -> None:
    seats = Seats()
    async with over_grpc(SeatingApi, seats) as remote:
        answer = await remote.reserve(**NAMES, account_id=ACCOUNT, hold_token=hold_token, until=UNTIL)
    assert answer == seats.reserved()
    assert seats.asked == [(TENANT, RESERVATION, ORDER, ACCOUNT, hold_token, UNTIL)]


async def test_a_call_without_an_answer_has_none() -> None:
    seats = Seats()
    async with over_grpc(SeatingApi, seats) as remote:
        await remote.release(**NAMES)
    assert seats.asked == [(TENANT, RESERVATION, ORDER)]


async def test_a_refusal_comes_back_with_all_that_was_said() -> None:
    seats = Seats()
    seats.raises = RefusedError("seating.x", "Não — 不行", [Problem("/seats/0", "is gone")], retry_after_s=7)
    async with over_grpc(SeatingApi, seats) as remote:
        with pytest.raises(RefusedError) as refused:
            await remote.finalise(**NAMES)
    assert (refused.value.refusal_code, refused.value.message) == ("seating.x", "Não — 不行")
    assert (refused.value.problems, refused.value.retry_after_s) == ((Problem("/seats/0", "is gone"),), 7)


async def test_a_refusal_of_the_context_itself_has_its_code() -> None:
    seats = Seats()
    async with over_grpc(SeatingApi, seats) as remote:
        for error in (SeatTakenError("Gone."), InvalidInputError("No.")):
            seats.raises = error
            with pytest.raises(RefusedError) as refused:
                await remote.finalise(**NAMES)
            assert (refused.value.refusal_code, refused.value.retry_after_s) == (error.code, None)


async def test_what_is_away_behind_the_other_service_is_unavailable() -> None:
    seats = Seats()
    seats.raises = UnavailableError("the database of a secret host is away")
    async with over_grpc(SeatingApi, seats) as remote:
        with pytest.raises(LinkUnavailableError) as away:
            await remote.finalise(**NAMES)
    assert "secret host" not in str(away.value)


async def test_a_service_that_is_not_there_is_unavailable() -> None:
    async with serving({SeatingApi: Seats()}) as port:
        pass
    async with asking(port, SeatingApi) as links:
        with pytest.raises(LinkUnavailableError):
            await links.get(SeatingApi).finalise(**NAMES)


async def test_a_server_that_is_started_again_is_found_again() -> None:
    first, second = Seats(), Seats()
    async with serving({SeatingApi: first}) as port:
        pass
    async with asking(port, SeatingApi) as links:
        remote = links.get(SeatingApi)
        async with serving({SeatingApi: first}, port=port):
            await found(remote)
        with pytest.raises(LinkUnavailableError):
            await remote.finalise(**NAMES)
        async with serving({SeatingApi: second}, port=port):
            await found(remote)
    assert first.asked and second.asked


async def found(remote: SeatingApi) -> None:
    """Ask until somebody answers, for ten seconds at most."""
    async with asyncio.timeout(10):
        while True:
            try:
                return await remote.finalise(**NAMES)
            except LinkUnavailableError:
                await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    "security", [secured(secret="another secret, which is as long as the first")], ids=["wrong secret"]
)
async def test_a_caller_that_is_not_known_is_refused(security: Any) -> None:
    seats = Seats()
    async with serving({SeatingApi: seats}) as port, asking(port, SeatingApi, security=security) as links:
        with pytest.raises(LinkUnavailableError, match="UNAUTHENTICATED"):
            await links.get(SeatingApi).finalise(tenant_id=uuid4(), reservation_id=uuid4(), order_id=uuid4())
    assert not seats.asked
