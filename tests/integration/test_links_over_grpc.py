"""What a link over gRPC promises: answers, refusals with all that was said, clear failures, and nobody unknown."""

import asyncio
from typing import Any

import grpc
import grpc.aio
import pytest

from adapters.grpc.contracts import contract_of
from adapters.grpc.messages import MalformedMessageError
from adapters.grpc.policies import MESSAGE_BYTES_MAX, TRIES_MAX
from core.seating.errors import SeatTakenError
from core.shared.errors import InvalidInputError, Problem, UnavailableError
from ports.published.payments import PaymentsApi
from ports.published.refusals import LinkUnavailableError, RefusedError
from ports.published.seating import SeatingApi
from ports.published.venues import VenuesApi
from tests.links_world import (
    ACCOUNT,
    NAMES,
    ORDER,
    RESERVATION,
    TENANT,
    UNTIL,
    Seats,
    asking,
    over_grpc,
    raw_call,
    serving,
)
from tests.wires import Wire


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


async def test_a_connection_that_breaks_during_a_call_ends_it_and_is_made_again() -> None:
    seats = Seats()
    async with serving({SeatingApi: seats}) as port, Wire.to(f"tcp://127.0.0.1:{port}") as wire:
        through = int(wire.url("tcp://127.0.0.1").rpartition(":")[2])
        async with asking(through, SeatingApi) as links:
            remote = links.get(SeatingApi)
            await remote.finalise(**NAMES)
            seats.takes_s = 60.0
            call = asyncio.create_task(remote.finalise(**NAMES))
            await seats.busy()
            await wire.cut()
            with pytest.raises(LinkUnavailableError):
                await call
            seats.takes_s = 0.0
            await wire.mend()
            await found(remote)


async def test_two_thousand_calls_at_once_all_arrive_a_hundred_at_a_time() -> None:
    seats = Seats()
    async with over_grpc(SeatingApi, seats) as remote:
        await asyncio.gather(*(remote.finalise(**NAMES) for _ in range(2_000)))
    assert len(seats.asked) == 2_000
    assert 1 < seats.most_under_way <= 100


async def test_so_many_may_wait_for_their_turn_and_no_more() -> None:
    seats = Seats()
    seats.takes_s = 60.0
    async with serving({SeatingApi: seats}) as port, asking(port, SeatingApi, calls_max=1, waiting_max=1) as links:
        remote = links.get(SeatingApi)
        first = asyncio.create_task(remote.finalise(**NAMES))
        await seats.busy()
        second = asyncio.create_task(remote.finalise(**NAMES))
        await asyncio.sleep(0)
        with pytest.raises(LinkUnavailableError, match="Too many wait"):
            await remote.finalise(**NAMES)
        for each in (first, second):
            each.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
        seats.takes_s = 0.0
        await remote.finalise(**NAMES)


async def test_a_server_answers_so_many_calls_at_once_and_no_more() -> None:
    seats = Seats()
    seats.takes_s = 60.0
    async with serving({SeatingApi: seats}, calls_max=1) as port, asking(port, SeatingApi) as links:
        remote = links.get(SeatingApi)
        first = asyncio.create_task(remote.finalise(**NAMES))
        await seats.busy()
        with pytest.raises(LinkUnavailableError, match="RESOURCE_EXHAUSTED"):
            await remote.finalise(**NAMES)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


async def test_a_call_ends_at_its_deadline_on_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    seats = Seats()
    seats.takes_s = 60.0
    monkeypatch.setattr("adapters.grpc.clients.deadline_s", lambda *_: 0.2)
    async with over_grpc(SeatingApi, seats) as remote:
        with pytest.raises(LinkUnavailableError, match="DEADLINE_EXCEEDED"):
            await remote.finalise(**NAMES)
        await seats.idle()


async def test_the_wait_for_a_turn_counts_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    seats = Seats()
    seats.takes_s = 60.0
    async with serving({SeatingApi: seats}) as port, asking(port, SeatingApi, calls_max=1) as links:
        remote = links.get(SeatingApi)
        first = asyncio.create_task(remote.finalise(**NAMES))
        await seats.busy()
        monkeypatch.setattr("adapters.grpc.clients.deadline_s", lambda *_: 0.05)
        with pytest.raises(LinkUnavailableError, match="in time"):
            await remote.finalise(**NAMES)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


async def test_whoever_gives_a_call_up_ends_it_on_the_other_side() -> None:
    seats = Seats()
    seats.takes_s = 60.0
    async with over_grpc(SeatingApi, seats) as remote:
        call = asyncio.create_task(remote.finalise(**NAMES))
        await seats.busy()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await seats.idle()


async def test_links_that_are_closed_end_what_is_under_way_and_ask_no_more() -> None:
    seats = Seats()
    seats.takes_s = 60.0
    async with serving({SeatingApi: seats}) as port, asking(port, SeatingApi) as links:
        remote = links.get(SeatingApi)
        call = asyncio.create_task(remote.finalise(**NAMES))
        await seats.busy()
        await links.close()
        for each in (call, remote.finalise(**NAMES)):
            with pytest.raises(LinkUnavailableError, match="closed"):
                await each


async def test_a_call_without_a_deadline_is_refused() -> None:
    seats = Seats()
    async with serving({SeatingApi: seats}) as port:
        code = await raw_call(port, SeatingApi, "finalise", finalise(), timeout=None)
    assert (code, seats.asked) == (grpc.StatusCode.INVALID_ARGUMENT, [])


async def test_no_deadline_is_longer_than_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.grpc.server.DEADLINE_MAX_S", 0.05)
    seats = Seats()
    seats.takes_s = 60.0
    async with serving({SeatingApi: seats}) as port:
        code = await raw_call(port, SeatingApi, "finalise", finalise(), timeout=3_600)
    assert (code, seats.under_way) == (grpc.StatusCode.DEADLINE_EXCEEDED, 0)


