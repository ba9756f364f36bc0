"""Every operation of the API, asked good and bad things as everybody: each answer is one that the document names."""

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.document_fuzz import Fuzz
from tests.open_house import House, open_house
from tests.servers import PostgresServer

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"
CASES = int(os.environ.get("FAIRSEAT_TEST_FUZZ_CASES", "2"))
EXAMPLES = int(os.environ.get("FAIRSEAT_TEST_FUZZ_EXAMPLES", "1"))

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow, pytest.mark.timeout(3600)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(
    postgres: PostgresServer, valkey_url: str, mongodb_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    async with open_house(postgres, valkey_url, mongodb_url, tmp_path_factory.mktemp("house")) as house:
        yield house


async def test_every_answer_is_one_that_the_document_names(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "fairseat")
    fuzz = Fuzz(house, json.loads(DOCUMENT.read_text()), cases_max=CASES, examples_max=EXAMPLES)
    await asyncio.to_thread(fuzz.run)
    print(fuzz.report())
    assert not fuzz.findings, "\n".join(map(str, fuzz.findings.values()))
    assert [record for record in caplog.records if "unexpected:" in record.getMessage()] == []
