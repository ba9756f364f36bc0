"""Links between processes: what is asked of services elsewhere, and what others may ask here.

gRPC is loaded when it is used: a process that runs every service does without.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast, override

from adapters.system.clock import SystemClock
from adapters.system.observer import Observer
from adapters.system.token_keys import FetchedTokenVerifier
from adapters.system.tokens import TokenTerms
from bootstrap.containers.service import Elsewhere
from bootstrap.needs import SERVICES
from bootstrap.setting_groups import LinkSettings
from bootstrap.settings import Settings, SettingsError
from ports.published.identity import TokenKeysApi, TokenVerifier

_CERTIFIED = ("certificate", "key", "authority")


class OtherProcesses(Elsewhere):
    """Clients of what is served elsewhere; `name` is what this process calls itself."""

    def __init__(self, settings: Settings, served_by: Mapping[type, str], name: str) -> None:
        self._settings = settings
        self._served_by = served_by
        self._name = name
        self._remote: Any = None  # RemoteLinks, which is not loaded yet
        self._verifier: TokenVerifier | None = None

    @override
    async def get[T](self, api: type[T]) -> T:
        # Tokens are read here, with keys that are fetched now and then; nothing else is worth more than a call.
        return cast("T", self._verifying()) if api is TokenVerifier else self._client(api)

    @override
    async def close(self) -> None:
        if self._remote is not None:
            await self._remote.close()

    def _verifying(self) -> TokenVerifier:
        if self._verifier is None:
            terms = TokenTerms(issuer=self._settings.token.issuer, audience=self._settings.token.audience)
            keys, remote = self._client(TokenKeysApi), self._client(TokenVerifier)
            self._verifier = FetchedTokenVerifier(keys, remote, terms, SystemClock())
        return self._verifier

    def _client[T](self, api: type[T]) -> T:
        if self._remote is None:
            from adapters.grpc.clients import RemoteLinks
            from adapters.grpc.watching import WorkGoesAlong

            links = self._settings.links
            addresses = {name: address for name in SERVICES if (address := links.address(name))}
            along: list[Any] = [WorkGoesAlong()]  # Any: the stubs' name for an interceptor is no class
            security = security_of(links, self._name)
            self._remote = RemoteLinks(self._served_by, addresses, security, SystemClock(), interceptors=along)
        try:
            client: T = self._remote.get(api)
        except LookupError:
            raise SettingsError(f"FAIRSEAT_LINKS_{self._served_by[api].upper()} is missing.") from None
        return client


@asynccontextmanager
async def answering(
    apis: Mapping[type, Callable[[], Awaitable[object]]], links: LinkSettings, name: str, observer: Observer
) -> AsyncIterator[None]:
    """Answer other processes at the port of the settings while the block lasts; raises SettingsError."""
    from adapters.grpc.security import LinkSecurityError
    from adapters.grpc.server import GrpcLinks
    from adapters.grpc.watching import WatchedCalls

    security, watching = security_of(links, name), [WatchedCalls(observer)]
    server = GrpcLinks(apis, security, SystemClock(), calls_max=links.concurrency_max, interceptors=watching)
    try:
        await server.start(host=links.host, port=links.port or 0)
    except (OSError, LinkSecurityError) as error:
        raise SettingsError(f"FAIRSEAT_LINKS_…: {error}") from error
    try:
        yield
    finally:
        await server.stop()


def security_of(links: LinkSettings, name: str) -> Any:  # noqa: ANN401  (a LinkSecurity, which is not loaded yet)
    """Return how links are secured; raises SettingsError where that keeps nobody out."""
    from adapters.grpc.security import LinkFiles, LinkSecurity, LinkSecurityError

    files = [Path(path) for each in _CERTIFIED if (path := getattr(links, each))]
    if files and len(files) < len(_CERTIFIED):
        raise SettingsError("FAIRSEAT_LINKS_CERTIFICATE, …_KEY and …_AUTHORITY belong together.")
    try:
        return LinkSecurity(name, secret=links.secret.reveal(), files=LinkFiles(*files) if files else None)
    except LinkSecurityError as error:
        raise SettingsError(f"FAIRSEAT_LINKS_SECRET: {error}.") from error
