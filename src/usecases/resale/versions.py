"""The next version of a setting."""

from datetime import datetime

from core.resale.policies.settings import Setting, Target
from core.shared.callers import Caller
from core.shared.errors import StaleVersionError


def next_version[T](
    stored: Setting[T] | None, target: Target, value: T | None, *, expected_version: int, caller: Caller, at: datetime
) -> Setting[T]:
    """Return the version after the one that the caller read, 0 for nothing; raises StaleVersionError for another."""
    version = stored.version if stored is not None else 0
    if version != expected_version:
        raise StaleVersionError(f"It is at version {version}; you read {expected_version}.")
    return Setting(target=target, value=value, version=version + 1, changed_by=caller.account_id, changed_at=at)
