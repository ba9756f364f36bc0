"""The receipt keys of a process: read once, kept at hand, and read anew behind the back of whoever signs."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from core.resale.receipts.receipt_key import ReceiptKey
from core.shared.errors import UnavailableError
from ports.clock import Clock
from ports.resale.receipts import ReceiptKeyStore, ReceiptSigner

KEPT_FOR = timedelta(minutes=1)
_LOG = logging.getLogger("fairseat.resale")


class ReceiptKeys:
    """Who signs never waits for the database: what is older than a minute is read anew beside the request.

    While the database is away the keys at hand go on signing, which is safe: a key that was rotated out stays published
    for good, since receipts of it are to be believed later on.
    """

    def __init__(self, store: ReceiptKeyStore, signer: ReceiptSigner, clock: Clock) -> None:
        self._store = store
        self._signer = signer
        self._clock = clock
        self._keys: Sequence[ReceiptKey] = ()
        self._read_at: datetime | None = None
        self._reading: asyncio.Task[None] | None = None

    async def load(self) -> None:
        """Read the keys, and make the first one where there is none; raises StoreUnavailableError."""
        at = self._clock.now()
        keys = await self._store.all()
        if not keys:
            await self._store.add_first(self._signer.new_key(at=at))
            keys = await self._store.all()
        self._keys, self._read_at = keys, at

    async def current(self) -> ReceiptKey:
        """Return the key that signs; only the first call of a process waits for the store."""
        return (await self._at_hand())[0]

    async def published(self) -> Sequence[ReceiptKey]:
        """Return every key there ever was, the newest first."""
        return await self._at_hand()

    async def by_id(self) -> Mapping[str, bytes]:
        """Return the public keys by their ids."""
        return {key.key_id: key.public_key for key in await self._at_hand()}

    async def rotate(self) -> ReceiptKey:
        """Let a new key sign from now on. Other processes follow within a minute."""
        key = self._signer.new_key(at=self._clock.now())
        await self._store.add(key)
        await self.load()
        return key

    async def settled(self) -> None:
        """Wait until nothing is being read any more."""
        if self._reading is not None:
            await self._reading

    async def _at_hand(self) -> Sequence[ReceiptKey]:
        if self._read_at is None:
            await self.load()
        elif self._clock.now() - self._read_at >= KEPT_FOR and (self._reading is None or self._reading.done()):
            self._reading = asyncio.create_task(self._read_anew())
        return self._keys

    async def _read_anew(self) -> None:
        try:
            await self.load()
        except UnavailableError as error:
            _LOG.warning("receipt keys: %s; the ones at hand go on signing", error)
