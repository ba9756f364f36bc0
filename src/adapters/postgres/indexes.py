"""Indexes of sweeps: work that looks across all tenants, for what is due, and then acts in each tenant's name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sweep:
    """An index that begins with the column that a sweep asks for, instead of with the tenant."""

    name: str
    table: str
    column: str
    where: str | None = None

    def made(self, name: str, columns: str) -> str:
        """Return the statement that makes it, under a name, on these columns."""
        return f"create index {name} on {self.table} ({columns})" + (f" where {self.where}" if self.where else "")


MESSAGES: Sequence[Sweep] = (
    Sweep("outbox_waiting", "outbox", "id", "published_at is null and dead_at is null"),
    Sweep("outbox_dead", "outbox", "id", "dead_at is not null"),
    Sweep("outbox_published", "outbox", "published_at", "published_at is not null"),
    Sweep("inbox_accepted_at", "inbox", "accepted_at"),
    Sweep("idempotency_keys_expires_at", "idempotency_keys", "expires_at"),
)
"""Those of the messaging tables, which every database has."""


def with_tenant(sweeps: Sequence[Sweep]) -> Iterator[str]:
    """Make the indexes anew with the tenant in them, as the second column."""
    return _anew(sweeps, ", tenant_id")


def without_tenant(sweeps: Sequence[Sweep]) -> Iterator[str]:
    """Make the indexes anew as they were before."""
    return _anew(sweeps, "")


def _anew(sweeps: Sequence[Sweep], more: str) -> Iterator[str]:
    """Build them all before the first one is dropped: readers wait for the swap alone, writers for the building."""
    for sweep in sweeps:
        yield sweep.made(f"{sweep.name}_anew", sweep.column + more)
    for sweep in sweeps:
        yield f"drop index {sweep.name}"
        yield f"alter index {sweep.name}_anew rename to {sweep.name}"