def finalise() -> bytes:
    """Return a request as it should be."""
    [call] = [each for each in contract_of(SeatingApi).calls if each.name == "finalise"]
    return call.write_arguments(**NAMES)


async def test_none_where_something_is_needed_is_not_sent() -> None:
    seats = Seats()
    async with over_grpc(SeatingApi, seats) as remote:
        with pytest.raises(MalformedMessageError, match=r"FinaliseRequest\.order_id is None"):
            await remote.finalise(**{**NAMES, "order_id": None})
    assert not seats.asked


@pytest.mark.parametrize(
    "request_", [b"", finalise()[:38], b"\xff" * 9, finalise().replace(b"0" * 8, b"no-uuid.")], ids=range(4)
)
async def test_a_request_that_says_too_little_or_nonsense_is_refused(request_: bytes) -> None:
    seats = Seats()
    async with serving({SeatingApi: seats}) as port:
        code = await raw_call(port, SeatingApi, "finalise", request_)
    assert (code, seats.asked) == (grpc.StatusCode.INVALID_ARGUMENT, [])


async def test_a_contract_that_is_not_served_there_is_unavailable() -> None:
    async with serving({SeatingApi: Seats()}) as port, asking(port, VenuesApi) as links:
        with pytest.raises(LinkUnavailableError, match="UNIMPLEMENTED"):
            await links.get(VenuesApi).all_venues(tenant_id=TENANT)


async def test_a_contract_without_an_address_cannot_be_had() -> None:
    async with asking(1, SeatingApi) as links:
        with pytest.raises(LookupError, match="VenuesApi"):
            links.get(VenuesApi)


@pytest.mark.parametrize("answer", [None, "something else"])
async def test_an_answer_that_is_not_as_agreed_is_a_fault(answer: Any, caplog: pytest.LogCaptureFixture) -> None:
    seats = Seats()
    seats.reserved = lambda: answer  # type: ignore[method-assign]  # an implementation that is wrong
    async with over_grpc(SeatingApi, seats) as remote:
        with pytest.raises(LinkUnavailableError, match="INTERNAL"):
            await remote.replace(**NAMES)
    assert "unexpected" in caplog.text


async def test_a_fault_tells_nothing_of_itself_and_is_recorded(caplog: pytest.LogCaptureFixture) -> None:
    seats = Seats()
    seats.raises = RuntimeError("password=hunter2")
    async with serving({SeatingApi: seats}) as port, asking(port, SeatingApi) as links:
        with pytest.raises(LinkUnavailableError, match="INTERNAL") as fault:
            await links.get(SeatingApi).finalise(**NAMES)
    assert isinstance(fault.value.__cause__, grpc.aio.AioRpcError)
    assert "hunter2" not in (fault.value.__cause__.details() or "")
    assert "hunter2" in caplog.text


async def test_an_answer_may_be_large_and_one_that_is_too_large_is_refused() -> None:
    seats = Seats()
    seats.seats = 1
    async with over_grpc(SeatingApi, seats) as remote:
        seats.label = "x" * (MESSAGE_BYTES_MAX - 1_000)
        assert await remote.replace(**NAMES) == seats.reserved()
        seats.label = "x" * MESSAGE_BYTES_MAX
        with pytest.raises(LinkUnavailableError, match="RESOURCE_EXHAUSTED"):
            await remote.replace(**NAMES)
        seats.label = "A-1-1"
        assert await remote.replace(**NAMES) == seats.reserved()


async def test_a_refusal_of_many_words_arrives_with_as_many_as_there_is_room_for() -> None:
    seats = Seats()
    seats.raises = InvalidInputError(
        "No. " * 10_000, [Problem(f"/seats/{each}", "é\ud800" * 50) for each in range(9_999)]
    )
    async with over_grpc(SeatingApi, seats) as remote:
        with pytest.raises(RefusedError) as refused:
            await remote.finalise(**NAMES)
    assert refused.value.refusal_code == "request.invalid"
    assert refused.value.message.startswith("No. No. ")
    assert [each.pointer for each in refused.value.problems[:2]] == ["/seats/0", "/seats/1"]
    assert 100 < len(refused.value.problems) < 9_999


@pytest.mark.parametrize(
    ("api", "method", "tries"),
    [(SeatingApi, "finalise", TRIES_MAX), (PaymentsApi, "cancel", 1)],
    ids=["repeated", "not"],
)
async def test_what_may_be_repeated_is_tried_again_when_the_server_is_not_reached(
    api: type, method: str, tries: int
) -> None:
    tried = 0

    async def nobody_home(request: bytes, context: Any) -> bytes:
        nonlocal tried
        tried += 1
        await context.abort(grpc.StatusCode.UNAVAILABLE)
        return request

    contract = contract_of(api)
    handler = grpc.unary_unary_rpc_method_handler(nobody_home)
    server = grpc.aio.server()
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler(contract.service, {call.rpc: handler for call in contract.calls})]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    names = {"tenant_id": TENANT, "order_id": ORDER} | ({"reservation_id": RESERVATION} if api is SeatingApi else {})
    try:
        async with asking(port, api) as links:
            with pytest.raises(LinkUnavailableError):
                await getattr(links.get(api), method)(**names)
    finally:
        await server.stop(None)
    assert tried == tries


async def test_what_arrived_is_not_tried_again_by_the_link() -> None:
    seats = Seats()
    seats.raises = UnavailableError("The database is away.")
    async with over_grpc(SeatingApi, seats) as remote:
        with pytest.raises(LinkUnavailableError):
            await remote.finalise(**NAMES)
    assert len(seats.asked) == 1
