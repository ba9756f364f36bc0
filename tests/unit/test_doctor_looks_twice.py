"""What the doctor tells and what it leaves alone, and what becomes of repairs."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import override
from uuid import UUID, uuid4

import msgspec
import pytest
from rich.console import Console
from typer.testing import CliRunner

from adapters.cli.doctor import Visit, pay_visit
from adapters.memory.clock import MemoryClock
from adapters.memory.doctor import MemoryDeadLetters, MemoryFacts, MemoryRepairs, MemoryTimersArmed
from bootstrap.cli import app
from bootstrap.settings import SettingsError
from core.doctor.facts import Key, QuotaFacts, Span, StuckFacts
from core.doctor.findings import Drift, Finding
from core.doctor.repairs import CountQuota, Repair
from core.shared.errors import ForbiddenError
from ports.doctor import Patient, Repairs
from usecases.doctor.comparisons import Comparisons
from usecases.doctor.examine import Compared, Examine, Patience
from usecases.doctor.mend import Mend

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TENANT = UUID(int=0xA)
PATIENCE = Patience(grace_s=60, pause_s=3)


def a_quota(number: int, *, sold: int = 1, busy: bool = False) -> QuotaFacts:
    key = Key(TENANT, UUID(int=number))
    return QuotaFacts(key=key, reserved=0, sold=sold, entries_reserved=0, entries_sold=0, busy=busy)


def a_dead_event(number: int, *, age_s: float) -> StuckFacts:
    since = NOON - timedelta(seconds=age_s)
    return StuckFacts(key=Key(TENANT, UUID(int=number)), what="news", since=since, told="nobody listened")


class Clinic:
    """A doctor over a patient in memory; `meanwhile` happens between the two looks."""

    def __init__(self, quotas: Sequence[QuotaFacts] = (), events: Sequence[StuckFacts] = ()) -> None:
        self.quotas, self.events = MemoryFacts(quotas), MemoryFacts(events)
        self.dead_letters: dict[str, int] = {}
        self.pauses: list[float] = []
        self.after: Sequence[QuotaFacts] | None = None

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if self.after is not None:
            self.quotas.facts = list(self.after)

    async def compared(self, patience: Patience = PATIENCE, *, tenant_id: UUID | None = None) -> list[Compared]:
        return [done async for done in self.examine(patience)(tenant_id)]

    def examine(self, patience: Patience = PATIENCE) -> Examine:
        patient = Patient(
            orders=MemoryFacts(),
            payments=MemoryFacts(),
            entries=MemoryFacts(),
            owned_seats=MemoryFacts(),
            places=MemoryFacts(),
            quotas=self.quotas,
            passes=MemoryFacts(),
            tied_passes=MemoryFacts(),
            offers=MemoryFacts(),
            operations=MemoryFacts(),
            webhooks=MemoryFacts(),
            events={"order": self.events},
            timers=MemoryTimersArmed(),
            dead_letters=MemoryDeadLetters(self.dead_letters),
        )
        clock = MemoryClock(NOON)
        return Examine(Comparisons(patient, clock), clock, self.pause, patience)

    async def visited(self, asked: Visit, repairs: Repairs | None = None) -> tuple[int, str]:
        """Return the exit status, and what was printed."""

        async def mend() -> Mend:
            assert repairs is not None, "nothing was to be mended"
            return Mend(repairs)

        console = Console(file=io.StringIO(), width=200)
        status = await pay_visit(asked, self.examine(), mend, console)
        assert isinstance(console.file, io.StringIO)
        return status, console.file.getvalue()

    async def found(self, patience: Patience = PATIENCE) -> list[Finding]:
        return [finding for done in await self.compared(patience) for finding in done.findings]


async def test_what_is_gone_at_the_second_look_is_no_drift() -> None:
    clinic = Clinic([a_quota(1), a_quota(2)])
    clinic.after = [a_quota(1, sold=0), a_quota(2)]
    assert [each.key.id for each in await clinic.found()] == [UUID(int=2)]
    assert clinic.pauses == [3]


async def test_what_comes_between_the_looks_is_for_the_next_visit() -> None:
    clinic = Clinic([a_quota(1)])
    clinic.after = [a_quota(1), a_quota(2)]
    assert [each.key.id for each in await clinic.found()] == [UUID(int=1)]


async def test_nothing_is_waited_for_where_all_is_well() -> None:
    clinic = Clinic([a_quota(1, sold=0), a_quota(2, busy=True)])
    assert await clinic.found() == []
    assert clinic.pauses == []


@pytest.mark.parametrize(("age_s", "told"), [(60, True), (59.999, False)])
async def test_what_is_younger_than_the_grace_is_under_way(age_s: float, told: bool) -> None:
    found = await Clinic(events=[a_dead_event(1, age_s=age_s)]).found()
    assert [each.kind for each in found] == [Drift.EVENT_DEAD] * told


async def test_a_thousand_things_are_walked_over_page_by_page_and_each_once() -> None:
    seen: list[int] = []

    class Counted(MemoryFacts[QuotaFacts]):
        @override
        async def page(self, span: Span, *, facts_max: int) -> Sequence[QuotaFacts]:
            page = await super().page(span, facts_max=facts_max)
            seen.append(len(page))
            return page

    clinic = Clinic()
    clinic.quotas = Counted([a_quota(number, sold=number % 500 == 7) for number in range(1, 1_201)])
    [quotas] = [done for done in await clinic.compared() if done.things]
    assert (quotas.things, [each.key.id.int for each in quotas.findings]) == (1_200, [7, 507, 1_007])
    assert max(seen) <= 500
    assert len(seen) == 4 + 6  # and each page with a suspect once more, with what comes after it


async def test_no_more_is_told_than_anybody_reads() -> None:
    patience = Patience(grace_s=0, pause_s=0, findings_max=3)
    [quotas] = [done for done in await Clinic([a_quota(n) for n in range(1, 9)]).compared(patience) if done.things]
    assert (len(quotas.findings), quotas.more) == (3, True)


async def test_dead_letters_are_told_of_with_those_of_all_organisations() -> None:
    clinic = Clinic()
    clinic.dead_letters = {"fairseat.orders.confirm_order.dead": 2, "fairseat.seating.publish_map.dead": 0}
    assert [dict(each.ids)["messages"] for each in await clinic.found()] == ["2"]
    assert [done.findings for done in await clinic.compared(tenant_id=uuid4()) if done.findings] == []


async def test_a_repair_that_is_refused_is_told_and_the_others_are_done(caplog: pytest.LogCaptureFixture) -> None:
    class Strict(MemoryRepairs):
        @override
        async def do(self, tenant_id: UUID, repair: Repair) -> None:
            if repair == CountQuota(UUID(int=1)):
                raise ForbiddenError("not now")
            await super().do(tenant_id, repair)

    clinic, repairs = Clinic([a_quota(1), a_quota(2)]), Strict()
    status, told = await clinic.visited(Visit(repair=True, as_json=True), repairs)
    assert repairs.done == [(TENANT, CountQuota(UUID(int=2)))]
    assert [("not done" in line, str(TENANT) in line) for line in caplog.messages] == [(True, True), (False, True)]
    findings = msgspec.json.decode(told)["findings"]
    assert [(each["repaired"], each["refusal"]) for each in findings] == [
        (False, "ForbiddenError: not now"),
        (True, None),
    ]
    assert status == 1


async def test_the_status_says_whether_anything_is_left() -> None:
    clinic, repairs = Clinic([a_quota(1)]), MemoryRepairs()
    status, told = await clinic.visited(Visit())
    assert (status, "would repair: count the ticket's places anew" in told) == (1, True)
    status, told = await clinic.visited(Visit(repair=True, confirm=lambda count: count != 1))
    assert (status, repairs.done) == (1, [])
    status, told = await clinic.visited(Visit(repair=True), repairs)
    assert (status, repairs.done) == (0, [(TENANT, CountQuota(UUID(int=1)))])
    status, told = await Clinic([a_quota(1, sold=0)]).visited(Visit(repair=True))
    assert (status, "quotas with their entries: 1 compared, all agree" in told) == (0, True)


async def test_what_staff_must_do_is_left_by_a_repair() -> None:
    clinic = Clinic()
    clinic.dead_letters = {"fairseat.orders.confirm_order.dead": 2}
    status, told = await clinic.visited(Visit(repair=True))
    assert (status, "staff: Read why" in told) == (1, True)


def test_a_json_object_cannot_ask_whether_to_mend() -> None:
    answer = CliRunner().invoke(app, ["doctor", "--repair", "--json"])
    assert isinstance(answer.exception, SettingsError)
