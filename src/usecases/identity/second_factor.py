"""How use cases ask for the second factor."""

from dataclasses import dataclass

from core.identity.account import Account
from core.identity.errors import TotpRequiredError, TotpWrongError
from core.identity.letters import Letter, LetterKind
from core.identity.throttling import Guarded
from core.identity.totp import code_in, digest_of_recovery_code
from ports.clock import Clock
from ports.identity import IdentityTransaction, IdentityTransactions
from ports.identity.second_factor import OneTimePasswords
from ports.ids import IdSource
from usecases.identity.attempts import Attempt, Attempts


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """For the use cases that need it; `begin` counts the attempt before the transaction that spends the code."""

    identity: IdentityTransactions
    passwords: OneTimePasswords
    attempts: Attempts
    ids: IdSource
    clock: Clock

    async def begin(self, account: Account, code: str | None, *, address: str | None) -> Attempt | None:
        """Return the attempt, or None for an account without a second factor, whatever code was sent.

        Raises TotpRequiredError where a code is needed and none was sent, and TooManyAttemptsError.
        """
        async with self.identity.begin(account_id=account.id) as tx:
            factor = await tx.totp.find(account.id)
        if factor is None or not factor.counts:
            return None
        if not code:
            raise TotpRequiredError("Send the code of your authenticator app, or a recovery code, as totpCode.")
        return await self.attempts.begin(Guarded.CODE, account=str(account.id), address=address)

    async def spend(self, account: Account, code: str | None, tx: IdentityTransaction) -> bool:
        """Spend the code, and say whether one was needed; each is good once, however many bring it at the same time.

        Asks again whether the account has a second factor: it may have got one since. Raises TotpRequiredError and
        TotpWrongError.
        """
        factor = await tx.totp.lock(account.id)
        if factor is None or not factor.counts:
            return False
        if not code:
            raise TotpRequiredError("Send the code of your authenticator app, or a recovery code, as totpCode.")
        now = self.clock.now()
        digits = code_in(code)
        if digits is not None:
            step = self.passwords.step_of(factor.secret, digits, now=now)
            if step is None or not await tx.totp.use_step(account.id, step):
                raise wrong_code()
            return True
        if not await tx.totp.use_recovery_code(account.id, digest_of_recovery_code(code), at=now):
            raise wrong_code()
        await tx.letters.add(Letter.notice(account, LetterKind.RECOVERY_CODE_USED, id=self.ids.new(), now=now))
        return True


def wrong_code() -> TotpWrongError:
    """Return the refusal; why it does not fit is not said."""
    return TotpWrongError("This code is wrong, too old, or was used before.")
