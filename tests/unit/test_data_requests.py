"""A copy of one's data and being forgotten: when it is whole, who is asked again, and what is left of the request."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import override
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from adapters.memory.clock import MemoryClock
from adapters.memory.messaging import MemoryMessages
from adapters.memory.personal_data import MemoryPersonalData, MemoryPersonalDataAnswers, MemoryPersonMessages
from adapters.memory.users import MemoryDueRequests, MemoryUserTransactions
from adapters.system.ids import Uuid7Source
from core.identity.access import ACCESS_TTL
from core.shared.ids import AccountId
from core.users.data_requests import ASK_AGAIN_S, BUNDLE_DAYS, FRESH_S, SECOND_LOOK_S, SERVICES, RequestStatus
from core.users.errors import AccountOfPersonNeededError, PassesToComeError, PersonErasedError
from ports.events import Delivery, Event
from ports.personal_data import ServiceName
from ports.published.admission_persons import PassesOfPersonApi, PassToCome
from ports.published.identity import IdentityApi, PersonsApi, VerifiedToken
from ports.published.personal_data import KeptRecord, PersonalDataCollected, PersonalDataErased
from ports.published.refusals import RefusedError
from ports.published.users import ErasureRequested, ExportRequested, PersonErased
from usecases.personal_data.erase_person import ErasePerson
from usecases.personal_data.hand_over import RECORDS_A_PAGE_MAX, HandOverPersonalData
from usecases.users.ask_for_erasure import AskForErasure
from usecases.users.ask_for_export import AskForExport
from usecases.users.gather_answers import GatherErasure, GatherPage
from usecases.users.own_profile import OwnProfile
from usecases.users.tend_data_requests import TendDataRequests

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANN = VerifiedToken(account_id=uuid7())
GUEST = VerifiedToken(account_id=uuid7(), guest=True)
KEPT = (KeptRecord(what="sums", why="law"),)


@dataclass
class Neighbours(IdentityApi, PersonsApi, PassesOfPersonApi):
    """Identity and admission, as the user service sees them."""

    passes: tuple[PassToCome, ...] = ()

    @override
    async def email_of(self, *, account_id: UUID) -> str | None:
        return "Ann@Mail.Example.com"

    @override
    async def confirm_erasure(
        self, *, account_id: UUID, password: str, totp_code: str | None, address: str | None
    ) -> None:
        if password != "right":
            raise RefusedError("identity.wrong_password", "This is not the password of the account.")

    @override
    async def passes_to_come(self, *, account_id: UUID) -> tuple[PassToCome, ...]:
        return self.passes


@dataclass
class World:
    """The user service alone; the others' answers are given by hand."""

    clock: MemoryClock = field(default_factory=lambda: MemoryClock(NOON))
    messages: MemoryMessages = field(default_factory=lambda: MemoryMessages(ids=Uuid7Source()))
    neighbours: Neighbours = field(default_factory=Neighbours)

    def __post_init__(self) -> None:
        self.users = MemoryUserTransactions(self.messages)
        ids = Uuid7Source()
        self.ask = AskForExport(self.users, self.neighbours, ids, self.clock)
        self.erase = AskForErasure(self.users, self.neighbours, self.neighbours, self.neighbours, ids, self.clock)
        self.tend = TendDataRequests(self.users, MemoryDueRequests(self.users), self.clock)

    def told[E: Event](self, kind: type[E]) -> list[E]:
        return [each.decode(kind) for each in self.messages.events if each.type == kind.event_type]

    async def collect(self, service: str, *, page: int = 1, pages: int = 1) -> None:
        request = self.told(ExportRequested)[-1]
        event = PersonalDataCollected(
            request_id=request.request_id,
            account_id=request.account_id,
            service=service,
            page=page,
            pages=pages,
            data={"things": [{"page": page}]},
        )
        await GatherPage(self.users, self.clock)(event, Delivery(event_id=uuid7(), tenant_id=None))

    async def forgot(self, service: str, **removed: int) -> None:
        request = self.told(ErasureRequested)[-1]
        event = PersonalDataErased(
            request_id=request.request_id, account_id=request.account_id, service=service, removed=removed, kept=KEPT
        )
        await GatherErasure(self.users, self.clock)(event, Delivery(event_id=uuid7(), tenant_id=None))


