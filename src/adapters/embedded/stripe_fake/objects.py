"""What all objects have: JSON, an id with a prefix, and a time in seconds."""

import string
import time
from secrets import choice
from typing import Any

type StripeDict = dict[str, Any]
"""An object of the API, as JSON."""

_ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str, *, length: int = 24) -> str:
    """Return an id such as pi_3Qw…"""
    return f"{prefix}_" + "".join(choice(_ALPHABET) for _ in range(length))


def now() -> int:
    """Return the time as Stripe tells it, in seconds since 1970."""
    return int(time.time())


def empty_list(url: str) -> StripeDict:
    """Return a list that is a member of an object."""
    return {"object": "list", "data": [], "has_more": False, "total_count": 0, "url": url}
