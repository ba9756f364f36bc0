"""Who spends of which budget of holds."""

from uuid import UUID

import pytest

from adapters.memory.clock import MemoryClock
from adapters.memory.hold_budget import MemoryHoldBudget
from core.seating.errors import TooManyHoldsError
from core.seating.hold_budget import HoldTerms
from core.shared.callers import Role
from core.shared.networks import network_of
from tests.seating_world import a_buyer, a_tenant
from usecases.seating.spend_hold_budget import SpendHoldBudget

HOME, OFFICE = "198.51.99.1", "2600:1901:0:38d7::1"


def budget(*, per_account: int = 2, per_address: int = 5) -> SpendHoldBudget:
    return SpendHoldBudget(MemoryHoldBudget(60), HoldTerms(per_account, per_address), MemoryClock())


async def test_an_account_has_one_budget_wherever_it_asks_from() -> None:
    spend, ann = budget(), a_buyer(a_tenant())
    await spend(caller=ann, address=HOME)
    await spend(caller=ann, address=OFFICE)
    with pytest.raises(TooManyHoldsError) as refused:
        await spend(caller=ann, address=None)
    assert refused.value.retry_after_s == 70
    await spend(caller=a_buyer(a_tenant()), address=HOME)


async def test_an_address_has_one_budget_whoever_asks_from_it() -> None:
    spend = budget()
    for _ in range(5):
        await spend(caller=a_buyer(a_tenant()), address=HOME)
    with pytest.raises(TooManyHoldsError):
        await spend(caller=a_buyer(a_tenant()), address=HOME)
    await spend(caller=a_buyer(a_tenant()), address=OFFICE)


@pytest.mark.parametrize("role", list(Role))
async def test_staff_hold_as_often_as_they_need(role: Role) -> None:
    spend, clerk = budget(), a_buyer(a_tenant(), role=role)
    for _ in range(50):
        await spend(caller=clerk, address=HOME)


async def test_a_budget_of_0_is_no_budget() -> None:
    spend, ann = budget(per_account=0, per_address=0), a_buyer(a_tenant())
    for _ in range(50):
        await spend(caller=ann, address=HOME)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "192.168.0.7", "::1", "fd00::7", "100.64.3.2", "", "unix:"]
)
async def test_an_address_that_is_not_public_is_a_proxy_and_has_no_budget(address: str) -> None:
    assert network_of(address) is None
    spend = budget()
    for _ in range(50):
        await spend(caller=a_buyer(a_tenant()), address=address)


def test_one_household_of_ipv6_is_one_address() -> None:
    assert network_of("2600:1901:0:38d7::1") == network_of("2600:1901:0:38d7:ffff::9") == "2600:1901:0:38d7::/64"
    assert network_of("2600:1901:0:38d8::1") == "2600:1901:0:38d8::/64"
    assert network_of("::ffff:198.51.99.1") == network_of("198.51.99.1") == "198.51.99.1"


async def test_the_same_account_id_never_meets_an_address() -> None:
    terms = HoldTerms(1, 1)
    account = a_buyer(a_tenant()).account_id
    assert terms.spenders(account, HOME) == {f"account:{UUID(str(account))}": 1, f"address:{HOME}": 1}
