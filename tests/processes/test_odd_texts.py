"""What PostgreSQL cannot store is refused with its place, and whoever hangs up in the middle leaves nothing behind.

Whatever else is sent to any operation: `tests/integration/test_fuzz_of_the_document.py`.
"""

import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from adapters.cli.demo_world import ORGANISATION, PASSWORD
from tests.running import OWNER, RunningFairseat


@pytest.fixture(scope="module")
def staff(running: RunningFairseat) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{running.port}", timeout=30) as http:
        tokens = http.post("/api/v1/auth/login", json={"email": OWNER, "password": PASSWORD}).json()
        account = {"Authorization": f"Bearer {tokens['accessToken']}"}
        organisations = http.get("/api/v1/organisations", headers=account).json()["items"]
        organisation = next(one for one in organisations if one["name"] == ORGANISATION)
        body = {"organisationId": organisation["id"]}
        token = http.post("/api/v1/auth/token", json=body, headers=account).json()
        http.headers["Authorization"] = f"Bearer {token['accessToken']}"
        yield http


@pytest.mark.parametrize("pointer", ["/name", "/address/city"])
def test_the_character_that_postgresql_cannot_store_is_refused_with_its_place(
    staff: httpx.Client, pointer: str
) -> None:
    venue: dict[str, Any] = {"name": "Halle", "timeZone": "Europe/Berlin", "capacity": 100}
    venue["address"] = {"line1": "Weg 1", "city": "Erfurt", "postalCode": "99084", "country": "DE"}
    target = venue
    *parents, last = pointer.strip("/").split("/")
    for parent in parents:
        target = target[parent]
    target[last] = "Er\0furt"
    answer = staff.post("/api/v1/venues", json=venue)
    assert (answer.status_code, answer.json()["code"]) == (400, "request.invalid")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_a_backslash_before_u0000_is_plain_text(staff: httpx.Client) -> None:
    name = r"Halle \u0000"
    address = {"line1": "Weg 1", "city": "Erfurt", "postalCode": "99084", "country": "DE"}
    body = {"name": name, "timeZone": "Europe/Berlin", "capacity": 100, "address": address}
    answer = staff.post("/api/v1/venues", json=body)
    assert (answer.status_code, answer.json()["name"]) == (201, name)


def test_whoever_goes_away_in_the_middle_of_a_body_leaves_no_fault_behind(running: RunningFairseat) -> None:
    head = (
        b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
    )
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", running.port)) as connection:
            connection.sendall(head)
            time.sleep(0.1)
    time.sleep(0.2)
    assert "disconnected" not in running.output
