"""Resale policies and declared facts as clients see them, on a real venue_db."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from core.shared.callers import Role
from tests.resale_house import World
from tests.resale_neighbours import ERFURT, GONE, HARTFORD, OTHER_TENANT, SYDNEY, TENANT, TICKET_OF
from tests.resale_shop import Shop, pointers, problem, resale_shop
from tests.servers import PostgresServer

VENUE = f"/venues/{ERFURT}/resale-policy"
TICKET = f"/tickets/{TICKET_OF[ERFURT]}/resale-policy"
ORGANISATION = f"/organisations/{TENANT}/resale-policy"
EMPTY: dict[str, Any] = {
    "allowed": None,
    "transferAllowed": None,
    "priceMultiplier": None,
    "priceMax": None,
    "priceMin": None,
    "transfersMax": None,
    "listingCutoffSec": None,
    "resaleCutoffSec": None,
    "transferCutoffSec": None,
    "verifications": [],
    "approvedChannels": None,
    "platformFeeBasisPoints": None,
    "royaltyBasisPoints": None,
    "namesHolders": None,
}
WHOLE: dict[str, Any] = {
    "allowed": True,
    "transferAllowed": False,
    "priceMultiplier": "1.05",
    "priceMax": {"amount": 12_000, "currency": "EUR"},
    "priceMin": {"amount": 0, "currency": "EUR"},
    "transfersMax": 3,
    "listingCutoffSec": 7_200,
    "resaleCutoffSec": 3_600,
    "transferCutoffSec": 0,
    "verifications": ["identity", "last_owner_name"],
    "approvedChannels": ["fairseat", "return"],
    "platformFeeBasisPoints": 250,
    "royaltyBasisPoints": 9_750,
    "namesHolders": True,
}


@pytest.fixture
async def light_shop() -> AsyncIterator[Shop]:
    """A shop in memory, for what is decided before anything is stored."""
    async with resale_shop(None) as opened:
        yield opened


@pytest.fixture
async def shop(postgres: PostgresServer) -> AsyncIterator[Shop]:
    async with resale_shop(postgres) as opened:
        yield opened


@pytest.mark.parametrize("path", [ORGANISATION, VENUE, TICKET], ids=["organisation", "venue", "ticket"])
async def test_a_policy_is_set_read_changed_and_taken_back_with_its_version(shop: Shop, path: str) -> None:
    shop.world.venues.places = {ERFURT: shop.world.venues.places[ERFURT]}
    assert (await shop.ask("GET", f"{path}/history")).json()["items"] == []
    empty = await shop.ask("GET", path)
    assert (empty.status_code, empty.json(), empty.headers["etag"]) == (200, EMPTY, '"v0"')
    changed = await shop.ask("PUT", path, WHOLE, version=0)
    assert (changed.status_code, changed.json(), changed.headers["etag"]) == (200, WHOLE, '"v1"')
    found = await shop.ask("GET", path, caller=shop.world.staff(Role.SCANNER))
    assert (found.json(), found.headers["etag"]) == (WHOLE, '"v1"')
    removed = await shop.ask("DELETE", path, version=1)
    assert (removed.status_code, removed.content) == (204, b"")
    gone = await shop.ask("GET", path)
    assert (gone.json(), gone.headers["etag"]) == (EMPTY, '"v2"')
    again = await shop.ask("PUT", path, {"allowed": False}, version=2)
    assert (again.json(), again.headers["etag"]) == (EMPTY | {"allowed": False}, '"v3"')


async def test_each_change_is_kept_with_who_made_it_and_what_was_before(shop: Shop) -> None:
    manager = shop.world.staff()
    await shop.ask("PUT", VENUE, WHOLE, version=0)
    shop.world.clock.move(seconds=60)
    await shop.ask("DELETE", VENUE, version=1)
    await shop.ask("DELETE", VENUE, version=2)  # what is gone stays gone, and nobody changed anything
    history = await shop.ask("GET", f"{VENUE}/history")
    by = {"changedBy": str(manager.account_id)}
    assert history.json() == {
        "items": [
            {"version": 2, "before": WHOLE, "after": None, "changedAt": "2026-11-22T08:01:00Z"} | by,
            {"version": 1, "before": None, "after": WHOLE, "changedAt": "2026-11-22T08:00:00Z"} | by,
        ],
        "nextCursor": None,
    }


async def test_a_change_needs_the_version_that_was_read(shop: Shop) -> None:
    for method in ("PUT", "DELETE"):
        assert problem(await shop.ask(method, VENUE, WHOLE))[0] == 428
    await shop.ask("PUT", VENUE, WHOLE, version=0)
    for method in ("PUT", "DELETE"):
        assert problem(await shop.ask(method, VENUE, {}, version=0)) == (412, "request.stale_version")
        assert problem(await shop.ask(method, VENUE, {}, version=2)) == (412, "request.stale_version")
    assert (await shop.ask("GET", VENUE)).json() == WHOLE


@pytest.mark.parametrize("path", [ORGANISATION, VENUE, TICKET], ids=["organisation", "venue", "ticket"])
async def test_staff_read_and_managers_change(shop: Shop, path: str) -> None:
    fan, seller = shop.world.fan(), shop.world.staff(Role.BOX_OFFICE)
    assert (await shop.ask("GET", path, caller=seller)).status_code == 200
    assert problem(await shop.ask("GET", path, caller=fan)) == (403, "access.forbidden")
    for caller in (fan, seller):
        assert problem(await shop.ask("PUT", path, {}, caller=caller, version=0)) == (403, "access.forbidden")
        assert problem(await shop.ask("DELETE", path, caller=caller, version=0)) == (403, "access.forbidden")
        assert problem(await shop.ask("GET", f"{path}/history", caller=caller)) == (403, "access.forbidden")


async def test_what_is_another_organisations_is_not_there(shop: Shop) -> None:
    await shop.ask("PUT", VENUE, WHOLE, version=0)
    stranger = shop.world.staff(tenant_id=OTHER_TENANT)
    for path, code in (
        (ORGANISATION, "resale.settings_not_found"),
        (VENUE, "venues.not_found"),
        (TICKET, "ticketing.not_found"),
    ):
        for method, below in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/history")):
            answer = await shop.ask(method, path + below, {} if method == "PUT" else None, caller=stranger, version=1)
            assert problem(answer) == (404, code), (method, path)
    assert problem(await shop.ask("GET", f"{TICKET}/effective", caller=stranger)) == (404, "ticketing.not_found")
    assert problem(await shop.ask("GET", f"/venues/{GONE}/resale-policy")) == (404, "venues.not_found")


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        (
            {"priceMin": {"amount": 2, "currency": "EUR"}, "priceMax": {"amount": 1, "currency": "EUR"}},
            "/priceMin/amount",
        ),
        (
            {"priceMin": {"amount": 1, "currency": "JPY"}, "priceMax": {"amount": 1, "currency": "EUR"}},
            "/priceMin/currency",
        ),
        ({"platformFeeBasisPoints": 5_000, "royaltyBasisPoints": 5_001}, "/royaltyBasisPoints"),
    ],
)
async def test_members_that_contradict_one_another_are_refused(light_shop: Shop, members: object, pointer: str) -> None:
    answer = await light_shop.ask("PUT", VENUE, members, version=0)
    assert problem(answer) == (422, "resale.invalid_policy")
    assert pointers(answer) == [pointer]


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"priceMultiplier": 1.05}, "/priceMultiplier"),
        ({"priceMultiplier": "100.0001"}, "/priceMultiplier"),
        ({"priceMultiplier": "-1"}, "/priceMultiplier"),
        ({"priceMultiplier": "1.00001"}, "/priceMultiplier"),
        ({"transfersMax": -1}, "/transfersMax"),
        ({"resaleCutoffSec": -1}, "/resaleCutoffSec"),
        ({"priceMax": {"amount": -1, "currency": "EUR"}}, "/priceMax/amount"),
        ({"verifications": ["horoscope"]}, "/verifications/0"),
        ({"approvedChannels": ["street"]}, "/approvedChannels/0"),
        ({"royaltyBasisPoints": 10_001}, "/royaltyBasisPoints"),
    ],
)
async def test_members_out_of_their_limits_are_refused(light_shop: Shop, members: object, pointer: str) -> None:
    answer = await light_shop.ask("PUT", VENUE, members, version=0)
    assert answer.status_code == 400, answer.text
    assert pointers(answer) == [pointer]


@pytest.mark.parametrize("multiplier", ["0", "1", "1.1", "99.9999", "100"])
async def test_a_multiplier_comes_back_as_it_was_written(light_shop: Shop, multiplier: str) -> None:
    answer = await light_shop.ask("PUT", VENUE, {"priceMultiplier": multiplier}, version=0)
    assert answer.json()["priceMultiplier"] == multiplier


async def test_a_tickets_prices_are_in_its_own_currency(shop: Shop) -> None:
    answer = await shop.ask("PUT", TICKET, {"priceMax": {"amount": 1, "currency": "USD"}}, version=0)
    assert (problem(answer), pointers(answer)) == ((422, "resale.invalid_policy"), ["/priceMax/currency"])
    answer = await shop.ask("PUT", VENUE, {"priceMax": {"amount": 1, "currency": "XXX"}}, version=0)
    assert problem(answer) == (422, "money.unknown_currency")


@pytest.mark.parametrize(
    "path",
    [f"/venues/{HARTFORD}/resale-policy", f"/tickets/{TICKET_OF[HARTFORD]}/resale-policy", ORGANISATION],
    ids=["venue", "ticket", "organisation"],
)
async def test_a_policy_that_takes_a_right_away_is_refused_with_the_rule_and_its_citation(
    light_shop: Shop, path: str
) -> None:
    answer = await light_shop.ask("PUT", path, {"transferAllowed": False, "transfersMax": 3}, version=0)
    assert problem(answer) == (422, "resale.policy_collides_with_right")
    assert pointers(answer) == ["/transferAllowed", "/transfersMax"]
    for fault in answer.json()["errors"]:
        assert "US-CT Code 1-2" in fault["message"]
        assert "rule us-ct of US-CT" in fault["message"]
    assert (await light_shop.ask("GET", path)).json() == EMPTY
    allowed = {"transferAllowed": True, "priceMultiplier": "1.1", "verifications": ["identity"]}
    assert (await light_shop.ask("PUT", path, allowed, version=0)).status_code == 200


async def test_the_effective_policy_is_the_tightest_of_all_and_tells_what_gives_way(shop: Shop) -> None:
    # Set while the organisation had no venue in Connecticut.
    places = shop.world.venues.places
    shop.world.venues.places = {ERFURT: places[ERFURT]}
    wide = {"transfersMax": 2, "priceMultiplier": "1.2", "verifications": ["identity"], "royaltyBasisPoints": 100}
    assert (await shop.ask("PUT", ORGANISATION, wide, version=0)).status_code == 200
    shop.world.venues.places = places
    await shop.ask("PUT", f"/venues/{HARTFORD}/resale-policy", {"priceMultiplier": "1.5"}, version=0)
    await shop.ask("PUT", f"/tickets/{TICKET_OF[HARTFORD]}/resale-policy", {"royaltyBasisPoints": 300}, version=0)
    found = await shop.ask("GET", f"/tickets/{TICKET_OF[HARTFORD]}/resale-policy/effective", caller=shop.world.fan())
    assert found.status_code == 200, found.text
    chain = found.json()
    assert [(layer["of"], layer["version"]) for layer in chain["layers"]] == [
        ("organisation", 1),
        ("venue", 1),
        ("ticket", 1),
    ]
    assert chain["policy"] == EMPTY | wide | {"transfersMax": None, "royaltyBasisPoints": 300}
    (given_way,) = chain["layers"][0]["givesWay"]
    assert (given_way["member"], given_way["right"], given_way["ruleId"], given_way["citation"]) == (
        "transfersMax",
        "unlimited_transfers",
        "us-ct",
        "US-CT Code 1-2",
    )
    assert chain["rulebookVersion"] == "test"
    in_erfurt = await shop.ask("GET", f"{TICKET}/effective")
    assert in_erfurt.json()["policy"] == EMPTY | wide


async def test_a_ticket_without_policies_is_left_to_the_law(shop: Shop) -> None:
    found = await shop.ask("GET", f"{TICKET}/effective", caller=World.fan())
    assert found.json() == {"layers": [], "policy": EMPTY, "rulebookVersion": "test"}


NOTHING_DECLARED: dict[str, Any] = {
    "eventKind": None,
    "venueIndependent": None,
    "venueKind": None,
    "venueDesignated": None,
    "eventDeclared": None,
    "ticketRestricted": None,
    "ticketNominative": None,
    "charity": None,
    "organiserProhibitionFiled": None,
}


@pytest.mark.parametrize("path", [f"/venues/{SYDNEY}/resale-facts", f"/tickets/{TICKET_OF[SYDNEY]}/resale-facts"])
async def test_facts_are_declared_with_their_version_and_kept_with_who_declared_them(shop: Shop, path: str) -> None:
    empty = await shop.ask("GET", path, caller=shop.world.staff(Role.SCANNER))
    assert (empty.json(), empty.headers["etag"]) == (NOTHING_DECLARED, '"v0"')
    declared = {"eventKind": "sport", "venueKind": "amateur_sport", "charity": False, "ticketRestricted": True}
    answer = await shop.ask("PUT", path, declared, version=0)
    assert (answer.json(), answer.headers["etag"]) == (NOTHING_DECLARED | declared, '"v1"')
    assert problem(await shop.ask("PUT", path, {}, version=0)) == (412, "request.stale_version")
    assert problem(await shop.ask("PUT", path, {}))[0] == 428
    for caller in (shop.world.fan(), shop.world.staff(Role.BOX_OFFICE)):
        assert problem(await shop.ask("PUT", path, {}, caller=caller, version=1)) == (403, "access.forbidden")
    assert problem(await shop.ask("GET", path, caller=shop.world.fan())) == (403, "access.forbidden")
    assert problem(await shop.ask("GET", path, caller=shop.world.staff(tenant_id=OTHER_TENANT)))[0] == 404
    for wrong in ({"eventKind": "seance"}, {"charity": "yes"}, {"sellerTrader": True}):
        assert (await shop.ask("PUT", path, wrong, version=1)).status_code == 400
    (change,) = (await shop.ask("GET", f"{path}/history")).json()["items"]
    assert (change["version"], change["before"], change["after"]) == (1, None, NOTHING_DECLARED | declared)
