"""The text of a seat map: one truth in two forms and three codings, written once for all who want the same."""

import asyncio
import json
import random
import zlib
from dataclasses import replace
from typing import Any

import pytest
import zstandard

from adapters.http import seat_map_answers
from adapters.http.content_codings import Coding
from adapters.http.seat_map_answers import SeatMapAnswers
from adapters.http.seat_map_texts import SEAT_FIELDS, Form, SeatMapText, form_of
from adapters.memory.clock import MemoryIds
from core.seating.catalogue import NO_ALLOTMENTS, Catalogue
from core.seating.plans import PlannedSeat, Section
from core.seating.price_tiers import PriceTier
from core.shared.errors import InvalidInputError
from core.shared.ids import PriceTierId, TenantId
from core.shared.money import Money
from ports.seat_map import MapEventId
from tests.seating_world import a_plan, a_tenant
from usecases.seating.seats_snapshot import WORDS, SeatMap

ODD = 'a "quoted" \\ label\x00 with a ü, "status":"?" and \u2028'


def a_map(*, rows: int = 41, columns: int = 50, seed: int = 1) -> SeatMap:
    """Return a map of 2,050 seats in all states, some with a tier and with odd texts."""
    plan, layout = a_plan(rows=rows, columns=columns)
    tier = PriceTier(PriceTierId(MemoryIds().new()), "Gold", Money(9900, "EUR"))
    seats = list(layout.seats)
    seats[3] = replace(
        seats[3],
        label=ODD,
        category="Box",
        price_tier_id=tier.id,
        price_minor=9900,
        x=1.5,
        attributes={"status": "\x00", "accessible": 1.0},
    )
    catalogue = Catalogue.of(plan, replace(layout, seats=tuple(seats)), (tier,))
    letters = "".join(random.Random(seed).choices("AHRSB", k=len(seats)))
    return SeatMap(catalogue, letters, MapEventId(7, 1))


def written(seat_map: SeatMap, form: Form) -> Any:
    return json.loads(SeatMapText.of(seat_map.catalogue, form).packed(seat_map, Coding.IDENTITY))


def everything(seat: PlannedSeat, letter: str) -> dict[str, Any]:
    return {
        "id": str(seat.id),
        "label": seat.label,
        "row": seat.row,
        "number": seat.number,
        "column": seat.column,
        "sectionId": str(seat.section_id),
        "status": WORDS[letter],
        "price": {"amount": seat.price_minor, "currency": "EUR"},
        "priceTierId": str(seat.price_tier_id) if seat.price_tier_id else None,
        "category": seat.category,
        "x": seat.x,
        "y": seat.y,
        "attributes": dict(seat.attributes),
        "table": None,
    }


def sections(found: tuple[Section, ...]) -> list[str]:
    return [str(section.id) for section in found]


def test_the_full_form_has_every_seat_with_all_its_members_and_its_state() -> None:
    seat_map = a_map()
    text = SeatMapText.of(seat_map.catalogue, form_of(None, compact=False))
    for seen in (seat_map, replace(seat_map, letters="A" * 2_049 + "S"), seat_map):
        body = json.loads(text.packed(seen, Coding.IDENTITY))
        assert list(body) == ["planId", "planVersion", "pricesChangeAt", "eventId", "sections", "priceTiers", "seats"]
        assert (body["planId"], body["planVersion"]) == (str(seen.catalogue.plan.id), 1)
        assert body["eventId"] == "7-1"
        assert [section["id"] for section in body["sections"]] == sections(seen.catalogue.sections)
        assert body["priceTiers"][0]["price"] == {"amount": 9900, "currency": "EUR"}
        assert body["seats"] == [everything(*pair) for pair in zip(seen.catalogue.seats, seen.letters, strict=True)]


@pytest.mark.parametrize("fields", ["status", "label", "", "id", "label,status", "attributes,x,status,y"])
def test_the_full_form_has_the_members_that_were_asked_for_and_always_the_id(fields: str) -> None:
    seat_map = a_map()
    wanted = {"id", *fields.split(",")}
    assert written(seat_map, form_of(fields, compact=False))["seats"] == [
        {name: value for name, value in everything(*pair).items() if name in wanted}
        for pair in zip(seat_map.catalogue.seats, seat_map.letters, strict=True)
    ]