@pytest.fixture
def world() -> World:
    return World()


async def test_a_copy_is_whole_when_every_page_of_every_service_has_come(world: World) -> None:
    begun = await world.ask(ANN, fresh=False)
    assert begun.bundle is None
    assert begun.request.missing == SERVICES
    for service in SERVICES[1:]:
        await world.collect(service)
    await world.collect(SERVICES[0], page=2, pages=2)
    await world.collect(SERVICES[0], page=2, pages=2)
    under_way = await world.ask(ANN, fresh=True)
    assert (under_way.bundle, under_way.request.missing) == (None, SERVICES[:1])
    await world.collect(SERVICES[0], page=1, pages=2)
    done = await world.ask(ANN, fresh=False)
    assert done.bundle is not None
    assert set(done.bundle["services"]) == set(SERVICES)
    assert done.bundle["services"][SERVICES[0]] == {"things": [{"page": 1}, {"page": 2}]}
    assert len(world.told(ExportRequested)) == 1


async def test_a_copy_is_made_anew_when_it_is_a_day_old_or_a_fresh_one_is_asked_for(world: World) -> None:
    await world.ask(ANN, fresh=False)
    for service in SERVICES:
        await world.collect(service)
    world.clock.move(seconds=FRESH_S - 1)
    assert (await world.ask(ANN, fresh=False)).bundle is not None
    world.clock.move(seconds=1)
    assert (await world.ask(ANN, fresh=False)).bundle is None
    assert len(world.told(ExportRequested)) == 2


async def test_a_copy_is_deleted_after_its_days(world: World) -> None:
    await world.ask(ANN, fresh=False)
    for service in SERVICES:
        await world.collect(service)
    world.clock.move(seconds=BUNDLE_DAYS * 86_400 - 1)
    assert await world.tend() == 0
    world.clock.move(seconds=1)
    assert await world.tend() == 1
    assert await world.tend() == 0
    [state] = world.users.states.values()
    assert (state.bundles, [each.status for each in state.requests.values()]) == ({}, [RequestStatus.EXPIRED])


async def test_who_does_not_answer_is_asked_again_later_and_later(world: World) -> None:
    await world.ask(ANN, fresh=False)
    for wait_s in (ASK_AGAIN_S, 2 * ASK_AGAIN_S, 4 * ASK_AGAIN_S):
        world.clock.move(seconds=wait_s - 1)
        assert await world.tend() == 0
        world.clock.move(seconds=1)
        assert await world.tend() == 1
    assert len(world.told(ExportRequested)) == 4


async def test_an_erasure_is_over_when_every_service_has_forgotten_and_keeps_no_address(world: World) -> None:
    request = await world.erase(ANN, password="right", give_up_passes=False)
    assert request.email == "ann@mail.example.com"
    for service in SERVICES[1:]:
        await world.forgot(service, things=1)
    assert world.told(PersonErased) == []
    await world.forgot(SERVICES[0])
    [over] = world.told(PersonErased)
    assert over.account_id == ANN.account_id
    again = await world.erase(ANN, password="wrong", give_up_passes=False)
    assert (again.id, again.status, again.email) == (request.id, RequestStatus.DONE, None)
    assert again.parts[SERVICES[1]].removed == {"things": 1}


