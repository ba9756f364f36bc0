"""The parts run apart, on servers that the settings name: `fairseat migrate`, `fairseat serve`, `fairseat worker`."""

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest

from adapters.cli.demo_world import load_demo_world
from adapters.embedded.readiness import free_port
from adapters.embedded.stripe_fake.server import StripeFake
from adapters.postgres.security import Roles
from adapters.system.signing_keys import SigningKeys
from bootstrap.settings import DATABASES
from tests.running import Buyer, Place, clean_environment, fairseat
from tests.servers import PostgresServer

WEBHOOK_SECRET = "whsec_tests"
SECRET_KEY = "sk_test_tests"


@pytest.fixture
async def stripe_fake() -> AsyncIterator[StripeFake]:
    async with StripeFake(secret_key=SECRET_KEY, webhook_secret=WEBHOOK_SECRET) as fake:
        yield fake


def settings(
    postgres: PostgresServer,
    valkey_url: str,
    mongodb_url: str,
    stripe_url: str,
    *,
    mail_folder: Path,
    world: str = "apart",
) -> dict[str, str]:
    """Return an environment that names every server, with databases of this world that are not there yet."""
    environment = {
        "FAIRSEAT_REDIS_URL": valkey_url,
        "FAIRSEAT_TICKET_DATABASE_URL": mongodb_url,
        "FAIRSEAT_TICKET_DATABASE_NAME": f"{world}_{time.monotonic_ns()}",
        "FAIRSEAT_CONTENT_DATABASE_URL": mongodb_url,
        "FAIRSEAT_CONTENT_DATABASE_NAME": f"{world}_content_{time.monotonic_ns()}",
        "FAIRSEAT_STRIPE_SECRET_KEY": SECRET_KEY,
        "FAIRSEAT_STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "FAIRSEAT_STRIPE_API_URL": stripe_url,
        "FAIRSEAT_TOKEN_SIGNING_KEYS": SigningKeys.generate().to_pem().decode(),
        "FAIRSEAT_PASSES_KEY_SECRET": "thirty-two bytes of no importance",
        "FAIRSEAT_MAIL_FOLDER": str(mail_folder),
    }
    admin = urlsplit(postgres.admin_url)
    for name in DATABASES:
        roles = Roles.of(f"{name}_db")
        database = f"/{name}_db_{world}"
        for suffix, user in (("", roles.app), ("RELAY_", roles.relay)):
            netloc = f"{user}:test-only@{admin.hostname}:{admin.port}"
            url = urlunsplit(admin._replace(netloc=netloc, path=database))
            environment[f"FAIRSEAT_{name.upper()}_DATABASE_{suffix}URL"] = url
        environment[f"FAIRSEAT_{name.upper()}_DATABASE_ADMIN_URL"] = urlunsplit(admin._replace(path=database))
    return environment


@contextmanager
def started(log: Path, environment: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command while the block lasts, and see it end in good order."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            fairseat(*arguments), env=clean_environment(**environment), stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        process.terminate()
        assert process.wait(30) == 0, log.read_text()


async def test_migrate_serve_and_worker_sell_a_seat(
    postgres: PostgresServer, valkey_url: str, mongodb_url: str, stripe_fake: StripeFake, tmp_path: Path
) -> None:
    environment = settings(postgres, valkey_url, mongodb_url, stripe_fake.url, mail_folder=tmp_path / "mail")
    port = free_port()
    base_url = f"http://127.0.0.1:{port}"
    for expected in ("first", "again"):
        migrated = await asyncio.to_thread(
            subprocess.run,
            fairseat("migrate"),
            env=clean_environment(**environment),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert migrated.returncode == 0, f"{expected}: {migrated.stderr}"
    with (
        started(tmp_path / "serve.log", environment, "serve", "--port", str(port)),
        started(tmp_path / "worker.log", environment, "worker"),
    ):
        async with httpx.AsyncClient() as http:
            until = time.monotonic() + 30
            while time.monotonic() < until:
                try:
                    if (await http.get(f"{base_url}/health/ready")).status_code == 200:
                        break
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
            endpoint = {"url": f"{base_url}/api/v1/webhooks/stripe", "secret": WEBHOOK_SECRET}
            told = await http.post(f"{stripe_fake.url}/_fake/webhooks", json=endpoint)
            assert told.is_success, told.text
        await load_demo_world(base_url, mail_folder=tmp_path / "mail", stripe_url=stripe_fake.url)

        def buy() -> int:
            with Buyer(Place(f"{base_url}/api/v1", stripe_fake.url)) as buyer:
                order_id = buyer.order(buyer.hold(seats=3))
                buyer.pay(order_id)
                buyer.wait_for(order_id, "CONFIRMED")
                return len(buyer.passes(order_id))

        assert await asyncio.to_thread(buy) == 3
