"""What the settings make of how often callers may ask."""

import pytest

from adapters.system.clock import SystemClock
from bootstrap.limits import door_of
from bootstrap.settings import SettingsError
from core.shared.rate_limits import Asker, RouteClass
from tests.service_client import settings_with


async def test_each_kind_has_its_limit_and_an_address_those_of_many() -> None:
    settings = settings_with(LIMITS_WRITE_PER_MINUTE="7", LIMITS_HOLD_PER_MINUTE="0", LIMITS_CALLERS_PER_ADDRESS="3")
    door = door_of(settings, SystemClock())
    assert door is not None
    asker = Asker(address="198.51.99.1")
    found = {kind: door.limits.terms.spender(kind, asker) for kind in RouteClass}
    assert {kind: spender and spender.limit for kind, spender in found.items()} == {
        RouteClass.READ: 18_000,
        RouteClass.WRITE: 21,
        RouteClass.HOLD: None,
        RouteClass.LOGIN: 900,
    }
    await door.close()


async def test_a_process_without_a_redis_counts_alone_and_keeps_to_its_share() -> None:
    door = door_of(settings_with(REDIS_URL="none://nowhere", LIMITS_PROCESSES="3"), SystemClock())
    assert door is not None
    asker = Asker(address="198.51.99.1")
    spender = door.limits.terms.spender(RouteClass.LOGIN, asker)
    assert spender is not None and spender.limit == 100 * 20
    allowance = await door.limits.take(RouteClass.LOGIN, asker)
    assert allowance is not None and allowance.remaining == 100 * 20 - 1
    await door.close()


def test_behind_a_gateway_nobody_counts() -> None:
    assert door_of(settings_with(LIMITS_ENABLED="false"), SystemClock()) is None


@pytest.mark.parametrize("wrong", [{"LIMITS_READ_PER_MINUTE": "-1"}, {"LIMITS_PROCESSES": "0"}])
def test_a_limit_that_makes_no_sense_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="FAIRSEAT_LIMITS_"):
        settings_with(**wrong)
