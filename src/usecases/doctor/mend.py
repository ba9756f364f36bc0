"""Mend what was found."""

import logging
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from core.doctor.findings import Finding
from core.shared.errors import DomainError, UnavailableError
from ports.doctor import Repairs

_LOG = logging.getLogger("fairseat.doctor")


@dataclass(frozen=True, slots=True)
class Mended:
    """A repair that was tried; `refusal` says why it could not be done, and is None where it was."""

    finding: Finding
    refusal: str | None


@dataclass(frozen=True, slots=True)
class Mend:
    """For operators at the command line, after they have seen what would be done.

    Each repair is what its owner does anyway when it hears the news or the time comes, so a finding that was over by
    then, or is mended twice, changes nothing. Each is logged, whether it could be done or not.
    """

    repairs: Repairs

    async def __call__(self, findings: Iterable[Finding]) -> AsyncIterator[Mended]:
        """Yield what became of each finding that can be mended; the others are left for staff."""
        for finding in findings:
            if finding.repair is None:
                continue
            refusal: str | None = None
            try:
                await self.repairs.do(finding.key.tenant_id, finding.repair)
            except (DomainError, UnavailableError) as error:
                refusal = f"{type(error).__name__}: {error}"
            done = "done" if refusal is None else f"not done, {refusal}"
            _LOG.warning(
                "repair of %s, organisation %s, %s: %s: %s",
                finding.kind.value,
                finding.key.tenant_id,
                " ".join(f"{name}={id}" for name, id in finding.ids),
                finding.repair,
                done,
            )
            yield Mended(finding, refusal)
