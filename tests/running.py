"""A whole Fairseat as its users run it: `fairseat up` as a process of its own, spoken to over HTTP."""

import os
import shutil
import signal
import subprocess
import sys
import time
import weakref
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import httpx

from adapters.cli.demo_world import ORGANISATION, PASSWORD
from adapters.embedded.processes import Mark, leftovers
from adapters.embedded.readiness import free_port
from tests.quick_folders import make_quick_folder

READY_TIMEOUT_S = 150
SPLIT = os.environ.get("FAIRSEAT_TEST_FORM") == "split"
"""Whether every service is to have a process of its own in tests that run everything (`make test-split`)."""
STOPS_WITHIN_S = 30 if SPLIT else 8
OWNER = "owner@demo.example.com"
SERVERS = {"valkey": "-server", "rabbitmq": "beam", "postgres": "postgres", "mongo": "python"}
"""The embedded servers by their folders, and what their programs' names hold."""


def clean_environment(**extra: str) -> dict[str, str]:
    """Return this process's environment without any setting of ours, and with `extra`."""
    return {name: value for name, value in os.environ.items() if not name.startswith("FAIRSEAT_")} | extra


def fairseat(*arguments: str, **environment: str) -> list[str]:
    """Return the command line of the installed `fairseat`."""
    return [str(Path(sys.executable).with_name("fairseat")), *arguments]


@dataclass(slots=True, weakref_slot=True)
class RunningFairseat:
    """One `fairseat up --demo` on a folder, in one process or `split`; it can be killed and started again.

    What its servers write is in `data` below the folder, as long as there is this object.
    """

    folder: Path
    port: int = field(default_factory=free_port)
    environment: dict[str, str] = field(default_factory=dict[str, str])
    split: bool = SPLIT
    _process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        quick = make_quick_folder()
        weakref.finalize(self, shutil.rmtree, quick, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "data").symlink_to(quick)

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v1"

    @property
    def output(self) -> str:
        return (self.folder / "output.txt").read_text()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def services(self) -> dict[str, int]:
        """The processes of a split form by their names, the gateway's among them."""
        return {path.stem: int(path.read_text()) for path in (self.folder / "data" / "split").glob("*.pid")}

    @property
    def ready(self) -> bool:
        """Whether it says that all of it is ready."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/health/ready", timeout=5).is_success
        except httpx.TransportError:
            return False

    def pid_of(self, name: str) -> int:
        """Return the process of a service or of an embedded server; 0 while there is none of the server."""
        if name not in SERVERS:
            return self.services[name]
        return min(leftovers(Mark.of(self.folder / "data" / name, program=SERVERS[name])), default=0)

    def start(self) -> None:
        """Start, and return when the welcome has been printed."""
        form = ("--split",) if self.split else ()
        with (self.folder / "output.txt").open("wb") as output:
            self._process = subprocess.Popen(
                fairseat("up", *form, "--demo", "--folder", str(self.folder / "data"), "--port", str(self.port)),
                env=clean_environment(**self.environment),
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        until = time.monotonic() + READY_TIMEOUT_S
        while "seats are on sale" not in self.output:
            assert self._process.poll() is None, f"ended with {self._process.returncode}:\n{self.output}"
            assert time.monotonic() < until, f"not ready in {READY_TIMEOUT_S} s:\n{self.output}"
            time.sleep(0.05)

    def kill(self) -> None:
        """End it the hard way: it has no chance to tidy up."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)
        for pid in self.services.values():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def stop(self) -> int:
        """End it in good order, and return its exit status."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self._process.wait(60)

    @property
    def stripe(self) -> str:
        """The address of the Stripe stand-in, as the welcome names it."""
        line = next(line for line in self.output.splitlines() if "Stripe stand-in" in line)
        return line.split()[-1]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an API and its Stripe stand-in are, when they were not started by `fairseat up`."""

    api: str
    stripe: str


