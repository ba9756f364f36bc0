"""The stories of a checkout on PostgreSQL, the MongoDB wire server and Valkey; fewer of them, and the same promises."""

import asyncio
import os
from contextlib import AsyncExitStack
from typing import override

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.checkout_market import CheckoutMachine
from tests.checkout_plant import Plant
from tests.checkout_servers import Servers, on_servers
from tests.doctor_world import Ward
from tests.servers import PostgresServer
from tests.service_client import settings_with

STORIES = int(os.environ.get("FAIRSEAT_CHECKOUT_STORIES_ON_SERVERS", "6"))
STEPS = 25


class OnServers(CheckoutMachine):
    servers: Servers

    @override
    async def prepare(self) -> None:
        await self.servers.empty()

    @override
    def finish(self) -> None:
        """What has come to its end is well in the doctor's eyes as well, who reads the tables themselves."""
        super().finish()
        found = self.run(Ward(self.checkout, self.servers).examined())
        assert found == [], found[:5]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_promises_of_a_checkout_hold_on_real_servers(
    postgres: PostgresServer, mongodb_url: str, valkey_url: str
) -> None:
    loop = asyncio.new_event_loop()
    stack = AsyncExitStack()
    try:
        servers = loop.run_until_complete(stack.enter_async_context(on_servers(postgres, mongodb_url, valkey_url)))
        OnServers.loop, OnServers.servers = loop, servers
        OnServers.surroundings = servers.fresh
        OnServers.plant = Plant(settings_with(), servers.fresh().made)
        OnServers.stories.clear()
        run_state_machine_as_test(
            OnServers,
            settings=settings(
                max_examples=STORIES,
                stateful_step_count=STEPS,
                deadline=None,
                derandomize="CI" in os.environ,  # there the same stories each time; new ones on every desk
                phases=[Phase.generate],  # a story on servers is too slow to be told again and again
                suppress_health_check=list(HealthCheck),
            ),
        )
        print("".join(f"\n{number:7} {what}" for what, number in sorted(OnServers.stories.items())))
    finally:
        loop.run_until_complete(stack.aclose())
        loop.close()
