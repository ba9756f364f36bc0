"""How often somebody may guess: so many attempts of an account, and of an address, in any window of time."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.shared.networks import network_of


class Guarded(StrEnum):
    """What is guarded against being tried again and again."""

    PASSWORD = "password"  # noqa: S105  (what is guarded)
    CODE = "code"
    FORGOT = "forgot"
    RESEND = "resend"
    MAIL_TOKEN = "mail_token"  # noqa: S105  (as above)


@dataclass(frozen=True, slots=True)
class Limit:
    """The most attempts of an account and of an address in a window of `window_s` seconds."""

    account_max: int
    address_max: int
    window_s: int


LIMITS = {
    Guarded.PASSWORD: Limit(account_max=10, address_max=100, window_s=900),
    Guarded.CODE: Limit(account_max=5, address_max=50, window_s=900),
    Guarded.FORGOT: Limit(account_max=3, address_max=30, window_s=3600),
    Guarded.RESEND: Limit(account_max=3, address_max=30, window_s=3600),
    Guarded.MAIL_TOKEN: Limit(account_max=10, address_max=50, window_s=900),
}
"""Of passwords and codes only what failed stays counted.

Five codes in a quarter of an hour find one of the three that are accepted at a time after two years on average, and the
password has to be known first.
"""


def spenders(what: Guarded, *, account: str | None, address: str | None) -> Mapping[str, int]:
    """Return who spends, each with its most attempts.

    `account` is whatever names it, an id or an address that may have no account, and is stored as a digest. An address
    that is no public one (`network_of`) is not counted: a whole office may be behind it.
    """
    limit = LIMITS[what]
    found: dict[str, int] = {}
    if account is not None:
        mark = hashlib.sha256(account.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        found[f"{what}:account:{mark}"] = limit.account_max
    network = network_of(address) if address is not None else None
    if network is not None:
        found[f"{what}:address:{network}"] = limit.address_max
    return found
