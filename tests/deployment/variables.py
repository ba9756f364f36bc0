"""What the deployment files may set, and which service is given which secret."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from bootstrap.settings import DATABASES, variables

COMING = frozenset(
    {
        *(f"FAIRSEAT_GATEWAY_{name}" for name in ("HOST", "PORT", "AUTH", "USER", "VENUE", "TICKET", "ORDER")),
        *(f"FAIRSEAT_GATEWAY_{name}" for name in ("PAYMENT", "ADMISSION", "CONTENT")),
        *(f"FAIRSEAT_LINKS_{name}" for name in ("HOST", "PORT", "SECRET", "AUTH", "VENUE", "TICKET", "ORDER")),
        *(f"FAIRSEAT_LINKS_{name}" for name in ("PAYMENT", "ADMISSION")),
        *(f"FAIRSEAT_{name}" for name in ("LOG_FORMAT", "METRICS_ENABLED", "METRICS_TOKEN")),
        *(f"FAIRSEAT_LIMITS_{name}" for name in ("ENABLED", "PROCESSES")),
    }
)
"""Settings of the split form that are not in this tree yet; to be deleted with what brings them."""

KNOWN = frozenset(name for name, *_ in variables()) | COMING

ON_POSTGRESQL = DATABASES
SERVED = ("auth", "user", "venue", "ticket", "order", "payment", "admission", "content")
"""Services with an API. The timers of `expiration` are asked by nobody, so it only works in the background."""
SERVICES = (*SERVED, "expiration")

_EVERYBODY = (*SERVICES,)
SECRETS: Mapping[str, tuple[str, ...]] = {
    **{f"FAIRSEAT_{name.upper()}_DATABASE_{url}": (name,) for name in ON_POSTGRESQL for url in ("URL", "RELAY_URL")},
    **{f"FAIRSEAT_{name.upper()}_DATABASE_ADMIN_URL": () for name in ON_POSTGRESQL},
    "FAIRSEAT_TICKET_DATABASE_URL": ("ticket",),
    "FAIRSEAT_CONTENT_DATABASE_URL": ("content",),
    "FAIRSEAT_REDIS_URL": ("auth", "venue", "payment", "expiration", "gateway"),
    "FAIRSEAT_RABBITMQ_URL": _EVERYBODY,
    "FAIRSEAT_LINKS_SECRET": _EVERYBODY,
    "FAIRSEAT_PASSES_KEY_SECRET": ("auth", "venue", "admission"),
    "FAIRSEAT_TOKEN_SIGNING_KEYS": ("auth",),
    "FAIRSEAT_STRIPE_SECRET_KEY": ("payment",),
    "FAIRSEAT_STRIPE_WEBHOOK_SECRET": ("payment",),
    "FAIRSEAT_STRIPE_CONNECT_WEBHOOK_SECRET": ("payment",),
}
"""Every secret that a deployment needs, and who is given it; the admin's are for migrations alone."""

_OPTIONAL = re.compile(
    r"FAIRSEAT_(MAIL_PASSWORD|MEDIA_(SECRET_)?ACCESS_KEY(_ID)?|METRICS_TOKEN|STRIPE_PUBLISHABLE_KEY)"
)


def misplaced(service: str, given: Iterable[str]) -> set[str]:
    """Return the secrets that a process of a service has and should not, or has not and should."""
    here = {name for name, services in SECRETS.items() if service in services}
    return {name for name in given if name in SECRETS} ^ here


def unknown(names: Iterable[str]) -> set[str]:
    """Return the settings among the variables that Fairseat does not know."""
    return {name for name in names if name.startswith("FAIRSEAT_") and name not in KNOWN}


def is_secret(name: str) -> bool:
    """Tell whether a variable may be named in a manifest, but not its value."""
    return name in SECRETS or _OPTIONAL.fullmatch(name) is not None


def given_to(container: Mapping[str, Any]) -> set[str]:
    """Return the variables that a Kubernetes container names itself."""
    names = [one["name"] for one in container.get("env", [])]
    assert len(names) == len(set(names)), f"a variable is given twice: {names}"
    return set(names)
