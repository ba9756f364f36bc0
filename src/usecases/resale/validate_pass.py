"""Answer whether a pass of ours may be resold."""

from dataclasses import dataclass
from datetime import datetime

from core.resale.law.facts import Act, Where
from core.resale.receipts.kept_verdict import SignedVerdict
from core.resale.verdicts.asking import moment_asked
from core.shared.callers import Caller
from core.shared.ids import AccountId, PassId
from core.shared.money import Money
from ports.clock import Clock
from ports.published.admission import AdmissionApi
from ports.published.refusals import RefusedError
from usecases.resale.judge_pass import JudgePass
from usecases.resale.may_ask import must_be_allowed_to_ask_about


@dataclass(frozen=True, slots=True, kw_only=True)
class PassQuestion:
    """What is asked. The seller is the pass's holder; `seller_trader` is their own word, as a listing takes it."""

    pass_id: PassId
    price: Money
    buyer_place: Where | None
    seller_place: Where | None = None
    act: Act = Act.RESALE
    as_of: datetime | None = None
    seller_trader: bool | None = None


@dataclass(frozen=True, slots=True)
class ValidatePass:
    """The holder of the pass, staff and services; for everybody else, and for another tenant, the pass is not there.

    It changes nothing, and keeps nothing but the receipt that the asker gets.
    """

    judge_pass: JudgePass
    admission: AdmissionApi
    clock: Clock

    async def __call__(self, caller: Caller, question: PassQuestion) -> SignedVerdict:
        """Return the verdict with its receipt.

        Raises ImpossibleQuestionError, InvalidInputError, RefusedError `admission.pass_not_found`, and
        `admission.pass_void` for one that is over: there is nothing left to resell.
        """
        as_of = moment_asked(question.as_of, self.clock.now())
        known = await self.admission.pass_facts(tenant_id=caller.tenant_id, pass_id=question.pass_id)
        must_be_allowed_to_ask_about(caller, holder=AccountId(known.account_id))
        if known.status == "VOID":
            raise RefusedError("admission.pass_void", "The pass is void, so there is nothing to resell.")
        return await self.judge_pass.unkept(
            caller.tenant_id,
            pass_facts=known,
            price=question.price,
            buyer_place=question.buyer_place,
            seller_place=question.seller_place,
            act=question.act,
            as_of=as_of,
            seller_trader=question.seller_trader,
        )
