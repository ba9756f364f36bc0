"""Settings: read once from the environment (`FAIRSEAT_…`), checked, frozen. A wrong one stops the process at once."""

import difflib
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, Literal, NoReturn, override
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from bootstrap.gateway_settings import GatewaySettings
from bootstrap.needs import SERVICES, needed
from bootstrap.setting_groups import (
    LimitSettings,
    LinkSettings,
    MailSettings,
    MediaSettings,
    OrderSettings,
    ResaleSettings,
    ReviewSettings,
    TransferSettings,
)
from bootstrap.setting_sight import LogSettings, MetricsSettings, TracingSettings
from bootstrap.setting_types import Port, Seconds, Secret, SecretUrl

PREFIX = "FAIRSEAT_"
_TEST_PREFIX = "FAIRSEAT_TEST_"
DATABASES = ("auth", "venue", "order", "payment", "admission", "user")


class SettingsError(Exception):
    """The environment does not make sense; each line of the message names one variable."""


class Withheld(SecretUrl):
    """A secret that the services of this process do not need, and that was not given to it."""

    __slots__ = ("_variable",)

    def __init__(self, variable: str) -> None:
        super().__init__("")
        self._variable = variable

    @override
    def reveal(self) -> NoReturn:
        """Raise SettingsError: something here needs it after all."""
        raise SettingsError(f"{self._variable} is missing.")


class HttpSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the API listens, and whose X-Forwarded-For it believes: addresses and networks, with commas between.

    `public_url` is its address as browsers see it, to which Stripe's pages send people back; by default where it
    listens.
    """

    host: str = "127.0.0.1"
    port: Port = 8000
    public_url: Annotated[str, Meta(pattern="^(https?://[^ ]+)?$")] = ""
    trusted_proxies: str = ""
    request_bytes_max: Annotated[int, Meta(ge=1024)] = 1_000_000


class DatabaseSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One PostgreSQL database: `url` logs in as its app role, `relay_url` as its relay role, `admin_url` migrates."""

    url: SecretUrl
    relay_url: SecretUrl
    admin_url: SecretUrl | None = None
    connections_max: Annotated[int, Meta(ge=1, le=200)] = 10


class MongoSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One MongoDB database."""

    url: SecretUrl


class TicketDatabaseSettings(MongoSettings, frozen=True, kw_only=True):
    """ticket_db."""

    name: Annotated[str, Meta(pattern="^[a-z0-9_]{1,38}$")] = "ticket_db"


class ContentDatabaseSettings(MongoSettings, frozen=True, kw_only=True):
    """content_db."""

    name: Annotated[str, Meta(pattern="^[a-z0-9_]{1,38}$")] = "content_db"


class RedisSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Locks, timers, the live map, and what processes count and remember together."""

    url: SecretUrl


class RabbitSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where events go; without a URL they are handed over within the process."""

    url: SecretUrl | None = None


class StripeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Stripe; `api_url` is only set to talk to a fake.

    Each webhook endpoint, that of the platform's account and that of connected accounts (`connect_`), has a secret of
    its own; without one it is closed. While a secret is rotated, the former one is `…_previous`, and either fits.

    With `connect` `required` the money of tickets goes to their venue's connected account, and nothing paid is sold
    where there is none that may charge; the platform keeps a fee of each payment, in basis points of it and a fixed
    amount in its minor units, unless something else was agreed with the organisation (`fairseat platform-fee`). With
    `off` all money stays on the platform's own account: for a venue that runs Fairseat for itself alone.

    Every `events_interval_s` seconds Stripe's own list is read for events whose webhooks never came.
    """

    secret_key: Secret
    publishable_key: str = ""
    webhook_secret: Secret = Secret("")
    webhook_secret_previous: Secret = Secret("")
    connect_webhook_secret: Secret = Secret("")
    connect_webhook_secret_previous: Secret = Secret("")
    api_url: str | None = None
    connect: Literal["required", "off"] = "required"
    fee_basis_points: Annotated[int, Meta(ge=0, le=10_000)] = 0
    fee_fixed_minor: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    events_interval_s: Annotated[int, Meta(ge=10, le=900)] = 300


class TokenSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Access tokens: who issues them, for whom, and the Ed25519 private keys in PEM (the first one signs)."""

    signing_keys: Secret
    issuer: str = "https://fairseat.example"
    audience: str = "fairseat"


class PassSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The secret that seals private keys, those of events and of receipts about resale; and when doors open.

    The doors open that many seconds before an event.
    """

    key_secret: Secret
    doors_open_before_s: Seconds = 14_400


class SeatingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Whether holds that come at once share transactions (`batching`), or each has its own (`plain`).

    And how many holds an account and an address may ask for in a window of time; 0 for as many as they like. One
    request makes a plan of at most `plan_seats_per_request` seats; larger ones are imported by an operation, from
    documents of at most `plan_document_bytes`, which are kept for `plan_document_keep_s` seconds.
    """

    holds: Literal["batching", "plain"] = "batching"
    hold_budget_per_account: Annotated[int, Meta(ge=0, le=1_000_000)] = 60
    hold_budget_per_address: Annotated[int, Meta(ge=0, le=1_000_000)] = 1_200
    hold_budget_window_s: Annotated[int, Meta(ge=1, le=3_600)] = 60
    plan_seats_per_request: Annotated[int, Meta(ge=1, le=150_000)] = 150_000
    plan_document_bytes: Annotated[int, Meta(ge=1_000, le=1_000_000_000)] = 200_000_000
    plan_document_keep_s: Annotated[int, Meta(ge=3_600, le=2_592_000)] = 604_800


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings. The variable of a member is FAIRSEAT_<GROUP>_<MEMBER>."""

    auth_database: DatabaseSettings
    venue_database: DatabaseSettings
    order_database: DatabaseSettings
    payment_database: DatabaseSettings
    admission_database: DatabaseSettings
    user_database: DatabaseSettings
    ticket_database: TicketDatabaseSettings
    content_database: ContentDatabaseSettings
    redis: RedisSettings
    stripe: StripeSettings
    token: TokenSettings
    passes: PassSettings
    rabbitmq: RabbitSettings = RabbitSettings()
    http: HttpSettings = HttpSettings()
    orders: OrderSettings = OrderSettings()
    seating: SeatingSettings = SeatingSettings()
    transfers: TransferSettings = TransferSettings()
    resale: ResaleSettings = ResaleSettings()
    media: MediaSettings = MediaSettings()
    reviews: ReviewSettings = ReviewSettings()
    mail: MailSettings = MailSettings()
    limits: LimitSettings = LimitSettings()
    gateway: GatewaySettings = GatewaySettings()
    links: LinkSettings = LinkSettings()
    log: LogSettings = LogSettings()
    metrics: MetricsSettings = MetricsSettings()
    tracing: TracingSettings = TracingSettings()

    def database(self, service: str) -> DatabaseSettings:
        """Return the settings of a service's PostgreSQL database, such as `venue`."""
        found: object = getattr(self, f"{service}_database")
        assert isinstance(found, DatabaseSettings), service
        return found


def variables() -> Iterator[tuple[str, str, str, bool]]:
    """Yield (variable, group, member, required) for every setting."""
    for group in _groups():
        for member in msgspec.structs.fields(group.type):
            yield f"{PREFIX}{group.name}_{member.name}".upper(), group.name, member.name, member.required


def check_given(environment: Mapping[str, str]) -> None:
    """Raise SettingsError with a line for each variable that is unknown or wrong; others may be missing."""
    known = {name: (group, member) for name, group, member, _ in variables()}
    problems = _unknown(environment, known)
    types = {group.name: {each.name: each.type for each in msgspec.structs.fields(group.type)} for group in _groups()}
    for name, (group, member) in known.items():
        if value := environment.get(name):
            try:
                msgspec.convert(value, types[group][member], strict=False, dec_hook=_secret)
            except msgspec.ValidationError as error:
                problems.append(f"{name}: {error}.")
    if problems:
        raise SettingsError("\n".join(problems))


def read_settings(environment: Mapping[str, str], services: Collection[str] = SERVICES) -> Settings:
    """Return the settings of a process that runs these services; what others need may be missing.

    Raises SettingsError with a line for each variable that is missing, unknown or wrong.
    """
    known = {name: (group, member, required) for name, group, member, required in variables()}
    problems = _unknown(environment, known)
    given: dict[str, dict[str, object]] = {group.name: {} for group in _groups()}
    for name, (group, member, required) in known.items():
        value = environment.get(name)
        if value is not None and value != "":
            given[group][member] = value
        elif required and needed(name.removeprefix(PREFIX), services):
            problems.append(f"{name} is missing.")
        elif required:
            given[group][member] = Withheld(name)
    if problems:
        raise SettingsError("\n".join(problems))
    groups: dict[str, object] = {}
    for each in _groups():
        try:
            groups[each.name] = msgspec.convert(given[each.name], each.type, strict=False, dec_hook=_secret)
        except msgspec.ValidationError as error:
            fault, _, member = str(error).rpartition(" - at `$.")
            problems.append(f"{PREFIX}{each.name.upper()}_{member.rstrip('`').upper()}: {fault}.")
    if problems:
        raise SettingsError("\n".join(problems))
    return msgspec.convert(groups, Settings, dec_hook=_secret)


def read_gateway_settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings of a gateway, which is given neither databases nor secrets; raises SettingsError."""
    return read_settings(environment, ())


def shown(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield every variable with its value as it may be seen: secrets are stars."""
    for name, group, member, _ in variables():
        yield name, repr(getattr(getattr(settings, group), member))


def _secret(kind: type[Any], value: object) -> object:
    if isinstance(value, kind):
        return value
    if issubclass(kind, Secret) and isinstance(value, str):
        if issubclass(kind, SecretUrl) and not urlsplit(value).scheme:
            raise ValueError("is not a URL")
        return kind(value)
    raise TypeError(f"{kind} is no kind of setting")


def _groups() -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(Settings)


def _unknown(environment: Mapping[str, str], known: Mapping[str, object]) -> list[str]:
    return [
        f"{name} is not a setting{_did_you_mean(name, known)}."
        for name in sorted(environment)
        if name.startswith(PREFIX) and not name.startswith(_TEST_PREFIX) and name not in known
    ]


def _did_you_mean(name: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}" if close else ""