async def test_everybody_is_asked_once_more_when_no_token_of_the_person_can_be_left(world: World) -> None:
    await world.erase(ANN, password="right", give_up_passes=False)
    for service in SERVICES:
        await world.forgot(service, things=1)
    assert timedelta(seconds=SECOND_LOOK_S) > ACCESS_TTL
    world.clock.move(seconds=SECOND_LOOK_S - 1)
    assert await world.tend() == 0
    world.clock.move(seconds=1)
    assert await world.tend() == 1
    assert [each.email for each in world.told(ErasureRequested)] == ["ann@mail.example.com", None]
    for service in SERVICES[:-1]:
        await world.forgot(service, things=1)
    world.clock.move(seconds=ASK_AGAIN_S)
    assert await world.tend() == 1, "who does not answer the second time is asked again too"
    assert len(world.told(PersonErased)) == 1
    await world.forgot(SERVICES[-1])
    assert len(world.told(PersonErased)) == 2
    over = await world.erase(ANN, password="wrong", give_up_passes=False)
    assert (over.status, over.second_look, over.due_at) == (RequestStatus.DONE, True, None)
    assert over.parts[SERVICES[0]].removed == {"things": 2}
    world.clock.move(seconds=365 * 86_400)
    assert await world.tend() == 0
    assert len(world.told(ErasureRequested)) == 3


async def test_who_asked_to_be_forgotten_is_not_known_any_more(world: World) -> None:
    await world.erase(ANN, password="right", give_up_passes=False)
    with pytest.raises(PersonErasedError):
        await OwnProfile(world.users, world.clock).read(ANN)
    with pytest.raises(PersonErasedError):
        await world.ask(ANN, fresh=True)


async def test_an_erasure_needs_the_password_and_a_word_about_passes_to_come(world: World) -> None:
    world.neighbours.passes = (PassToCome(pass_id=uuid7(), event_title="Tosca", event_starts_at=NOON),)
    with pytest.raises(RefusedError):
        await world.erase(ANN, password="wrong", give_up_passes=True)
    with pytest.raises(PassesToComeError) as refused:
        await world.erase(ANN, password="right", give_up_passes=False)
    assert [each.message for each in refused.value.problems] == ["Tosca, 2026-11-21T12:00:00Z"]
    assert world.told(ErasureRequested) == []
    await world.erase(ANN, password="right", give_up_passes=True)
    assert len(world.told(ErasureRequested)) == 1


async def test_guests_have_nothing_to_ask_for(world: World) -> None:
    with pytest.raises(AccountOfPersonNeededError):
        await world.ask(GUEST, fresh=False)
    with pytest.raises(AccountOfPersonNeededError):
        await world.erase(GUEST, password="right", give_up_passes=True)


@pytest.mark.parametrize(("records", "pages"), [(0, 1), (RECORDS_A_PAGE_MAX, 1), (RECORDS_A_PAGE_MAX + 1, 2)])
async def test_a_service_answers_in_pages_and_also_when_it_has_nothing(world: World, records: int, pages: int) -> None:
    account_id = AccountId(ANN.account_id)
    data = MemoryPersonalData({account_id: {"things": [{"n": n} for n in range(records)]}})
    answers = MemoryPersonalDataAnswers(world.messages, world.clock)
    request = ExportRequested(request_id=uuid7(), account_id=account_id, email=None)
    delivery = Delivery(event_id=uuid7(), tenant_id=None)
    await HandOverPersonalData(ServiceName("order"), data, answers)(request, delivery)
    told = world.told(PersonalDataCollected)
    assert [(each.service, each.page, each.pages) for each in told] == [
        ("order", n, pages) for n in range(1, pages + 1)
    ]
    assert sum(len(each.data.get("things", [])) for each in told) == records


async def test_a_service_that_is_asked_twice_to_forget_answers_twice(world: World) -> None:
    account_id = AccountId(ANN.account_id)
    data = MemoryPersonalData({account_id: {"things": [{"n": 1}]}}, kept=KEPT)
    answers = MemoryPersonalDataAnswers(world.messages, world.clock)
    usecase = ErasePerson(ServiceName("order"), data, MemoryPersonMessages(world.messages), answers)
    request = ErasureRequested(request_id=uuid7(), account_id=account_id, email=None)
    for _ in range(2):
        await usecase(request, Delivery(event_id=uuid7(), tenant_id=None))
    assert [each.removed for each in world.told(PersonalDataErased)] == [{"things": 1}, {}]
    assert all(each.kept == KEPT for each in world.told(PersonalDataErased))
