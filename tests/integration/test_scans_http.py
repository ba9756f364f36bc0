"""The gate as scanners see it over HTTP, on a real admission_db."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from dishka import AsyncContainer

from adapters.postgres.migrator import Database
from bootstrap.containers.admission import admission_service
from core.shared.callers import ApiScope, Caller, Role
from core.shared.ids import AccountId
from ports.published.admission import AdmissionApi
from ports.published.orders import OrderCompleted
from tests.admission_builders import Sale
from tests.service_client import headers_of, served, settings_with
from usecases.admission.issue_passes import IssuePasses

KEY_ID = AccountId(UUID(int=0x5E))


@dataclass
class Gate:
    client: httpx.AsyncClient
    container: AsyncContainer

    async def sold(self, sale: Sale) -> list[dict[str, Any]]:
        """Sell what begins in an hour, and return its passes."""
        await (await self.container.get(IssuePasses))(_soon(sale), sale.delivery())
        answer = await self.client.get(f"/api/v1/orders/{sale.order_id}/passes", headers=headers_of(sale.buyer))
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def scan(self, caller: Caller, **body: object) -> httpx.Response:
        return await self.client.post("/api/v1/scans", json=body, headers=headers_of(caller))

    async def batch(self, caller: Caller, *scans: dict[str, object]) -> httpx.Response:
        return await self.client.post("/api/v1/scans/batch", json={"scans": scans}, headers=headers_of(caller))


def _soon(sale: Sale) -> OrderCompleted:
    begins = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    told = sale.completed
    return OrderCompleted(
        order_id=told.order_id,
        account_id=told.account_id,
        currency=told.currency,
        tickets=tuple(_moved(each, begins) for each in told.tickets),
        seats=told.seats,
    )


def _moved(ticket: Any, begins: datetime) -> Any:
    members = {name: getattr(ticket, name) for name in ticket.__struct_fields__}
    return type(ticket)(**members | {"event_starts_at": begins, "event_ends_at": begins + timedelta(hours=2)})


@pytest.fixture
async def gate(admission_db: Database) -> AsyncIterator[Gate]:
    settings = settings_with(
        ADMISSION_DATABASE_URL=admission_db.app_url, ADMISSION_DATABASE_RELAY_URL=admission_db.relay_url
    )
    async with served(admission_service(), settings) as (client, container):
        yield Gate(client, container)


async def test_the_first_scan_admits_and_the_second_says_when_and_where(gate: Gate) -> None:
    sale, scan_id = Sale(), str(uuid4())
    scanner = sale.staff(Role.SCANNER)
    [shown, _] = await gate.sold(sale)

    first = await gate.scan(scanner, code=shown["code"], gate="North 3", scanId=scan_id, device="handheld 7")
    second = await gate.scan(scanner, code=shown["code"], gate="South 1", ticketId=str(sale.ticket_id))
    again = await gate.scan(scanner, code=shown["code"], gate="North 3", scanId=scan_id)

    assert (first.status_code, first.json()["admitted"], first.json()["reason"]) == (200, True, None)
    assert first.json()["pass"] == {
        "id": shown["id"],
        "ticketId": str(sale.ticket_id),
        "ticketTitle": "Block A",
        "eventTitle": "Erfurt : Jena",
        "section": "A",
        "seatLabel": "A-1-1",
        "holderName": None,
    }
    assert (second.status_code, second.json()["admitted"], second.json()["reason"]) == (200, False, "already_admitted")
    assert second.json()["earlier"] == {
        "scanId": scan_id,
        "gate": "North 3",
        "device": "handheld 7",
        "scannedAt": first.json()["scannedAt"],
        "scannedBy": str(scanner.account_id),
    }
    assert again.json() == first.json()
    other = await gate.scan(scanner, code=shown["code"], gate="South 1", scanId=scan_id)
    assert (other.status_code, other.json()["code"]) == (409, "admission.scan_conflict")
    read = await gate.client.get(f"/api/v1/passes/{shown['id']}", headers=headers_of(sale.buyer))
    assert read.json()["scannedAt"] == first.json()["scannedAt"]


async def test_whoever_goes_out_may_come_in_again(gate: Gate) -> None:
    sale = Sale(seats=1)
    [shown] = await gate.sold(sale)
    answers = [
        (await gate.scan(sale.staff(), code=shown["code"], gate="North 3", direction=direction)).json()
        for direction in ("in", "out", "out", "in")
    ]
    assert [each["reason"] for each in answers] == [None, None, "not_inside", None]
    assert [each["direction"] for each in answers] == ["in", "out", "out", "in"]


async def test_only_staff_of_the_organisation_scans(gate: Gate) -> None:
    sale = Sale(seats=1)
    [shown] = await gate.sold(sale)
    body = {"code": shown["code"], "gate": "North 3"}
    manifest = f"/api/v1/tickets/{sale.ticket_id}/scan-manifest"
    offline = body | {"scanId": str(uuid4()), "scannedAt": "2026-11-21T12:00:00Z", "admitted": True}
    assert (await gate.scan(sale.buyer, **body)).status_code == 403
    assert (await gate.batch(sale.buyer, offline)).status_code == 403
    assert (await gate.client.get(manifest, headers=headers_of(sale.buyer))).status_code == 403
    assert (await gate.client.post("/api/v1/scans", json=body)).status_code == 401
    stranger = Sale().staff(Role.OWNER)
    assert (await gate.scan(stranger, **body)).json()["reason"] == "unknown_event"
    assert (await gate.client.get(manifest, headers=headers_of(stranger))).json()["items"] == []
    assert (await gate.scan(sale.staff(Role.OWNER), **body)).json()["admitted"] is True


async def test_a_service_of_the_gates_scans_with_its_key_and_a_scan_says_which_key(gate: Gate) -> None:
    sale = Sale(seats=1)
    [shown] = await gate.sold(sale)
    gates = Caller(KEY_ID, sale.staff().tenant_id, scopes=frozenset({ApiScope.SCANS_WRITE}))
    reader = Caller(KEY_ID, sale.staff().tenant_id, scopes=frozenset({ApiScope.PASSES_READ}))
    body: dict[str, object] = {"code": shown["code"], "gate": "North 3"}
    manifest = f"/api/v1/tickets/{sale.ticket_id}/scan-manifest"

    for path in (manifest, "/api/v1/pass-keys"):
        assert (await gate.client.get(path, headers=headers_of(gates))).status_code == 200
        assert (await gate.client.get(path, headers=headers_of(reader))).status_code == 403
    assert (await gate.scan(reader, **body)).status_code == 403
    assert (await gate.scan(gates, **body)).json()["admitted"] is True
    offline: dict[str, object] = body | {"scanId": str(uuid4()), "scannedAt": "2026-11-21T12:00:00Z", "admitted": True}
    assert (await gate.batch(gates, offline)).status_code == 200
    second = await gate.scan(sale.staff(), **body)
    assert second.json()["earlier"]["scannedBy"] == str(KEY_ID)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"code": "FS1.AAAA"}, 200),
        ({"code": "\N{WINDOW} & <script>"}, 200),
        ({"code": ""}, 400),
        ({"code": "F" * 513}, 400),
        ({"code": None}, 400),
        ({"code": "a\0b"}, 400),
        ({"gate": ""}, 400),
        ({"gate": "N" * 101}, 400),
        ({"gate": 3}, 400),
        ({"scanId": "one"}, 400),
        ({"direction": "up"}, 400),
        ({"turnstile": 3}, 400),
    ],
)
async def test_what_is_no_scan_is_refused_and_what_is_no_code_is_answered(
    gate: Gate, change: dict[str, object], status: int
) -> None:
    answer = await gate.scan(Sale().staff(), **({"code": "FS1.", "gate": "North 3"} | change))
    assert answer.status_code == status, answer.text
    if status == 200:
        assert (answer.json()["admitted"], answer.json()["reason"]) == (False, "invalid_code")
        assert answer.json()["pass"] is None


async def test_a_scanner_without_a_network_takes_the_list_along_and_hands_in_what_it_saw(gate: Gate) -> None:
    sale = Sale(seats=3)
    passes = await gate.sold(sale)
    scanner = headers_of(sale.staff())
    manifest = f"/api/v1/tickets/{sale.ticket_id}/scan-manifest?limit=2"
    api = await gate.container.get(AdmissionApi)
    await api.offer(
        tenant_id=sale.tenant_id,
        pass_id=UUID(passes[1]["id"]),
        account_id=sale.account_id,
        offer_id=uuid4(),
        kind="listing",
    )

    first = await gate.client.get(manifest, headers=scanner)
    rest = await gate.client.get(f"{manifest}&cursor={first.json()['nextCursor']}", headers=scanner)

    listed = first.json()["items"] + rest.json()["items"]
    assert [each["passId"] for each in listed] == [each["id"] for each in passes]
    assert [(each["admits"], each["offered"], each["revision"]) for each in listed] == [
        (True, False, 1),
        (False, True, 1),
        (True, False, 1),
    ]
    known = scanner | {"If-None-Match": first.headers["etag"]}
    unchanged = await gate.client.get(manifest, headers=known)
    assert (unchanged.status_code, unchanged.content) == (304, b"")

    now = datetime.now(UTC)

    def seen(number: int, *, ago_s: int, let_in: bool = True) -> dict[str, object]:
        return {
            "scanId": str(UUID(int=ago_s)),
            "code": passes[number]["code"],
            "gate": "North 3",
            "scannedAt": (now - timedelta(seconds=ago_s)).isoformat(),
            "admitted": let_in,
        }

    sent = (seen(0, ago_s=10), seen(0, ago_s=20), seen(2, ago_s=15, let_in=False))
    answers = [await gate.batch(sale.staff(), *sent) for _ in range(2)]

    assert answers[0].status_code == 200, answers[0].text
    late, early, refused = answers[0].json()["scans"]
    assert answers[1].json() == answers[0].json()
    assert (early["recorded"], early["conflict"], early["reason"], early["rightfulScanId"]) == (True, False, None, None)
    assert (late["conflict"], late["reason"]) == (True, "already_admitted")
    assert late["rightfulScanId"] == late["earlier"]["scanId"] == early["scanId"]
    assert (refused["conflict"], refused["reason"]) == (False, "refused_at_gate")
    changed = await gate.client.get(manifest, headers=known)
    assert changed.status_code == 200 and changed.json()["items"][0]["admits"] is False
    again = await gate.batch(sale.staff(), {**seen(0, ago_s=10), "gate": "South 1"})
    assert [each["recorded"] for each in again.json()["scans"]] == [False]


async def test_a_batch_that_cannot_be_read_is_refused_whole(gate: Gate) -> None:
    scan: dict[str, object] = {
        "scanId": str(uuid4()),
        "code": "FS1.",
        "gate": "North 3",
        "scannedAt": "2026-11-21T12:00:00Z",
        "admitted": False,
    }
    scanner = Sale().staff()
    twice = await gate.batch(scanner, scan, scan)
    assert (twice.status_code, twice.json()["errors"][0]["pointer"]) == (400, "/scans/1/scanId")
    naive = await gate.batch(scanner, scan | {"scannedAt": "2026-11-21T12:00:00"})
    assert (naive.status_code, naive.json()["errors"][0]["pointer"]) == (400, "/scans/0/scannedAt")
    assert (await gate.batch(scanner)).status_code == 400
    many = [{**scan, "scanId": str(uuid4()), "code": "F", "gate": "N"} for _ in range(1001)]
    settings_limit = await gate.batch(scanner, *many)
    assert settings_limit.status_code in {400, 413}
