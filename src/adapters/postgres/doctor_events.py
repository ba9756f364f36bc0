"""Which events of an outbox the relay has given up."""

from uuid import UUID

from adapters.postgres.doctor_facts import Query, Row, key_of
from core.doctor.facts import StuckFacts


def _event(row: Row) -> StuckFacts:
    return StuckFacts(key=key_of(row), what=row["event_type"], since=row["dead_at"], told=row["last_error"] or "")


_NOBODY = f"coalesce(e.tenant_id, '{UUID(int=0)}'::uuid)"
DEAD_EVENTS = Query(
    "e.event_type, e.dead_at, e.last_error", "outbox e", (_NOBODY, "e.id"), _event, "e.dead_at is not null"
)
"""Events about persons are of no organisation."""