def test_the_compact_form_says_the_same_as_the_full_one() -> None:
    seat_map = a_map()
    body = written(seat_map, form_of(None, compact=True))
    words = [WORDS[letter] for letter in body["states"]]
    columns = dict(body["seats"])
    columns["sectionId"] = [body["sections"][place]["id"] for place in columns.pop("section")]
    tiers = columns.pop("priceTier")
    columns["priceTierId"] = [body["priceTiers"][place]["id"] if place is not None else None for place in tiers]
    columns["price"] = [{"amount": minor, "currency": body["currency"]} for minor in columns["price"]]
    columns["status"] = words
    names = list(columns)
    rebuilt = [dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    full = written(seat_map, form_of(None, compact=False))
    assert rebuilt == full["seats"]
    for name in ("planId", "planVersion", "pricesChangeAt", "eventId"):
        assert body[name] == full[name]


def test_who_has_the_rest_gets_the_states_and_nothing_else() -> None:
    seat_map = replace(a_map(), event_id=None)
    assert written(seat_map, form_of("status", compact=True)) == {
        "planId": str(seat_map.catalogue.plan.id),
        "planVersion": 1,
        "pricesChangeAt": None,
        "eventId": None,
        "states": seat_map.letters,
    }
    without = written(seat_map, form_of("id,label", compact=True))
    assert set(without["seats"]) == {"id", "label"} and "states" not in without


def test_an_empty_plan_has_a_map_too() -> None:
    plan, layout = a_plan(rows=1, columns=1)
    empty = SeatMap(Catalogue.of(plan, replace(layout, seats=()), ()), "")
    assert written(empty, form_of(None, compact=False))["seats"] == []
    assert written(empty, form_of(None, compact=True))["states"] == ""


@pytest.mark.parametrize("compact", [False, True])
def test_a_member_that_no_seat_has_is_refused(compact: bool) -> None:
    with pytest.raises(InvalidInputError, match="colour"):
        form_of("label,colour", compact=compact)
    assert form_of(",".join(SEAT_FIELDS), compact=False) == form_of(None, compact=False)


@pytest.mark.parametrize("compact", [False, True])
async def test_all_codings_carry_the_same_text_under_tags_of_their_own(compact: bool) -> None:
    answers, tenant, seat_map, form = SeatMapAnswers(), a_tenant(), a_map(), form_of(None, compact=compact)
    plain, gzip, zstd = [
        await answers.of(tenant, seat_map, form, coding) for coding in (Coding.IDENTITY, Coding.GZIP, Coding.ZSTD)
    ]
    assert zlib.decompress(gzip.body, wbits=31) == plain.body
    assert zstandard.ZstdDecompressor().decompress(zstd.body) == plain.body
    assert len({plain.tag, gzip.tag, zstd.tag}) == 3
    assert len(gzip.body) < len(plain.body) / 3 and len(zstd.body) < len(plain.body) / 3


async def test_a_tag_stands_for_one_text_whichever_process_writes_it() -> None:
    tenant, seat_map = a_tenant(), a_map()
    plan = seat_map.catalogue.plan

    async def tag(seen: SeatMap, form: Form) -> str:
        return (await SeatMapAnswers().of(tenant, seen, form, Coding.IDENTITY)).tag

    newer = seat_map.catalogue.with_plan(replace(plan, version=2), NO_ALLOTMENTS)
    form = form_of("label,status", compact=True)
    first = await tag(seat_map, form)
    assert await tag(replace(seat_map), form_of("status,label", compact=True)) == first
    others = [
        await tag(replace(seat_map, letters="S" + "A" * 2_049), form),
        await tag(replace(seat_map, event_id=MapEventId(7, 2)), form),
        await tag(replace(seat_map, event_id=None), form),
        await tag(replace(seat_map, catalogue=newer), form),
        await tag(seat_map, form_of("status", compact=True)),
        await tag(seat_map, form_of("label,status", compact=False)),
    ]
    assert len({first, *others}) == 7


async def test_many_who_want_the_same_have_it_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    real_of, real_packed = SeatMapText.of, SeatMapText.packed

    def counted_of(catalogue: Catalogue, form: Form) -> SeatMapText:
        written.append("text")
        return real_of(catalogue, form)

    def counted_packed(self: SeatMapText, seat_map: SeatMap, coding: Coding) -> bytes:
        written.append(coding.value)
        return real_packed(self, seat_map, coding)

    monkeypatch.setattr(SeatMapText, "of", counted_of)
    monkeypatch.setattr(SeatMapText, "packed", counted_packed)
    answers, tenant, seat_map, form = SeatMapAnswers(), a_tenant(), a_map(), form_of(None, compact=True)

    async def ask(seen: SeatMap, coding: Coding) -> None:
        assert (await answers.of(tenant, seen, form, coding)).seat_map is seen

    await asyncio.gather(*(ask(seat_map, coding) for _ in range(100) for coding in (Coding.GZIP, Coding.ZSTD)))
    assert sorted(written) == ["gzip", "text", "zstd"]
    changed = replace(seat_map, letters="B" * 2_050)
    await asyncio.gather(*(ask(changed, Coding.ZSTD) for _ in range(100)))
    assert sorted(written) == ["gzip", "text", "zstd", "zstd"]


async def test_two_tenants_never_share_an_answer_not_even_of_plans_with_one_id() -> None:
    answers, form = SeatMapAnswers(), form_of(None, compact=True)
    ours, theirs = a_map(), a_map(seed=2)
    namesake = replace(theirs.catalogue.plan, id=ours.catalogue.plan.id)
    theirs = replace(theirs, catalogue=theirs.catalogue.with_plan(namesake, NO_ALLOTMENTS))

    async def states(tenant: TenantId, seat_map: SeatMap) -> str:
        answer = await answers.of(tenant, seat_map, form, Coding.IDENTITY)
        return str(json.loads(answer.body)["states"])

    one, other = a_tenant(), a_tenant()
    for _ in range(3):
        seen = await asyncio.gather(states(one, ours), states(other, theirs))
        assert list(seen) == [ours.letters, theirs.letters]


async def test_what_was_not_asked_for_longest_goes_when_there_is_no_more_room() -> None:
    answers = SeatMapAnswers(text_bytes_max=1, answer_bytes_max=1)
    tenant, form = a_tenant(), form_of("status", compact=True)
    first, second = a_map(), a_map()
    one = await answers.of(tenant, first, form, Coding.IDENTITY)
    assert await answers.of(tenant, first, form, Coding.IDENTITY) is one
    await answers.of(tenant, second, form, Coding.IDENTITY)
    again = await answers.of(tenant, first, form, Coding.IDENTITY)
    assert again == one and again is not one


def test_room_is_counted_once_for_what_is_put_in_place_of_older() -> None:
    kept = seat_map_answers._Kept[str, int](bytes_max=10)
    for value in range(5):
        kept.put("a", value, 6)
    kept.put("b", 7, 4)
    assert (kept.get("a"), kept.get("b")) == (4, 7)
    kept.put("c", 8, 1)
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == (None, 7, 8)
