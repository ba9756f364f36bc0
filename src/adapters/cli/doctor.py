"""`fairseat doctor`: look, tell, mend if that is wanted, and say with the exit status whether anything is left."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import msgspec
from rich.console import Console

from adapters.cli.doctor_report import document_of, print_compared, print_mended
from usecases.doctor.examine import Compared, Examine
from usecases.doctor.mend import Mend, Mended

ALL_AGREE = 0
SOMETHING_LEFT = 1


@dataclass(frozen=True, slots=True)
class Visit:
    """What the doctor is to do: where to look, whether to mend, and how to tell.

    `confirm` is asked before anything is mended, with how many repairs there are.
    """

    tenant_id: UUID | None = None
    repair: bool = False
    as_json: bool = False
    confirm: Callable[[int], bool] = lambda _: True


async def pay_visit(asked: Visit, examine: Examine, mend: Callable[[], Awaitable[Mend]], console: Console) -> int:
    """Print what was found, mend it if that was asked for, and return the exit status.

    0 when all agree or everything was mended, 1 when something is left. Raises UnavailableError when something cannot
    be asked: then nothing is known to be well.
    """
    compared: list[Compared] = []
    mended: list[Mended] = []
    async for done in examine(asked.tenant_id):
        compared.append(done)
        if not asked.as_json:
            print_compared(console, done, repairing=asked.repair)
    found = [finding for done in compared for finding in done.findings]
    repairable = sum(finding.repair is not None for finding in found)
    if asked.repair and repairable and asked.confirm(repairable):
        async for each in (await mend())(found):
            mended.append(each)
            if not asked.as_json:
                print_mended(console, each)
    if asked.as_json:
        document = msgspec.json.format(msgspec.json.encode(document_of(compared, mended)), indent=2)
        console.out(document.decode(), highlight=False)
    left = len(found) - sum(each.refusal is None for each in mended)
    return SOMETHING_LEFT if left or any(done.more for done in compared) else ALL_AGREE
