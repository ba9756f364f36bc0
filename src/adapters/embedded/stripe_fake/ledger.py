"""The state: objects by kind, in memory, and in a journal when they are to outlive the process."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from adapters.embedded.stripe_fake.errors import missing, no_access
from adapters.embedded.stripe_fake.objects import StripeDict

_KINDS = {
    "accounts": "account",
    "account_links": "account_link",
    "answers": "answer",
    "application_fees": "application_fee",
    "balance_transactions": "balance_transaction",
    "charges": "charge",
    "disputes": "dispute",
    "events": "event",
    "payment_intents": "payment_intent",
    "payouts": "payout",
    "refunds": "refund",
    "transfer_reversals": "transfer_reversal",
    "transfers": "transfer",
}
_NAME = "stripe.jsonl"


class Ledger:
    """Objects of each kind by id, in the order in which they were made.

    With a folder every change is a line appended to a file and handed to the system at once, so that killing the
    process loses nothing; a line that a crash cut short is left out. The file is written anew at each start.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._objects: dict[str, dict[str, StripeDict]] = {kind: {} for kind in _KINDS}
        self._journal = None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / _NAME
            self._load(path)
            self._rewrite(path)
            self._journal = path.open("a", encoding="utf-8")

    def put(self, kind: str, one: StripeDict) -> StripeDict:
        """Keep an object as it is now."""
        self._objects[kind][one["id"]] = one
        if self._journal is not None:
            self._journal.write(_line(kind, one))
            self._journal.flush()
        return one

    def remove(self, kind: str, object_id: str) -> None:
        """Forget an object."""
        del self._objects[kind][object_id]
        if self._journal is not None:
            self._journal.write(_line(kind, {"id": object_id}, removed=True))
            self._journal.flush()

    def find(self, kind: str, object_id: str) -> StripeDict | None:
        """Return an object, None when there is none."""
        return self._objects[kind].get(object_id)

    def get(self, kind: str, object_id: str, *, param: str = "id") -> StripeDict:
        """Return an object; raises Stripe's resource_missing, for a connected account its 403."""
        found = self.find(kind, object_id)
        if found is None and kind == "accounts":
            raise no_access(object_id)
        if found is None:
            raise missing(_KINDS[kind], object_id, param=param)
        return found

    def all(self, kind: str) -> Iterable[StripeDict]:
        """Return the objects of a kind, the newest first."""
        return reversed(self._objects[kind].values())

    def clear(self) -> None:
        """Forget everything."""
        for objects in self._objects.values():
            objects.clear()
        if self._journal is not None:
            self._journal.truncate(0)

    def close(self) -> None:
        """Close the journal; the ledger takes no more changes."""
        if self._journal is not None:
            self._journal.close()

    def _load(self, path: Path) -> None:
        if not path.exists():
            return
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                entry: dict[str, Any] = json.loads(line)
            except ValueError:
                continue
            objects, one = self._objects[entry["kind"]], entry["object"]
            if entry.get("removed"):
                objects.pop(one["id"], None)
            else:
                objects[one["id"]] = one

    def _rewrite(self, path: Path) -> None:
        fresh = path.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as file:
            for kind, objects in self._objects.items():
                file.writelines(_line(kind, one) for one in objects.values())
        fresh.replace(path)


def _line(kind: str, one: StripeDict, *, removed: bool = False) -> str:
    entry: StripeDict = {"kind": kind, "object": one} | ({"removed": True} if removed else {})
    return json.dumps(entry, separators=(",", ":")) + "\n"
