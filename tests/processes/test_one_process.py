"""`fairseat up` as a user meets it: started, killed, started again, started twice."""

import os
import signal
import socket
import subprocess
import time
from importlib.resources import files
from pathlib import Path

import httpx
import pytest

from adapters.embedded.readiness import free_port
from tests.quick_folders import quick_folder
from tests.running import Buyer, RunningFairseat, clean_environment, fairseat

BACK_WITHIN_S = 60.0


def test_a_seat_is_held_ordered_paid_confirmed_and_turned_into_a_pass(running: RunningFairseat) -> None:
    with Buyer(running) as buyer:
        reservation_id = buyer.hold(seats=2)
        order_id = buyer.order(reservation_id)
        buyer.pay(order_id)
        order = buyer.wait_for(order_id, "CONFIRMED")
        passes = buyer.passes(order_id)
        assert len(passes) == 2
        assert order["total"]["currency"] == "EUR"
        svg = httpx.get(f"{running.api}/passes/{passes[0]['id']}/code.svg", headers=buyer.headers)
        assert svg.headers["content-type"].startswith("image/svg+xml")
        assert svg.headers["ratelimit-policy"] == '"read";q=6000;w=60'


def test_everything_behind_it_is_ready(running: RunningFairseat) -> None:
    ready = httpx.get(f"http://127.0.0.1:{running.port}/health/ready").json()
    assert ready["status"] == "ok"
    databases = {"auth_db", "venue_db", "ticket_db", "order_db", "payment_db", "admission_db", "content_db", "user_db"}
    assert databases | {"redis"} <= set(ready["dependencies"])


def test_the_printed_walk_through_buys_a_seat(running: RunningFairseat) -> None:
    printed = running.output[running.output.index("# Buys one seat") :]
    last = files("adapters.cli").joinpath("purchase.sh").read_text().splitlines()[-1]
    script = printed[: printed.index(last) + len(last)]  # below it the log may go on
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert '"status":"CONFIRMED"' in done.stdout, done.stdout
    assert '"code":"FS1' in done.stdout, done.stdout


def test_a_second_instance_on_the_same_folder_is_refused(running: RunningFairseat) -> None:
    refusal = refusal_of_up(running.folder / "data", FAIRSEAT_HTTP_PORT="1")
    assert f"in use by process {running.pid}" in refusal


def test_servers_that_are_killed_are_started_again_and_fans_buy_on(running: RunningFairseat) -> None:
    with Buyer(running) as buyer:
        order_id = buyer.order(buyer.hold())
        before = {name: running.pid_of(name) for name in ("valkey", "postgres")}
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        until = time.monotonic() + BACK_WITHIN_S
        while any(running.pid_of(name) in {pid, 0} for name, pid in before.items()) or not running.ready:
            assert time.monotonic() < until, f"they did not come back:\n{running.output}"
            time.sleep(0.05)
        buyer.pay(order_id)
        buyer.wait_for(order_id, "CONFIRMED")
        assert len(buyer.passes(order_id)) == 1


def test_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refusal = refusal_of_up(tmp_path / "data", FAIRSEAT_HTTP_PORT=str(port))
    assert f"127.0.0.1:{port} cannot be listened on" in refusal


def refusal_of_up(folder: Path, **environment: str) -> str:
    """Return the one line with which `fairseat up` says what the user can mend."""
    done = subprocess.run(
        fairseat("up", "--folder", str(folder)),
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    return done.stderr


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "FAIRSEAT_AUTH_DATABASE_URL is missing."),
        ({"FAIRSEAT_HTTP_PROT": "80"}, "FAIRSEAT_HTTP_PROT is not a setting; did you mean FAIRSEAT_HTTP_PORT"),
    ],
)
def test_a_missing_or_misspelt_setting_is_said_and_ends_it(environment: dict[str, str], said: str) -> None:
    done = subprocess.run(
        fairseat("serve"),
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"FAIRSEAT_HTTP_PORT": "99999"}, "FAIRSEAT_HTTP_PORT: '99999' is not a port"),
        ({"FAIRSEAT_HTTP_PORT": "-1"}, "FAIRSEAT_HTTP_PORT: '-1' is not a port"),
        ({"FAIRSEAT_HTTP_HOST": "ä..b"}, "cannot be listened on: this is no name of a host"),
        ({"FAIRSEAT_LOG_LEVEL": "loud"}, "FAIRSEAT_LOG_LEVEL: Invalid enum value 'loud'"),
        ({"FAIRSEAT_PASSES_KEY_SECRET": "short"}, "FAIRSEAT_PASSES_KEY_SECRET: "),
    ],
)
def test_up_says_in_one_line_which_setting_cannot_be_used(environment: dict[str, str], said: str) -> None:
    free = {} if "FAIRSEAT_HTTP_PORT" in environment else {"FAIRSEAT_HTTP_PORT": str(free_port())}
    with quick_folder() as folder:  # one of them is found out when the servers run
        assert said in refusal_of_up(folder / "data", **free, **environment)


@pytest.mark.parametrize("spoilt", ["secrets.json", "keys/signing.pem"])
def test_a_file_that_was_spoilt_is_named_in_one_line(tmp_path: Path, spoilt: str) -> None:
    (tmp_path / spoilt).parent.mkdir(exist_ok=True)
    (tmp_path / spoilt).write_text("{spoilt")
    (tmp_path / spoilt).chmod(0o600)
    assert f"{tmp_path / spoilt} cannot be " in refusal_of_up(tmp_path, FAIRSEAT_HTTP_PORT=str(free_port()))


def test_a_folder_that_cannot_be_written_to_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        said = refusal_of_up(folder, FAIRSEAT_HTTP_PORT=str(free_port()))
        assert f"{folder} cannot be written to" in said
