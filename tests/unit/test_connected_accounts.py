"""A venue's connected account: made once, read anew from the provider, never turned back by old news."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from adapters.memory.payment_accounts import MemoryAccountGateway
from core.payments.accounts import (
    CHECK_AFTER_S,
    CHECK_CHARGING_AFTER_S,
    NAME_AFTER_S,
    ProviderAccount,
    Requirements,
    observe,
)
from core.payments.errors import (
    AccountCountryFixedError,
    AccountVenueNotFoundError,
    ProviderRefusedError,
    ProviderUnavailableError,
)
from core.shared.callers import Role
from core.shared.errors import ForbiddenError, InvalidInputError
from core.shared.money import Money
from ports.payments.accounts import Payout
from tests.accounts_world import AccountsWorld
from usecases.payments.read_account import ASK_AFTER

MICROSECOND = 0.000001


async def test_many_clicks_make_one_account_and_a_fresh_link_each() -> None:
    world = AccountsWorld()
    ways = await asyncio.gather(*(world.connect() for _ in range(10)))
    assert len(world.provider.accounts) == 1
    assert {way.account_id for way in ways} == {world.provider.accounts[0].id}
    assert len({way.link.url for way in ways}) == 10


async def test_the_account_is_in_the_venues_country_unless_another_is_named() -> None:
    world = AccountsWorld()
    await world.connect()
    assert world.provider.accounts[0].country == "DE"
    other = AccountsWorld()
    await other.connect(country="AT")
    assert other.provider.accounts[0].country == "AT"
    await other.connect()
    with pytest.raises(AccountCountryFixedError):
        await other.connect(country="DE")
    assert len(other.provider.accounts) == 1


async def test_a_country_that_nobody_lists_is_refused_and_one_that_is_not_served_may_be_mended() -> None:
    world = AccountsWorld()
    with pytest.raises(InvalidInputError):
        await world.connect(country="XX")
    with pytest.raises(ProviderRefusedError):
        await world.connect(country="BR")
    assert "BR" in ((await world.account()).refusal or "")
    way = await world.connect(country="FR")
    assert [account.country for account in world.provider.accounts] == ["FR"]
    account = await world.account()
    assert (account.account_id, account.attempt, account.refusal) == (way.account_id, 2, None)


@pytest.mark.parametrize("role", [Role.BOX_OFFICE, Role.SCANNER])
async def test_only_managers_connect_and_look(role: Role) -> None:
    world = AccountsWorld()
    with pytest.raises(ForbiddenError):
        await world.connect_venue(world.staff(role), world.venue_id)
    with pytest.raises(ForbiddenError):
        await world.read(world.staff(role), world.venue_id)
    with pytest.raises(ForbiddenError):
        await world.read.payouts(world.staff(role), world.venue_id, limit=1, after=None)


async def test_another_organisations_venue_is_not_there() -> None:
    world = AccountsWorld()
    stranger = world.staff(tenant_id=uuid4())
    with pytest.raises(AccountVenueNotFoundError):
        await world.connect_venue(stranger, world.venue_id)
    with pytest.raises(AccountVenueNotFoundError):
        await world.read(stranger, world.venue_id)
    assert world.provider.accounts == ()


async def test_while_the_provider_is_away_nothing_is_half_done() -> None:
    world = AccountsWorld()
    world.provider.away = True
    with pytest.raises(ProviderUnavailableError):
        await world.connect(email="owner@example.org")
    world.provider.away = False
    way = await world.connect(email="other@example.org")
    assert len(world.provider.accounts) == 1
    account = await world.account()
    assert (account.account_id, account.email) == (way.account_id, None)


async def test_the_sweep_names_an_account_whose_asking_was_cut_off() -> None:
    world = AccountsWorld()
    world.provider.away = True
    with pytest.raises(ProviderUnavailableError):
        await world.connect()
    world.provider.away = False
    assert await world.sweep() == 0
    world.clock.move(seconds=NAME_AFTER_S)
    assert await world.sweep() == 1
    assert (await world.account()).account_id == world.provider.accounts[0].id


async def test_what_the_provider_says_is_kept_and_told() -> None:
    world = AccountsWorld()
    account_id = await world.charging()
    account = await world.account()
    assert (account.charges_enabled, account.payouts_enabled, account.details_submitted) == (True, True, True)
    due = world.clock.now() + timedelta(days=3)
    world.provider.disable(account_id, "company.tax_id", deadline=due)
    assert await world.record(account_id, told_at=world.clock.now())
    account = await world.account()
    assert not account.charges_enabled
    assert (account.requirements.missing, account.requirements.deadline) == (("company.tax_id",), due)
    named, gained, lost = world.told
    assert (named.charges_enabled, gained.charges_enabled, lost.charges_enabled) == (False, True, False)
    assert (lost.missing, lost.disabled_reason) == (("company.tax_id",), "requirements.past_due")
    assert named.version < gained.version < lost.version
    assert {each.venue_id for each in world.told} == {world.venue_id}


async def test_news_that_say_nothing_new_are_not_told_again() -> None:
    world = AccountsWorld()
    account_id = await world.charging()
    before = len(world.told)
    for _ in range(3):
        assert await world.record(account_id, told_at=world.clock.now())
    assert len(world.told) == before


async def test_older_news_never_win_and_those_of_the_same_second_do() -> None:
    world = AccountsWorld()
    await world.charging()
    account, now = await world.account(), world.clock.now()
    said = ProviderAccount(
        id=account.account_id or "",
        country="DE",
        charges_enabled=False,
        payouts_enabled=False,
        details_submitted=True,
        requirements=Requirements(),
    )
    newer = replace(account, told_at=now)
    assert observe(newer, said, told_at=now - timedelta(seconds=1), now=now) is None
    same = observe(newer, said, told_at=now, now=now)
    assert same is not None and not same.account.charges_enabled
    unasked = observe(newer, said, told_at=None, now=now)
    assert unasked is not None and unasked.account.told_at == now
    assert observe(newer, replace(said, id="acct_other"), told_at=now, now=now) is None


async def test_the_slower_of_two_readers_does_not_turn_the_account_back() -> None:
    """The first one reads while charges are lost; they come back and are recorded before it stores what it read."""
    world = AccountsWorld()
    account_id = await world.charging()
    world.provider.disable(account_id, "company.tax_id")

    class Slow(MemoryAccountGateway):
        async def retrieve_account(self, account_id: str) -> ProviderAccount:
            old = await world.provider.retrieve_account(account_id)
            if not old.charges_enabled:
                world.provider.onboard(account_id)
                await world.record(account_id, told_at=world.clock.now())
            return old

    slow = replace(world.record, gateway=Slow())
    assert await slow(account_id, told_at=world.clock.now())
    assert (await world.account()).charges_enabled


async def test_an_account_that_took_its_permission_back_charges_no_more_and_the_venue_gets_another() -> None:
    world = AccountsWorld()
    account_id = await world.charging()
    world.provider.revoke(account_id)
    assert await world.record(account_id, told_at=world.clock.now())
    account = await world.account()
    assert (account.charges_enabled, account.deauthorized_at, account.check_at) == (False, world.clock.now(), None)
    assert world.told[-1].deauthorized
    assert await world.record(account_id, told_at=world.clock.now())
    assert len([each for each in world.told if each.deauthorized]) == 1
    again = await world.charging()
    assert again != account_id and (await world.account()).charges_enabled
    assert not await world.record(account_id, told_at=world.clock.now()), "the old one is nobody's any more"


async def test_who_asks_for_a_link_of_a_lost_account_gets_another_account() -> None:
    world = AccountsWorld()
    account_id = await world.charging()
    world.provider.revoke(account_id)
    assert (await world.connect()).account_id != account_id


async def test_news_of_an_unknown_account_are_left_alone() -> None:
    assert not await AccountsWorld().record("acct_unknown", told_at=None)


@pytest.mark.parametrize(("charges", "silence_s"), [(True, CHECK_CHARGING_AFTER_S), (False, CHECK_AFTER_S)])
async def test_the_sweep_heals_news_that_were_lost(charges: bool, silence_s: int) -> None:
    world = AccountsWorld()
    account_id = await world.charging()
    if charges:
        world.provider.disable(account_id, "company.tax_id")
    else:
        world.provider.disable(account_id, "company.tax_id")
        await world.record(account_id, told_at=None)
        world.provider.onboard(account_id)
    world.clock.move(seconds=silence_s - MICROSECOND)
    assert await world.sweep() == 0
    world.clock.move(seconds=MICROSECOND)
    assert await world.sweep() == 1
    assert (await world.account()).charges_enabled is not charges
    assert await world.sweep() == 0


async def test_whoever_comes_from_the_providers_pages_sees_how_the_account_stands() -> None:
    world = AccountsWorld()
    way = await world.connect()
    world.provider.onboard(way.account_id)
    world.clock.move(seconds=ASK_AFTER.total_seconds() - MICROSECOND)
    account = await world.read(world.staff(), world.venue_id)
    assert account is not None and not account.charges_enabled
    world.clock.move(seconds=MICROSECOND)
    world.provider.away = True
    account = await world.read(world.staff(), world.venue_id)
    assert account is not None and not account.charges_enabled
    world.provider.away = False
    account = await world.read(world.staff(), world.venue_id)
    assert account is not None and account.charges_enabled


async def test_payouts_come_in_pages_and_a_venue_without_an_account_has_none() -> None:
    world = AccountsWorld()
    empty = await world.read.payouts(world.staff(), world.venue_id, limit=10, after=None)
    assert (empty.items, empty.next_after) == ((), None)
    account_id = await world.charging()
    now = world.clock.now()
    world.provider.payouts[account_id] = [
        Payout(id=f"po_{n}", amount=Money(n, "EUR"), status="paid", arrival_at=now, created_at=now, failure=None)
        for n in (3, 2, 1)
    ]
    first = await world.read.payouts(world.staff(), world.venue_id, limit=2, after=None)
    assert ([each.id for each in first.items], first.next_after) == (["po_3", "po_2"], "po_2")
    last = await world.read.payouts(world.staff(), world.venue_id, limit=2, after="po_2")
    assert ([each.id for each in last.items], last.next_after) == (["po_1"], None)
