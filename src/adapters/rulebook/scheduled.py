"""Which rulebook is in use, as the activations say: kept at hand, and read anew before it could be wrong."""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import override

from core.resale.law.activation import LEAD, RulebookNotKeptError, Schedule
from core.resale.law.rulebook import Rulebook
from core.shared.errors import UnavailableError
from ports.clock import Clock
from ports.resale.rulebook import RulebookSource
from ports.resale.rulebooks import RulebookFormat, RulebookShelf

REREAD = timedelta(seconds=15)
"""From this age on the schedule is read anew, beside whoever asks."""

STALE = timedelta(seconds=45)
"""From this age on nobody is answered before it was read anew. Less than LEAD, and the rest is for clocks that differ:
an activation is known here before it begins.
"""

RULEBOOKS_MAX = 8
"""Rulebooks that a process keeps at hand, those not asked for the longest go first."""

assert REREAD < STALE < LEAD
_LOG = logging.getLogger("fairseat.resale")


class ScheduledRulebooks(RulebookSource):
    """The built-in rulebook as long as nothing was activated; after that what is on the shelf.

    An activation is decided at least a minute ahead, so that several processes change at the same moment, and nobody
    asks the database while he is judging. What was in use before stays readable: a moment of the past gets it.
    """

    def __init__(self, shelf: RulebookShelf, written: RulebookFormat, built_in: Rulebook, clock: Clock) -> None:
        self._shelf = shelf
        self._written = written
        self._built_in = built_in
        self._clock = clock
        self._schedule = Schedule()
        self._read_at: datetime | None = None
        self._reading: asyncio.Task[None] | None = None
        self._at_hand: dict[str, Rulebook] = {}

    @override
    async def at(self, moment: datetime) -> Rulebook:
        """Return the rulebook; raises StoreUnavailableError where what is at hand is too old to be relied on."""
        await self._be_current()
        version = self._schedule.version_at(moment)
        return self._built_in if version is None else await self._rulebook(version)

    async def settled(self) -> None:
        """Wait until nothing is being read any more."""
        if self._reading is not None:
            await self._reading

    async def _be_current(self) -> None:
        now = self._clock.now()
        age = now - self._read_at if self._read_at is not None else STALE
        if age >= STALE:
            await self._read()
        elif age >= REREAD and (self._reading is None or self._reading.done()):
            self._reading = asyncio.create_task(self._read_beside())

    async def _read(self) -> None:
        at = self._clock.now()
        schedule = await self._shelf.schedule()
        for version in {each.version for each in schedule.activations if each.active_from > at}:
            await self._rulebook(version)  # at hand before it is in use
        self._schedule, self._read_at = schedule, at

    async def _read_beside(self) -> None:
        try:
            await self._read()
        except UnavailableError as error:
            _LOG.warning("activations of rulebooks: %s; the ones at hand go on for a while", error)

    async def _rulebook(self, version: str) -> Rulebook:
        found = self._at_hand.pop(version, None)
        if found is None:
            found = await self._from_shelf(version)
        self._at_hand[version] = found
        while len(self._at_hand) > RULEBOOKS_MAX:
            del self._at_hand[next(iter(self._at_hand))]
        return found

    async def _from_shelf(self, version: str) -> Rulebook:
        if version == self._built_in.version:
            return self._built_in
        kept = await self._shelf.kept(version)
        if kept is None:
            raise RulebookNotKeptError(version)
        # Its version is the one that verdicts name, also where a later Fairseat would reckon another one.
        return Rulebook.of(kept.version, self._written.read(kept.files).rules)
