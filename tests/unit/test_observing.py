"""Around the application: ids of requests, and who is told of them."""

import re
from collections.abc import Iterable
from typing import Any, override

import pytest
from litestar import Litestar, get
from litestar.params import FromPath
from litestar.testing import AsyncTestClient, TestClient
from litestar.types import Receive, Scope, Send

from adapters.http.observing import UNMATCHED, ObservedApp
from adapters.http.problems import EXCEPTION_HANDLERS
from adapters.system.observer import NOBODY, Answered, Observer, Observers, RequestEnded
from adapters.system.work_context import Work, current_work
from core.shared.errors import ForbiddenError


class Remembering(Observer):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.answered: list[Answered] = []
        self.works: list[Work] = []

    @override
    def request(self, method: str, headers: Iterable[tuple[bytes, bytes]], work: Work) -> RequestEnded:
        self.works.append(work)
        return self.answered.append


@get("/things/{thing_id:int}")
async def thing(thing_id: FromPath[int]) -> str:
    work = current_work()
    assert work is not None
    if thing_id == 0:
        raise ForbiddenError("Not yours.")
    if thing_id == 1:
        raise KeyError
    return str(work.request_id)


def app(observer: Observer = NOBODY) -> ObservedApp:
    return ObservedApp(Litestar([thing], openapi_config=None, exception_handlers=EXCEPTION_HANDLERS), observer)


def client(observer: Observer = NOBODY) -> AsyncTestClient[ObservedApp]:
    return AsyncTestClient(app(observer))


async def test_a_request_has_the_id_that_its_caller_gave_it() -> None:
    async with client() as http:
        answer = await http.get("/things/7", headers={"X-Request-ID": "abc-DEF_123"})
    assert answer.text == answer.headers["x-request-id"] == "abc-DEF_123"


@pytest.mark.parametrize("given", [None, "short", "x" * 65, "fay@example.com", "new\tline-or-so"])
async def test_what_is_no_id_is_replaced_by_one(given: str | None) -> None:
    async with client() as http:
        answer = await http.get("/things/7", headers={"X-Request-ID": given} if given else {})
    assert re.fullmatch("[0-9a-f-]{36}", answer.text)
    assert answer.headers["x-request-id"] == answer.text


async def test_who_watches_is_told_of_the_template_and_not_of_the_path() -> None:
    watcher = Remembering()
    async with client(watcher) as http:
        for path in ("/things/7", "/things/0", "/things/1", "/fay@example.com"):
            await http.get(path)
    told = [(each.method, each.route, each.status) for each in watcher.answered]
    route = "/things/{thing_id}"
    assert told == [("GET", route, 200), ("GET", route, 403), ("GET", route, 500), ("GET", UNMATCHED, 404)]
    assert [work.refusal for work in watcher.works] == [None, "access.forbidden", "service.fault", "request.not_found"]
    assert all(each.duration_s > 0 for each in watcher.answered)


async def test_several_who_watch_are_told_the_last_one_first_when_it_ends() -> None:
    told: list[str] = []

    class Named(Observer):
        def __init__(self, name: str) -> None:
            self.name = name

        @override
        def request(self, method: str, headers: Iterable[tuple[bytes, bytes]], work: Work) -> RequestEnded:
            told.append(f"{self.name} begins")
            return lambda _: told.append(f"{self.name} ends")

    async with client(Observers([Named("a"), NOBODY, Named("b")])) as http:
        await http.get("/things/7")
    assert told == ["a begins", "b begins", "b ends", "a ends"]


async def test_a_client_that_went_away_is_told_as_499() -> None:
    watcher = Remembering()

    async def gone(scope: Scope, receive: Receive, send: Send) -> None:
        raise ConnectionResetError

    async def nothing(*_: object) -> Any:
        return {}

    scope: Any = {"type": "http", "method": "GET", "path": "/", "headers": []}
    with pytest.raises(ConnectionResetError):
        await ObservedApp(gone, watcher)(scope, nothing, nothing)
    assert [each.status for each in watcher.answered] == [499]


def test_work_ends_with_its_request() -> None:
    with TestClient(app()) as http:
        http.get("/things/7")
    assert current_work() is None
