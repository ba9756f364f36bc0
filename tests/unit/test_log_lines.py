"""What a log line says, and what it never says."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.system.log_lines import log_formatter
from adapters.system.redaction import redacted
from adapters.system.work_context import Work, at_work

log = logging.getLogger("fairseat.test_log_lines")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """The log as machines read it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(log_formatter(for_people=False))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    yield stream
    log.removeHandler(handler)
    log.propagate = True


def the_line(lines: io.StringIO) -> dict[str, Any]:
    found = lines.getvalue().splitlines()
    assert len(found) == 1, found
    line: dict[str, Any] = json.loads(found[0])
    return line


def test_a_line_says_what_when_and_where(lines: io.StringIO) -> None:
    log.info("job %s works again", "venue.relay_outbox", extra={"status": 200})
    line = the_line(lines)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "job venue.relay_outbox works again",
        "level": "info",
        "logger": "fairseat.test_log_lines",
        "status": 200,
    }


def test_a_line_says_on_whose_behalf(lines: io.StringIO) -> None:
    work = Work(request_id="abcdefgh", traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    with at_work(work):
        work.tenant_id, work.order_id = "t-1", "o-1"
        log.warning("slow")
    line = the_line(lines)
    known = {name: line[name] for name in ("request_id", "tenant_id", "order_id", "trace_id")}
    assert known == {
        "request_id": "abcdefgh",
        "tenant_id": "t-1",
        "order_id": "o-1",
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
    }
    assert "job" not in line


def test_a_traceback_is_part_of_its_line_and_quotes_no_row(lines: io.StringIO) -> None:
    told = "duplicate key\nDETAIL:  Key (email)=(fay fan, 1 Elm Street) already exists."
    try:
        raise ValueError(told)
    except ValueError:
        log.exception("job failed")
    line = the_line(lines)
    assert "Traceback" in line["exception"] and "ValueError: duplicate key" in line["exception"]
    assert "Elm Street" not in line["exception"] and "DETAIL: ***" in line["exception"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Fay.Fan+x@mail.example.com bought", "*** bought"),
        ("postgresql://venue:hunter2@db:5432/venue_db", "postgresql://***@db:5432/venue_db"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer ***"),
        ("token eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIx.c2ln", "token ***"),
        ("sk_test_51abc and whsec_abc and fsk_abc-d", "*** and *** and ***"),
        ("pi_3abc_secret_xyz", "***"),
        ("card 4242 4242 4242 4242 was used", "card *** was used"),
        ("card 4242424242424242", "card ***"),
        ("invalid input for query argument $1: 'Fay Fan' (a str)", "invalid input for query argument $1: ***"),
        ("E11000 dup key: { email: 'x' }", "E11000 dup key: ***"),
        ("-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----", "***"),
    ],
)
def test_what_looks_like_a_secret_or_a_person_becomes_stars(text: str, kept: str) -> None:
    assert redacted(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "4242424242424241",  # no card: the check digit is wrong
        "424242424242",  # no card: too short
        "019a8b1c-2d3e-7f40-8123-456789abcdef",
        "12345678-4242-4242-4242-424242424242",
        "order 019a8b1c stays due: PostgreSQL: ConnectionRefusedError: [Errno 111]",
        "the database's clock is +0.750 s from ours, and is followed",
        "2026-11-22T14:34:05.123456Z",
    ],
)
def test_what_is_needed_to_find_a_fault_stays(text: str) -> None:
    assert redacted(text) == text
