"""The auth service as its clients see it: its own container on a real auth_db, behind its own HTTP application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from dishka import AsyncContainer, Provider, Scope, provide
from litestar import Litestar
from litestar.testing import AsyncTestClient
from litestar.types import ControllerRouterHandler

from adapters.cli.demo_mail import mailed_token
from adapters.postgres.migrator import Database
from adapters.system.passwords import Argon2PasswordHasher, HashCosts
from adapters.system.signing_keys import SigningKeys
from adapters.system.tokens import TokenTerms
from bootstrap.containers.auth import auth_service
from bootstrap.containers.service import Links, build_container
from bootstrap.settings import Settings
from ports.identity import PasswordHasher
from ports.published.identity import TokenVerifier
from tests.service_client import app_of, give_back, routes_of, settings_with
from usecases.identity.send_letters import SendLetters

PASSWORD = "a quiet seat in row five"
TERMS = TokenTerms(issuer="https://fairseat.test", audience="fairseat")


def settings_for(database: Database, keys: SigningKeys | str, **more: str) -> Settings:
    return settings_with(
        **more,
        AUTH_DATABASE_URL=database.app_url,
        AUTH_DATABASE_RELAY_URL=database.relay_url,
        TOKEN_SIGNING_KEYS=keys if isinstance(keys, str) else keys.to_pem().decode(),
        TOKEN_ISSUER=TERMS.issuer,
    )


class QuickPasswords(Provider):
    """Hashes like the service's, at a fraction of the costs; those are tested on their own."""

    scope = Scope.APP

    @provide(override=True)
    def hasher(self) -> PasswordHasher:
        return Argon2PasswordHasher(HashCosts(memory_kib=64, passes=1))


@dataclass
class Door:
    """A client of the API, with the keys of the house."""

    client: AsyncTestClient[Litestar]
    keys: SigningKeys
    worker: AsyncContainer
    mailbox: Path

    async def letter(self, name: str) -> str:
        """Send what waits, and return the token of somebody's newest letter that has one."""
        send = await self.worker.get(SendLetters)
        while await send():
            pass
        token = mailed_token(self.mailbox, f"{name}@fairseat.test")
        assert token is not None
        return token

    async def verify(self, name: str) -> None:
        answer = await self.post("/auth/verify-email", {"token": await self.letter(name)})
        assert answer.status_code == 204, answer.text

    async def post(self, path: str, body: object, *, token: str | None = None, **headers: str) -> httpx.Response:
        return await self.client.post(f"/api/v1{path}", json=body, headers=self.headers(token) | headers)

    async def get(self, path: str, *, token: str | None = None, **params: str) -> httpx.Response:
        return await self.client.get(f"/api/v1{path}", headers=self.headers(token), params=params)

    async def put(self, path: str, body: object, *, token: str) -> httpx.Response:
        return await self.client.put(f"/api/v1{path}", json=body, headers=self.headers(token))

    async def delete(self, path: str, *, token: str) -> httpx.Response:
        return await self.client.delete(f"/api/v1{path}", headers=self.headers(token))

    async def register(self, name: str) -> httpx.Response:
        body = {"email": f"{name}@fairseat.test", "password": PASSWORD, "displayName": name.title()}
        return await self.post("/auth/register", body)

    async def log_in(self, name: str) -> dict[str, Any]:
        answer = await self.post("/auth/login", {"email": f"{name}@fairseat.test", "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        session: dict[str, Any] = answer.json()
        return session

    async def fan(self, name: str) -> str:
        """Register, verify the address and log in; return the access token."""
        assert (await self.register(name)).status_code == 201
        await self.verify(name)
        return str((await self.log_in(name))["accessToken"])

    async def organisation(self, token: str, name: str = "Riethsporthalle") -> tuple[str, str]:
        """Found one; return its id and a staff token of its owner."""
        made = await self.post("/organisations", {"name": name}, token=token)
        assert made.status_code == 201, made.text
        return made.json()["id"], await self.staff(token, made.json()["id"])

    async def staff(self, token: str, organisation_id: str) -> str:
        answer = await self.post("/auth/token", {"organisationId": organisation_id}, token=token)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["accessToken"])

    @staticmethod
    def headers(token: str | None) -> dict[str, str]:
        return {} if token is None else {"Authorization": f"Bearer {token}"}


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    body: dict[str, Any] = answer.json()
    return body


@asynccontextmanager
async def open_door(
    database: Database, *more: ControllerRouterHandler, keys: SigningKeys | None = None
) -> AsyncIterator[Door]:
    """Serve the auth service on the database, as one process of it would, and some handlers more."""
    keys = keys or SigningKeys.generate()
    plain = auth_service()
    service = replace(plain, providers=(*plain.providers, QuickPasswords()), controllers=(*plain.controllers, *more))
    with TemporaryDirectory() as mailbox:
        settings = settings_for(database, keys, MAIL_FOLDER=mailbox)
        container = build_container(service, settings, Links())
        # The client runs the application in a loop of its own; the letters are sent by another process, as it were.
        worker = build_container(service, settings, Links())
        app = app_of(routes_of(service, container), verifier=await container.get(TokenVerifier))
        try:
            async with AsyncTestClient(app) as client:
                yield Door(client, keys, worker, Path(mailbox))
        finally:
            give_back(app)
            await container.close()
            await worker.close()
