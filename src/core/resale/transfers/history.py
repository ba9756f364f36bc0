"""How a pass changed hands: entries that only grow, each with the hash of the one before in its own.

A resale makes a new pass, so a history is kept by lineage: the id of the first pass. The chain shows when an entry was
changed, moved or left out; that the last ones are missing shows in the count and the last hash that the lineage has.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum

from core.resale.law.facts import PriceComponents, Where
from core.shared.ids import AccountId, PassId, TicketId, VerdictId
from core.shared.money import Money

START = bytes(32)
"""What the first entry of a chain has in place of a hash."""


class HistoryKind(StrEnum):
    """What happened."""

    PURCHASE = "purchase"
    TRANSFER = "transfer"
    RESALE = "resale"
    RETURN = "return"
    """Back to the organiser."""

    REFUND = "refund"


HANDED_ON = frozenset({HistoryKind.TRANSFER, HistoryKind.RESALE})
"""What counts against a limit of transfers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One change of hands, as it is told.

    `pass_id` is the pass that there is afterwards, and `old_pass_id` the one that it came in place of. No account is
    named for an organiser. `price` is what was paid; `components` what the first sale cost; `place` where the event is;
    `verdict_id` the answer, and its receipt, that it was lawful by.
    """

    lineage_id: PassId
    kind: HistoryKind
    at: datetime
    ticket_id: TicketId
    pass_id: PassId
    old_pass_id: PassId | None = None
    from_account: AccountId | None = None
    to_account: AccountId | None = None
    price: Money | None = None
    components: PriceComponents | None = None
    place: Where | None = None
    verdict_id: VerdictId | None = None


@dataclass(frozen=True, slots=True)
class KeptEntry:
    """An entry in its place in the chain; positions count from 1."""

    entry: HistoryEntry
    position: int
    prev_hash: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where the chain of a lineage ends. `handed_on_count` counts transfers and resales."""

    id: PassId
    entries_count: int = 0
    handed_on_count: int = 0
    head: bytes = START

    def linked(self, entry: HistoryEntry) -> KeptEntry:
        """Return the entry as the next of the chain; raises ValueError for one of another lineage."""
        if entry.lineage_id != self.id:
            raise ValueError("the entry is of another lineage")
        position = self.entries_count + 1
        return KeptEntry(entry, position, self.head, hash_of(entry, position=position, prev_hash=self.head))

    def after(self, kept: KeptEntry) -> "Lineage":
        """Return where the chain ends with this entry in it."""
        handed_on = self.handed_on_count + (kept.entry.kind in HANDED_ON)
        return Lineage(self.id, kept.position, handed_on, kept.hash)


def hash_of(entry: HistoryEntry, *, position: int, prev_hash: bytes) -> bytes:
    """Return SHA-256 over the hash before and the entry as JSON: sorted keys, no spaces, moments in UTC, ASCII."""
    content = json.dumps(_content(entry, position), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(prev_hash + content.encode()).digest()


def first_broken(entries: Sequence[KeptEntry], lineage: Lineage) -> int | None:
    """Return the position of the first entry that is not what was written there; None for a whole chain."""
    before = START
    for position, kept in enumerate(entries, start=1):
        whole = kept.position == position and kept.prev_hash == before and kept.entry.lineage_id == lineage.id
        if not whole or kept.hash != hash_of(kept.entry, position=position, prev_hash=before):
            return position
        before = kept.hash
    if len(entries) < lineage.entries_count:
        return len(entries) + 1
    return None if (before, len(entries)) == (lineage.head, lineage.entries_count) else max(len(entries), 1)


def _content(entry: HistoryEntry, position: int) -> dict[str, object]:
    return {
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "components": _components(entry.components),
        "from": _text(entry.from_account),
        "kind": entry.kind.value,
        "lineage": str(entry.lineage_id),
        "oldPass": _text(entry.old_pass_id),
        "pass": str(entry.pass_id),
        "place": None if entry.place is None else [entry.place.country, entry.place.subdivision],
        "position": position,
        "price": _money(entry.price),
        "ticket": str(entry.ticket_id),
        "to": _text(entry.to_account),
        "verdict": _text(entry.verdict_id),
    }


def _components(components: PriceComponents | None) -> dict[str, object] | None:
    if components is None:
        return None
    parts = {member.name: getattr(components, member.name) for member in fields(components)}
    return {name: _money(part) if isinstance(part, Money) else part for name, part in parts.items()}


def _money(money: Money | None) -> list[object] | None:
    return None if money is None else [money.amount_minor, money.currency]


def _text(value: object) -> str | None:
    return None if value is None else str(value)
