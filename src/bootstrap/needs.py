"""Which services need which secrets: a process is asked for those of its own services, and is given no others."""

from collections.abc import Iterable, Mapping

SERVICES = ("auth", "user", "venue", "ticket", "order", "payment", "admission", "content", "expiration")
"""Every service, in the order in which they are wired."""

_ON_POSTGRESQL = ("auth", "user", "venue", "order", "payment", "admission")
_ON_MONGODB = ("ticket", "content")

NEEDED_BY: Mapping[str, tuple[str, ...]] = {
    **{f"{name}_database_{url}".upper(): (name,) for name in _ON_POSTGRESQL for url in ("url", "relay_url")},
    # Only `fairseat migrate` logs in as who may make roles.
    **{f"{name}_database_admin_url".upper(): () for name in _ON_POSTGRESQL},
    **{f"{name}_database_url".upper(): (name,) for name in _ON_MONGODB},
    "REDIS_URL": ("auth", "venue", "payment", "expiration"),
    "RABBITMQ_URL": SERVICES,
    "LINKS_SECRET": SERVICES,
    "STRIPE_SECRET_KEY": ("payment",),
    "STRIPE_WEBHOOK_SECRET": ("payment",),
    "STRIPE_WEBHOOK_SECRET_PREVIOUS": ("payment",),
    "STRIPE_CONNECT_WEBHOOK_SECRET": ("payment",),
    "STRIPE_CONNECT_WEBHOOK_SECRET_PREVIOUS": ("payment",),
    "TOKEN_SIGNING_KEYS": ("auth",),
    "PASSES_KEY_SECRET": ("auth", "venue", "admission"),
    "MEDIA_ACCESS_KEY_ID": ("content",),
    "MEDIA_SECRET_ACCESS_KEY": ("content",),
    "MAIL_PASSWORD": ("auth",),
    "METRICS_TOKEN": (*SERVICES, "gateway"),
    "TRACING_HEADERS": (*SERVICES, "gateway"),
}
"""Every secret setting, without the prefix of all settings, and the services that use it."""


def needed(variable: str, services: Iterable[str]) -> bool:
    """Tell whether one of the services uses a secret setting, named without the prefix; what is no secret is for all.

    The names stand in upper case, as in the environment.
    """
    return variable not in NEEDED_BY or not set(services).isdisjoint(NEEDED_BY[variable])
