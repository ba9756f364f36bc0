"""Letters and mailed tokens in memory: the twin of the PostgreSQL adapter."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import override
from uuid import UUID

from core.identity.letters import Letter
from core.identity.mail_tokens import MailToken, MailTokenPurpose
from core.shared.ids import AccountId
from ports.identity.letters import ClaimedLetter, LetterBacklog, LetterQueue, Letters, MailTokenStore


@dataclass(frozen=True, slots=True)
class Waiting:
    """A letter in the queue."""

    letter: Letter
    due_at: datetime
    tries: int = 0
    leased_until: datetime | None = None
    error: str | None = None
    failed_at: datetime | None = None
    dead_at: datetime | None = None


class MemoryLetters(Letters):
    """The letters of one open transaction."""

    def __init__(self, rows: dict[UUID, Waiting], *, account_id: AccountId | None) -> None:
        self._rows = rows
        self._account_id = account_id

    @override
    async def add(self, letter: Letter) -> bool:
        if letter.account_id != self._account_id:
            raise ValueError("a transaction writes only to the account that it names")
        if letter.id in self._rows:
            return False
        self._rows[letter.id] = Waiting(letter, due_at=letter.created_at)
        return True


class MemoryLetterQueue(LetterQueue):
    """The sender's view of the same rows, as they are after the last transaction."""

    def __init__(self, rows: Callable[[], dict[UUID, Waiting]]) -> None:
        self._rows = rows

    @override
    async def claim(self, *, now: datetime, letters_max: int, lease_s: float) -> Sequence[ClaimedLetter]:
        rows = self._rows()
        due = sorted(
            (
                row
                for row in rows.values()
                if row.dead_at is None and row.due_at <= now and (row.leased_until or now) <= now
            ),
            key=lambda row: (row.due_at, row.letter.id),
        )[:letters_max]
        for row in due:
            rows[row.letter.id] = replace(row, leased_until=now + timedelta(seconds=lease_s))
        return [ClaimedLetter(id=row.letter.id, tries=row.tries, letter=row.letter) for row in due]

    @override
    async def done(self, letter_id: UUID) -> None:
        self._rows().pop(letter_id, None)

    @override
    async def failed(self, letter_id: UUID, *, error: str, at: datetime, retry_at: datetime | None) -> None:
        rows = self._rows()
        row = rows.get(letter_id)
        if row is not None and row.dead_at is None:
            rows[letter_id] = replace(
                row,
                tries=row.tries + 1,
                error=error,
                failed_at=at,
                leased_until=None,
                due_at=retry_at or row.due_at,
                dead_at=at if retry_at is None else None,
            )

    @override
    async def backlog(self, *, now: datetime) -> LetterBacklog:
        rows = list(self._rows().values())
        waiting = [row.letter.created_at for row in rows if row.dead_at is None]
        failed = sorted((row.failed_at, row.error) for row in rows if row.failed_at is not None)
        return LetterBacklog(
            waiting=len(waiting),
            dead=len(rows) - len(waiting),
            oldest_age_s=max((now - min(waiting)).total_seconds(), 0.0) if waiting else 0.0,
            last_error=failed[-1][1] if failed else None,
        )

    @override
    async def forget_dead(self, *, before: datetime, letters_max: int) -> int:
        rows = self._rows()
        old = [found for found, row in rows.items() if row.dead_at is not None and row.dead_at < before][:letters_max]
        for letter_id in old:
            del rows[letter_id]
        return len(old)


class MemoryMailTokens(MailTokenStore):
    """The mailed tokens within one open transaction."""

    def __init__(self, rows: dict[bytes, MailToken], *, account_id: AccountId | None) -> None:
        self._rows = rows
        self._account_id = account_id

    @override
    async def add(self, token: MailToken) -> None:
        if token.account_id != self._account_id:
            raise ValueError("a transaction writes only the account that it names")
        self._rows[token.digest] = token

    @override
    async def find(self, digest: bytes) -> MailToken | None:
        return self._rows.get(digest)

    @override
    async def lock(self, digest: bytes) -> MailToken | None:
        found = self._rows.get(digest)
        return found if found is not None and found.account_id == self._account_id else None

    @override
    async def spend(self, token: MailToken) -> None:
        if token.account_id == self._account_id:
            self._rows[token.digest] = token

    @override
    async def spend_all(self, account_id: AccountId, purpose: MailTokenPurpose, *, at: datetime) -> None:
        for token in list(self._rows.values()):
            own = token.account_id == account_id == self._account_id
            if own and token.purpose is purpose and token.spent_at is None:
                self._rows[token.digest] = replace(token, spent_at=at)

    @override
    async def forget_expired(self, *, before: datetime, tokens_max: int) -> int:
        old = [digest for digest, token in self._rows.items() if token.expires_at < before][:tokens_max]
        for digest in old:
            del self._rows[digest]
        return len(old)
