"""The doctor over the services that the settings name."""

import asyncio

from rich.console import Console

from adapters.cli.doctor import Visit, pay_visit
from bootstrap.containers.doctor import patient_of, repairs_of
from bootstrap.settings import Settings
from bootstrap.topology import build_platform
from ports.clock import Clock
from usecases.doctor.comparisons import Comparisons
from usecases.doctor.examine import Examine, Patience
from usecases.doctor.mend import Mend


async def visit(settings: Settings, asked: Visit, patience: Patience, console: Console) -> int:
    """Return the exit status; raises UnavailableError when something cannot be asked."""
    platform = build_platform(settings)

    async def mend() -> Mend:
        return Mend(await repairs_of(platform.find))

    try:
        clock = await platform.find("order", Clock)
        examine = Examine(Comparisons(await patient_of(platform), clock), clock, asyncio.sleep, patience)
        return await pay_visit(asked, examine, mend, console)
    finally:
        await platform.close()
