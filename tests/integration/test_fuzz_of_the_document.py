"""Every operation of the API, asked good and bad things as everybody: each answer is one that the document names."""

import asyncio
import json
import logging
import os
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.document_fuzz import Fuzz
from tests.document_requests import DocumentRequests
from tests.odd_requests import Document, OddRequests
from tests.open_house import House, open_house
from tests.servers import PostgresServer

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"
CASES = int(os.environ.get("FAIRSEAT_TEST_FUZZ_CASES", "3"))
ODD_SHARE = int(os.environ.get("FAIRSEAT_TEST_FUZZ_ODD_SHARE", "10"))
EXAMPLES = int(os.environ.get("FAIRSEAT_TEST_FUZZ_EXAMPLES", "0"))

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def made_requests() -> DocumentRequests:
    return DocumentRequests.of(json.loads(DOCUMENT.read_text()), cases_max=CASES, examples_max=EXAMPLES)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(
    made_requests: DocumentRequests,  # nothing may run beside them being made
    postgres: PostgresServer,
    valkey_url: str,
    mongodb_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[House]:
    async with open_house(postgres, valkey_url, mongodb_url, tmp_path_factory.mktemp("house")) as house:
        yield house


async def test_every_answer_is_one_that_the_document_names(
    made_requests: DocumentRequests, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, "fairseat")
    fuzz = Fuzz(house, made_requests)
    await asyncio.to_thread(fuzz.run)
    print(fuzz.report())
    assert not fuzz.findings, "\n".join(map(str, fuzz.findings.values()))
    assert [record for record in caplog.records if "unexpected:" in record.getMessage()] == []


async def test_nothing_odd_has_an_answer_that_the_document_does_not_name(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, "fairseat")
    answers, wrong = await asyncio.to_thread(answers_to_odd_requests, house)
    assert not wrong, "\n".join(wrong[:20])
    assert answers.total() > 1000
    assert [record for record in caplog.records if "unexpected:" in record.getMessage()] == []


def answers_to_odd_requests(house: House) -> tuple[Counter[int], list[str]]:
    """Return how often which status came, and what came that the document does not name."""
    operations = Document(json.loads(DOCUMENT.read_text())).operations()
    ids = {name: known[0] for name, known in house.ids.items() if known}
    answers: Counter[int] = Counter()
    wrong: list[str] = []
    with httpx.Client(base_url=house.base_url, headers=house.callers["owner"], timeout=30, trust_env=False) as client:
        for operation, request in OddRequests(client, operations, ids, share=ODD_SHARE):
            answer = client.send(request, stream=True)
            if not answer.headers.get("content-type", "").startswith("text/event-stream"):
                answer.read()  # a stream of events has no end
            answer.close()
            answers[answer.status_code] += 1
            if answer.status_code not in operation.statuses | {404, 405}:
                told = "" if answer.is_stream_consumed is False else answer.text[:200]
                wrong.append(f"{operation} {request.content[:200]!r} {request.headers}: {answer.status_code} {told}")
    return answers, wrong
