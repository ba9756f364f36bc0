"""Show the code of a pass to a scanner."""

from dataclasses import dataclass

from core.admission.errors import PassNotValidError
from core.shared.callers import Caller
from core.shared.ids import PassId
from ports.admission import CodePainter
from usecases.admission.read_pass import ReadPass


@dataclass(frozen=True, slots=True)
class PassCodeSvg:
    """Whoever may read the pass. Raises PassNotFoundError, and PassNotValidError for one that admits nobody."""

    read_pass: ReadPass
    painter: CodePainter

    async def __call__(self, caller: Caller, pass_id: PassId) -> bytes:
        shown = await self.read_pass(caller, pass_id)
        if shown.code is None:
            raise PassNotValidError("offered" if shown.admission.offer else shown.admission.status)
        return self.painter.svg(shown.code)
