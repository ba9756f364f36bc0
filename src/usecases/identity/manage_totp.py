"""Add, confirm and remove an authenticator app."""

from dataclasses import dataclass, field

from core.identity.errors import InvalidTokenError, TotpActiveError
from core.identity.letters import Letter, LetterKind
from core.identity.throttling import Guarded
from core.identity.totp import RECOVERY_CODES, TotpFactor, code_in, digest_of_recovery_code, must_be_there
from ports.clock import Clock
from ports.identity import IdentityTransactions
from ports.identity.second_factor import OneTimePasswords
from ports.ids import IdSource
from ports.published.identity import VerifiedToken
from usecases.identity.attempts import Attempts
from usecases.identity.grants import account_behind
from usecases.identity.own_password import ConfirmPassword, must_still_be
from usecases.identity.second_factor import SecondFactor, wrong_code


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolledTotp:
    """What the app has to know: the secret to be typed, the address with it, and that as a drawing (SVG)."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)
    qr_code: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class EnrolTotp:
    """For the signed-in account, whose address is verified: else whoever opened it could lock its owner out.

    Nothing is asked for at signing in before a code was confirmed; until then another app can take its place.
    """

    identity: IdentityTransactions
    confirm: ConfirmPassword
    passwords: OneTimePasswords
    clock: Clock

    async def __call__(self, bearer: VerifiedToken, *, password: str, address: str | None = None) -> EnrolledTotp:
        """Return a new secret, which is shown this once.

        Raises AccountNeededError, InvalidTokenError, WrongPasswordError, TooManyAttemptsError, EmailNotVerifiedError,
        and TotpActiveError where an app counts already.
        """
        account = await self.confirm(bearer, password, address=address)
        account.must_be_verified()
        secret = self.passwords.new_secret()
        factor = TotpFactor(account_id=account.id, secret=secret, enrolled_at=self.clock.now())
        async with self.identity.begin(account_id=account.id) as tx:
            await must_still_be(account, tx)
            if not await tx.totp.enrol(factor):
                raise TotpActiveError("There is an authenticator app already; remove it first.")
        uri = self.passwords.uri(secret, account=account.email.address)
        return EnrolledTotp(secret=self.passwords.shown(secret), uri=uri, qr_code=self.passwords.qr_code(uri))


@dataclass(frozen=True, slots=True)
class ConfirmTotp:
    """For the signed-in account: its app shows the right codes, so from now on one is needed to sign in."""

    identity: IdentityTransactions
    passwords: OneTimePasswords
    attempts: Attempts
    ids: IdSource
    clock: Clock

    async def __call__(self, bearer: VerifiedToken, *, code: str, address: str | None = None) -> tuple[str, ...]:
        """Return ten recovery codes, which are shown this once.

        Raises AccountNeededError, InvalidTokenError, TotpNotEnrolledError, TotpActiveError, TotpWrongError, and
        TooManyAttemptsError.
        """
        account_id = account_behind(bearer)
        attempt = await self.attempts.begin(Guarded.CODE, account=str(account_id), address=address)
        now = self.clock.now()
        codes = tuple(self.passwords.new_recovery_code() for _ in range(RECOVERY_CODES))
        async with self.identity.begin(account_id=account_id) as tx:
            account = await tx.accounts.lock(account_id)
            if account is None:
                raise InvalidTokenError("The account of this access token does not exist.")
            factor = must_be_there(await tx.totp.lock(account_id))
            digits = code_in(code)
            step = self.passwords.step_of(factor.secret, digits, now=now) if digits is not None else None
            if step is None:
                raise wrong_code()
            confirmed = factor.confirmed(step=step, now=now)
            await tx.totp.confirm(confirmed, recovery_digests=[digest_of_recovery_code(each) for each in codes])
            await tx.letters.add(Letter.notice(account, LetterKind.TOTP_ADDED, id=self.ids.new(), now=now))
        await self.attempts.forgive(attempt)
        return codes


@dataclass(frozen=True, slots=True)
class RemoveTotp:
    """For the signed-in account, with its password and a code or a recovery code; an unconfirmed app needs no code."""

    identity: IdentityTransactions
    confirm: ConfirmPassword
    factor: SecondFactor
    attempts: Attempts
    ids: IdSource
    clock: Clock

    async def __call__(
        self, bearer: VerifiedToken, *, password: str, code: str | None, address: str | None = None
    ) -> None:
        """Forget the app and the recovery codes, and tell the account.

        Raises AccountNeededError, InvalidTokenError, WrongPasswordError, TooManyAttemptsError, TotpNotEnrolledError,
        TotpRequiredError, TotpWrongError.
        """
        account = await self.confirm(bearer, password, address=address)
        attempt = await self.factor.begin(account, code, address=address)
        now = self.clock.now()
        async with self.identity.begin(account_id=account.id) as tx:
            await must_still_be(account, tx)
            must_be_there(await tx.totp.lock(account.id))
            if await self.factor.spend(account, code, tx):
                await tx.letters.add(Letter.notice(account, LetterKind.TOTP_REMOVED, id=self.ids.new(), now=now))
            await tx.totp.remove(account.id)
        if attempt is not None:
            await self.attempts.forgive(attempt)