class Buyer:
    """Somebody who buys through the API, with a guest token; or with an account of this e-mail, opened for that."""

    def __init__(self, running: RunningFairseat | Place, email: str | None = None) -> None:
        self._running = running
        self.http = httpx.Client(timeout=30)
        if email is None:
            way, body = "guest", dict[str, str]()
        else:
            way, body = "login", {"email": email, "password": PASSWORD}
            self._json(self.http.post(f"{running.api}/auth/register", json={**body, "displayName": email}))
        token = self._json(self.http.post(f"{running.api}/auth/{way}", json=body))["accessToken"]
        self.organisation_id, self.plan_id = find_demo(running)
        self.headers = {"Authorization": f"Bearer {token}", "X-Tenant-ID": self.organisation_id}

    def get(self, path: str) -> Any:
        """Return what is there now: a seat map would else be up to a second old."""
        headers = self.headers | {"Cache-Control": "no-cache"}
        return self._json(self.http.get(self._running.api + path, headers=headers))

    def post(self, path: str, body: object) -> Any:
        return self._json(self.http.post(self._running.api + path, json=body, headers=self.headers))

    def refused(self, path: str, body: object = None) -> Any:
        """Return the problem that a POST is refused with."""
        answer = self.http.post(self._running.api + path, json=body, headers=self.headers)
        assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
        return answer.json()

    def hold(self, seats: int = 1, *, plan_id: str | None = None) -> str:
        """Hold free seats, of the demo's plan unless another is named, and return the reservation's id."""
        plan = f"/seating-plans/{plan_id or self.plan_id}"
        free = [seat for seat in self.get(f"{plan}/seats")["seats"] if seat["status"] == "AVAILABLE"]
        reservation_id = str(uuid4())
        chosen = [seat["id"] for seat in free[:seats]]
        self.post(f"{plan}/holds", {"reservationId": reservation_id, "seatIds": chosen})
        return reservation_id

    def order(self, reservation_id: str, *, kind: str = "seats") -> str:
        """Order what is held, and return the order's id."""
        body = {
            "reservations": [{"kind": kind, "reservationId": reservation_id}],
            "contact": {"email": "fan@demo.example.com", "name": "Fay Fan"},
        }
        return str(self.post("/orders", body)["id"])

    def pay(self, order_id: str, card: str = "pm_card_visa") -> None:
        """Start a payment, and confirm it as Stripe's library does in a browser."""
        payment = self.post(f"/orders/{order_id}/payments", {"method": "CARD"})
        self.confirm(payment, card)

    def confirm(self, payment: Any, card: str = "pm_card_visa") -> None:
        """Confirm a payment at Stripe's stand-in, with one of its cards."""
        self._json(
            self.http.post(
                f"{self._running.stripe}/v1/payment_intents/{payment['stripePaymentIntentId']}/confirm",
                headers={"Authorization": "Bearer pk_test_fairseat"},
                data={"payment_method": card, "client_secret": payment["clientSecret"]},
            )
        )

    def wait_for(self, order_id: str, status: str, *, at_most_s: float = 30) -> Any:
        """Return the order when it has the status."""
        until = time.monotonic() + at_most_s
        while (order := self.get(f"/orders/{order_id}"))["status"] != status:
            assert time.monotonic() < until, order
            time.sleep(0.05)
        return order

    def passes(self, order_id: str, *, at_most_s: float = 30) -> list[Any]:
        """Return the order's passes when there are some."""
        until = time.monotonic() + at_most_s
        while True:
            # The order may be confirmed before admission has heard of it.
            answer = self.http.get(f"{self._running.api}/orders/{order_id}/passes", headers=self.headers)
            assert answer.is_success or answer.status_code == 404, answer.text
            if answer.is_success and (passes := answer.json()["items"]):
                return list(passes)
            assert time.monotonic() < until, "no passes"
            time.sleep(0.05)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    @staticmethod
    def _json(response: httpx.Response) -> Any:
        assert response.is_success, f"{response.status_code} {response.text}"
        return response.json()


def find_demo(running: RunningFairseat | Place) -> tuple[str, str]:
    """Return the ids of the demo's organisation and seating plan."""
    with httpx.Client(base_url=running.api, timeout=30) as http:
        tokens = http.post("/auth/login", json={"email": OWNER, "password": PASSWORD}).json()
        owner = {"Authorization": f"Bearer {tokens['accessToken']}"}
        organisations = http.get("/organisations", headers=owner).json()["items"]
        organisation_id = next(str(one["id"]) for one in organisations if one["name"] == ORGANISATION)
        owner["X-Tenant-ID"] = organisation_id
        plans = http.get("/seating-plans", headers=owner).json()["items"]
    return organisation_id, str(plans[0]["id"])
