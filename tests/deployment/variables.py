"""What the deployment files may set, and which service is given which secret."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from bootstrap.needs import NEEDED_BY
from bootstrap.settings import DATABASES, PREFIX, variables

KNOWN = frozenset(name for name, *_ in variables())

ON_POSTGRESQL = DATABASES
SERVED = ("auth", "user", "venue", "ticket", "order", "payment", "admission", "content")
"""Services with an API. The timers of `expiration` are asked by nobody, so it only works in the background."""
SERVICES = (*SERVED, "expiration")

_OPTIONAL = re.compile(
    r"FAIRSEAT_(MAIL_PASSWORD|MEDIA_(SECRET_)?ACCESS_KEY(_ID)?|METRICS_TOKEN|TRACING_HEADERS|STRIPE_PUBLISHABLE_KEY"
    r"|STRIPE_(CONNECT_)?WEBHOOK_SECRET_PREVIOUS)"
)

SECRETS: Mapping[str, tuple[str, ...]] = {
    name: (*services, "gateway") if name == f"{PREFIX}REDIS_URL" else tuple(services)
    for each, services in NEEDED_BY.items()
    if not _OPTIONAL.fullmatch(name := f"{PREFIX}{each}")
}
"""Every secret that a deployment needs, and who is given it; the admin's are for migrations alone.

Gateways, of which there are several, count requests together in Redis.
"""


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
