"""Ask for a letter with a token: to verify an address again, or to reset a password."""

from dataclasses import dataclass

from core.identity.letters import Letter
from core.identity.mail_tokens import MailTokenPurpose
from core.identity.throttling import Guarded
from core.shared.emails import Email
from core.shared.errors import InvalidInputError
from ports.clock import Clock
from ports.identity import IdentityTransactions
from ports.ids import IdSource
from usecases.identity.attempts import Attempts

_GUARDED = {
    MailTokenPurpose.VERIFY_EMAIL: Guarded.RESEND,
    MailTokenPurpose.RESET_PASSWORD: Guarded.FORGOT,
}


@dataclass(frozen=True, slots=True)
class AskForLetter:
    """Open to everyone. Nobody is looked up, which is done later: neither answer nor time tells who has an account."""

    identity: IdentityTransactions
    attempts: Attempts
    ids: IdSource
    clock: Clock

    async def __call__(self, purpose: MailTokenPurpose, email: str, *, address: str | None = None) -> None:
        """Take the request; raises TooManyAttemptsError. For what is no address nothing happens."""
        try:
            parsed = Email.parse(email)
        except InvalidInputError:
            await self.attempts.begin(_GUARDED[purpose], account=None, address=address)
            return
        await self.attempts.begin(_GUARDED[purpose], account=parsed.key, address=address)
        request = Letter.asked_for(purpose, parsed, id=self.ids.new(), now=self.clock.now())
        async with self.identity.begin() as tx:
            await tx.letters.add(request)
