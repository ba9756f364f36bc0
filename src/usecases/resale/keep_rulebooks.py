"""Import rulebooks, and activate them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.resale.law.activation import LEAD, Activation, KeptRulebook, RulebookNotKeptError, Schedule
from core.resale.law.lint import Severity, lint
from core.resale.law.rulebook import Rulebook, RulebookFaultyError
from core.shared.errors import Problem
from ports.clock import Clock
from ports.resale.rulebooks import RulebookFormat, RulebookKeeper


@dataclass(frozen=True, slots=True)
class KeepRulebooks:
    """For whoever runs the installation, at the command line. Nothing that was imported or activated ever changes."""

    keeper: RulebookKeeper
    written: RulebookFormat
    clock: Clock

    async def bring(self, files: Mapping[str, str], *, by: str) -> tuple[Rulebook, bool]:
        """Import a rulebook; return it, and whether it is new here. Raises RulebookFaultyError."""
        rulebook = self.written.read(files)
        kept = KeptRulebook(version=rulebook.version, files=files, imported_by=by, imported_at=self.clock.now())
        return rulebook, await self.keeper.add(kept)

    async def activate(self, version: str, *, active_from: datetime | None, by: str, reason: str) -> Activation:
        """Let an imported rulebook be in use from a moment on, None: as soon as may be.

        What is in use before the first activation, which is the built-in rulebook, is imported with it, so that the
        past stays readable under a later Fairseat. Raises RulebookNotKeptError, RulebookFaultyError for one with errors
        on its first day, InvalidActivationError, and StaleVersionError when somebody else activates at this moment.
        """
        kept = await self.keeper.kept(version)
        if kept is None:
            raise RulebookNotKeptError(version)
        now = self.clock.now()
        begins = active_from if active_from is not None else now + LEAD
        self._must_be_faultless(kept, begins)
        built_in, _ = await self.bring(self.written.built_in(), by="fairseat")
        schedule = await self.keeper.schedule()
        activation = schedule.next(
            version, active_from=begins, by=by, reason=reason, now=now, built_in=built_in.version
        )
        await self.keeper.activate(activation)
        return activation

    async def history(self) -> tuple[Sequence[KeptRulebook], Schedule]:
        """Return what was imported, the oldest first, and what was activated."""
        return await self.keeper.all(), await self.keeper.schedule()

    async def rulebook(self, version: str) -> Rulebook:
        """Return an imported rulebook; the beginning of its version is enough where there is one such.

        Raises RulebookNotKeptError.
        """
        found = [each for each in await self.keeper.all() if each.version.startswith(version)]
        exact = [each for each in found if each.version == version]
        if len(exact or found) != 1:
            raise RulebookNotKeptError(version)
        [kept] = exact or found
        return Rulebook.of(kept.version, self.written.read(kept.files).rules)

    def _must_be_faultless(self, kept: KeptRulebook, begins: datetime) -> None:
        rules = self.written.read(kept.files).rules
        errors = [each for each in lint(rules, on=begins.date()) if each.severity is Severity.ERROR]
        if errors:
            problems = [Problem(f"/{each.rule_id}/{each.member}", each.message) for each in errors]
            raise RulebookFaultyError(f"The rulebook has {len(errors)} errors.", problems)
