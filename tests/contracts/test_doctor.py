"""Each kind of drift, planted in real stores: the doctor finds that and nothing else, and what can be mended is."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from tests.doctor_world import Evening, Ward, an_evening, ward
from tests.servers import PostgresServer

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def evening(postgres: PostgresServer, mongodb_url: str, valkey_url: str) -> AsyncIterator[tuple[Ward, Evening]]:
    async with ward(postgres, mongodb_url, valkey_url) as made:
        yield made, await an_evening(made)


async def test_nothing_is_found_where_all_is_well(evening: tuple[Ward, Evening]) -> None:
    there, _ = evening
    assert await there.examined() == []
