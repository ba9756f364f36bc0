"""Verified addresses, new passwords, letters and second factors, in memory and on PostgreSQL alike."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from pyotp.totp import TOTP

from core.identity.errors import (
    EmailNotVerifiedError,
    InvalidCredentialsError,
    InvalidTokenError,
    MailTokenError,
    PasswordRefusedError,
    SessionNotFoundError,
    TooManyAttemptsError,
    TotpActiveError,
    TotpNeededHereError,
    TotpNotEnrolledError,
    TotpRequiredError,
    TotpWrongError,
    WrongPasswordError,
)
from core.identity.mail_tokens import MailTokenPurpose
from core.shared.callers import Role
from core.shared.errors import ForbiddenError
from core.shared.ids import TenantId
from ports.mail import MailRefusedError, MailUnavailableError
from ports.paging import PageRequest
from ports.published.identity import VerifiedToken
from tests.identity_world import (
    PASSWORD,
    IdentityWorld,
    account_id_of,
    memory_world,
    postgres_world,
    refresh_token_of,
    token_in,
)
from tests.servers import PostgresServer
from usecases.identity.send_letters import BACKOFF_S

NEW = "another seat in row nine"
VERIFY, RESET = MailTokenPurpose.VERIFY_EMAIL, MailTokenPurpose.RESET_PASSWORD
ANN = "ann@fairseat.test"


@pytest.fixture(params=["memory", "postgres"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[IdentityWorld]:
    if request.param == "memory":
        yield memory_world()
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    async with postgres_world(await postgres.fresh("auth_db")) as world:
        yield world


async def is_verified(world: IdentityWorld, name: str = "ann") -> bool:
    bearer = await world.verifier.verify((await world.session(name)).access_token)
    return (await world.read_account(bearer)).email_verified_at is not None


async def reset_token(world: IdentityWorld, name: str = "ann") -> str:
    await world.ask_for_letter(RESET, f"{name}@fairseat.test")
    return await world.mailed_token(name)


async def log_in(world: IdentityWorld, password: str, code: str | None = None) -> VerifiedToken:
    grant = await world.log_in(email=ANN, password=password, totp_code=code)
    return await world.verifier.verify(grant.access_token)


# Verified addresses.


async def test_the_link_of_the_letter_verifies_once(world: IdentityWorld) -> None:
    await world.account("ann")
    assert not await is_verified(world)
    token = await world.mailed_token("ann")
    await world.verify_email(token)
    assert await is_verified(world)
    with pytest.raises(MailTokenError):
        await world.verify_email(token)


async def test_a_token_ends_exactly_at_its_time(world: IdentityWorld) -> None:
    await world.account("ann")
    await world.account("ben")
    anns, bens = await world.mailed_token("ann"), await world.mailed_token("ben")
    world.clock.move(seconds=timedelta(days=3).total_seconds() - 1)
    await world.verify_email(anns)
    world.clock.move(seconds=1)
    with pytest.raises(MailTokenError):
        await world.verify_email(bens)


async def test_a_token_is_good_for_its_account_and_its_purpose_alone(world: IdentityWorld) -> None:
    await world.account("ann")
    await world.account("ben")
    verifying = await world.mailed_token("ann")
    with pytest.raises(MailTokenError):
        await world.reset_password(verifying, NEW)
    with pytest.raises(MailTokenError):
        await world.verify_email(await reset_token(world))
    await world.verify_email(verifying)
    assert not await is_verified(world, "ben")
    for wrong in ("", "x" * 43, verifying[:-1], verifying + "\udcff"):
        with pytest.raises(MailTokenError):
            await world.verify_email(wrong)


async def test_asking_again_writes_to_those_who_need_it_and_says_nothing_of_others(world: IdentityWorld) -> None:
    await world.account("ann")
    await world.verified("ben")
    while await world.send_letters():
        pass
    before = len(world.mailer.sent)
    for address in (ANN, "ben@fairseat.test", "nobody@fairseat.test", "no address"):
        await world.ask_for_letter(VERIFY, address)
    while await world.send_letters():
        pass
    assert [mail.to for mail in world.mailer.sent[before:]] == [ANN]
    await world.verify_email(await world.mailed_token("ann"))


async def test_of_two_who_bring_a_token_at_once_one_spends_it(world: IdentityWorld) -> None:
    await world.account("ann")
    token = await world.mailed_token("ann")
    answers = await asyncio.gather(*(world.verify_email(token) for _ in range(6)), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["MailTokenError"] * 5 + ["NoneType"]


# New passwords.


async def test_a_reset_ends_every_session_verifies_the_address_and_is_told(world: IdentityWorld) -> None:
    await world.account("ann")
    sessions = [await world.session("ann") for _ in range(2)]
    await world.reset_password(await reset_token(world), NEW)
    for session in sessions:
        with pytest.raises(InvalidTokenError):
            await world.refresh(refresh_token_of(session))
    with pytest.raises(InvalidCredentialsError):
        await world.session("ann")
    bearer = await log_in(world, NEW)
    assert (await world.read_account(bearer)).email_verified_at is not None
    while await world.send_letters():
        pass
    assert world.mailer.to(ANN)[-1].subject == "Your password was reset"


async def test_a_reset_spends_every_other_letter(world: IdentityWorld) -> None:
    await world.account("ann")
    verifying = await world.mailed_token("ann")
    first = await reset_token(world)
    second = await reset_token(world)
    assert first != second
    await world.reset_password(first, NEW)
    for token in (first, second):
        with pytest.raises(MailTokenError):
            await world.reset_password(token, "yet another seat in row two")
    with pytest.raises(MailTokenError):
        await world.verify_email(verifying)
    await log_in(world, NEW)


async def test_of_two_resets_at_once_one_counts(world: IdentityWorld) -> None:
    await world.account("ann")
    tokens = [await reset_token(world) for _ in range(2)]
    passwords = [f"{NEW} {number}" for number in range(2)]
    answers = await asyncio.gather(*map(world.reset_password, tokens, passwords), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["MailTokenError", "NoneType"]
    await log_in(world, passwords[answers.index(None)])


async def test_a_reset_is_good_for_an_hour_and_a_refused_password_does_not_spend_it(world: IdentityWorld) -> None:
    await world.account("ann")
    token = await reset_token(world)
    world.clock.move(seconds=3599)
    with pytest.raises(PasswordRefusedError):
        await world.reset_password(token, "short")
    late = await reset_token(world)
    await world.reset_password(token, NEW)
    world.clock.move(seconds=3600)
    with pytest.raises(MailTokenError):
        await world.reset_password(late, NEW)


async def test_who_asks_for_an_account_that_is_not_there_leaves_nothing(world: IdentityWorld) -> None:
    await world.ask_for_letter(RESET, "nobody@fairseat.test")
    assert (await world.queue.backlog(now=world.clock.now())).waiting == 1
    assert await world.send_letters() == 1
    assert (await world.queue.backlog(now=world.clock.now())).waiting == 0
    assert world.mailer.sent == []


async def test_a_changed_password_ends_the_other_sessions(world: IdentityWorld) -> None:
    await world.account("ann")
    other, own = await world.session("ann"), await world.session("ann")
    bearer = await world.verifier.verify(own.access_token)
    resetting = await reset_token(world)
    with pytest.raises(WrongPasswordError):
        await world.change_password(bearer, old=NEW, new=NEW)
    with pytest.raises(PasswordRefusedError):
        await world.change_password(bearer, old=PASSWORD, new="short")
    await world.change_password(bearer, old=PASSWORD, new=NEW)
    await world.refresh(refresh_token_of(own))
    with pytest.raises(InvalidTokenError):
        await world.refresh(refresh_token_of(other))
    with pytest.raises(MailTokenError):
        await world.reset_password(resetting, PASSWORD)
    await log_in(world, NEW)


async def test_of_two_changes_at_once_one_counts(world: IdentityWorld) -> None:
    bearer = await world.bearer("ann")
    changes = (world.change_password(bearer, old=PASSWORD, new=f"{NEW} {number}") for number in range(3))
    answers = await asyncio.gather(*changes, return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == [
        "NoneType",
        "WrongPasswordError",
        "WrongPasswordError",
    ]


async def test_sessions_are_listed_and_ended_by_their_account_alone(world: IdentityWorld) -> None:
    bearer = await world.bearer("ann")
    ben = await world.bearer("ben")
    world.clock.move(seconds=60)
    other = await world.session("ann")
    newest, first = (await world.list_sessions(bearer, PageRequest())).items
    assert first.id == bearer.session_id
    assert (newest.started_at, newest.renewed_at) == (world.clock.now(), world.clock.now())
    with pytest.raises(SessionNotFoundError):
        await world.end_session(ben, newest.id)
    await world.end_session(bearer, newest.id)
    with pytest.raises(InvalidTokenError):
        await world.refresh(refresh_token_of(other))
    with pytest.raises(SessionNotFoundError):
        await world.end_session(bearer, newest.id)
    assert [session.id for session in (await world.list_sessions(bearer, PageRequest())).items] == [first.id]
    world.clock.move(seconds=30 * 86_400)
    assert (await world.list_sessions(bearer, PageRequest())).items == ()


async def test_sessions_are_listed_page_by_page_the_newest_first(world: IdentityWorld) -> None:
    bearer = await world.bearer("ann")
    for _ in range(2):
        await world.session("ann")
    everything = (await world.list_sessions(bearer, PageRequest(limit=3))).items
    first = await world.list_sessions(bearer, PageRequest(limit=2))
    second = await world.list_sessions(bearer, PageRequest(limit=2, after=first.next_after))
    assert [session.id for session in everything] == sorted((session.id for session in everything), reverse=True)
    assert (first.items + second.items, second.next_after) == (everything, None)
    assert everything[2].id == bearer.session_id


# Letters.


async def test_a_letter_that_was_taken_while_we_died_is_sent_again_with_its_id(world: IdentityWorld) -> None:
    await world.account("ann")
    (claimed,) = await world.queue.claim(now=world.clock.now(), letters_max=5, lease_s=300.0)
    assert await world.send_letters() == 0  # another sender has it, and dies
    world.clock.move(seconds=300)
    assert await world.send_letters() == 1
    (mail,) = world.mailer.to(ANN)
    assert mail.message_id == f"<{claimed.id}@fairseat.test>"
    await world.queue.failed(claimed.id, error="late", at=world.clock.now(), retry_at=None)  # it is gone
    assert (await world.queue.backlog(now=world.clock.now())).dead == 0


async def test_a_server_that_is_away_is_asked_again_later_and_later_until_the_letter_helps_nobody(
    world: IdentityWorld,
) -> None:
    await world.account("ann")
    world.mailer.trouble = MailUnavailableError("the server answered 451 (SMTPRecipientRefused)")
    for wait_s in BACKOFF_S:
        assert await world.send_letters() == 1
        world.clock.move(seconds=wait_s - 1)
        assert await world.send_letters() == 0
        world.clock.move(seconds=1)
    backlog = await world.queue.backlog(now=world.clock.now())
    assert (backlog.waiting, backlog.dead) == (1, 0)
    assert backlog.last_error == "the server answered 451 (SMTPRecipientRefused)"
    assert backlog.oldest_age_s == sum(BACKOFF_S)
    assert await world.send_letters() == 1
    backlog = await world.queue.backlog(now=world.clock.now())
    assert (backlog.waiting, backlog.dead) == (0, 1)


async def test_a_letter_that_is_refused_for_good_is_not_sent_again(world: IdentityWorld) -> None:
    await world.account("ann")
    world.mailer.trouble = MailRefusedError("the server answered 550 (SMTPRecipientRefused)")
    assert await world.send_letters() == 1
    world.mailer.trouble = None
    world.clock.move(seconds=3600)
    assert await world.send_letters() == 0
    assert world.mailer.sent == []
    assert await world.queue.forget_dead(before=world.clock.now() + timedelta(seconds=1), letters_max=5) == 1


async def test_a_reset_that_could_not_be_mailed_within_its_hour_is_given_up(world: IdentityWorld) -> None:
    await world.account("ann")
    await world.mailed_token("ann")
    await world.ask_for_letter(RESET, ANN)
    assert await world.send_letters() == 1
    world.mailer.trouble = MailUnavailableError("away")
    assert await world.send_letters() == 1
    world.clock.move(seconds=3600)
    world.mailer.trouble = None
    assert await world.send_letters() == 1
    assert len(world.mailer.to(ANN)) == 1
    assert (await world.queue.backlog(now=world.clock.now())).last_error == "the letter could not be sent in time"


async def test_registering_that_fails_writes_to_nobody(world: IdentityWorld) -> None:
    await world.account("ann")
    await world.mailed_token("ann")
    with pytest.raises(Exception, match="exists"):
        await world.account("ann")
    assert await world.send_letters() == 0


# The second factor.


class App:
    """An authenticator app."""

    def __init__(self, world: IdentityWorld, secret: str) -> None:
        self._world = world
        self._codes = TOTP(secret)

    def code(self, *, steps: int = 0) -> str:
        return self._codes.at(self._world.clock.now() + timedelta(seconds=30 * steps))


async def with_app(world: IdentityWorld) -> tuple[VerifiedToken, App, tuple[str, ...]]:
    bearer = await world.bearer("ann")
    app = App(world, (await world.enrol_totp(bearer, password=PASSWORD)).secret)
    return bearer, app, await world.confirm_totp(bearer, code=app.code())


async def test_an_app_counts_from_the_first_code_that_it_showed(world: IdentityWorld) -> None:
    bearer = await world.bearer("ann")
    with pytest.raises(TotpNotEnrolledError):
        await world.confirm_totp(bearer, code="123456")
    made = await world.enrol_totp(bearer, password=PASSWORD)
    assert made.uri.startswith("otpauth://totp/Fairseat:ann%40fairseat.test?secret=" + made.secret)
    assert made.qr_code.startswith(b"<?xml") and b"<svg" in made.qr_code
    app = App(world, made.secret)
    with pytest.raises(TotpWrongError):
        await world.confirm_totp(bearer, code=app.code(steps=5))
    await log_in(world, PASSWORD)  # it does not count yet
    codes = await world.confirm_totp(bearer, code=app.code())
    assert len(set(codes)) == 10
    with pytest.raises(TotpRequiredError):
        await log_in(world, PASSWORD)
    with pytest.raises(TotpActiveError):
        await world.enrol_totp(bearer, password=PASSWORD)
    with pytest.raises(InvalidCredentialsError):
        await log_in(world, NEW, app.code(steps=1))


async def test_a_code_is_good_once_and_one_step_early_or_late(world: IdentityWorld) -> None:
    _, app, _ = await with_app(world)
    with pytest.raises(TotpWrongError):  # it was confirmed with this one
        await log_in(world, PASSWORD, app.code())
    world.clock.move(seconds=300)
    for steps in (-2, 2):
        with pytest.raises(TotpWrongError):
            await log_in(world, PASSWORD, app.code(steps=steps))
    early = app.code(steps=-1)
    await log_in(world, PASSWORD, early)
    await log_in(world, PASSWORD, f" {app.code()[:3]} {app.code()[3:]} ")
    await log_in(world, PASSWORD, app.code(steps=1))
    for code in (early, app.code(), app.code(steps=1)):
        with pytest.raises((TotpWrongError, TooManyAttemptsError)):
            await log_in(world, PASSWORD, code)


async def test_of_many_who_bring_one_code_at_once_one_gets_in(world: IdentityWorld) -> None:
    _, app, codes = await with_app(world)
    world.clock.move(seconds=300)
    for code in (app.code(), codes[0]):
        answers = await asyncio.gather(*(log_in(world, PASSWORD, code) for _ in range(3)), return_exceptions=True)
        assert sum(isinstance(answer, VerifiedToken) for answer in answers) == 1
        assert all(isinstance(answer, VerifiedToken | TotpWrongError) for answer in answers)


async def test_a_recovery_code_gets_in_once_however_it_is_typed(world: IdentityWorld) -> None:
    bearer, _, codes = await with_app(world)
    await log_in(world, PASSWORD, codes[3].lower().replace("-", " "))
    with pytest.raises(TotpWrongError):
        await log_in(world, PASSWORD, codes[3])
    ben = await world.bearer("ben")
    anns = account_id_of(bearer)
    async with world.transactions.begin(account_id=account_id_of(ben)) as tx:
        assert await tx.totp.find(anns) is None
        assert await tx.totp.recovery_codes_left(anns) == 0
    async with world.transactions.begin(account_id=anns) as tx:
        assert await tx.totp.recovery_codes_left(anns) == 9


async def test_removing_the_app_needs_the_password_and_a_code(world: IdentityWorld) -> None:
    bearer, app, codes = await with_app(world)
    world.clock.move(seconds=300)
    for password, code, error in (
        (NEW, app.code(), WrongPasswordError),
        (PASSWORD, None, TotpRequiredError),
        (PASSWORD, "000000" if app.code() != "000000" else "000001", TotpWrongError),
    ):
        with pytest.raises(error):
            await world.remove_totp(bearer, password=password, code=code)
    await world.remove_totp(bearer, password=PASSWORD, code=app.code())
    await log_in(world, PASSWORD)
    with pytest.raises(TotpNotEnrolledError):
        await world.remove_totp(bearer, password=PASSWORD, code=codes[0])


async def test_who_has_not_verified_the_address_cannot_lock_its_owner_out(world: IdentityWorld) -> None:
    await world.account("ann")
    bearer = await log_in(world, PASSWORD)
    with pytest.raises(EmailNotVerifiedError):
        await world.enrol_totp(bearer, password=PASSWORD)


async def test_a_new_password_does_not_replace_the_app(world: IdentityWorld) -> None:
    _, app, _ = await with_app(world)
    await world.reset_password(await reset_token(world), NEW)
    with pytest.raises(TotpRequiredError):
        await log_in(world, NEW)
    world.clock.move(seconds=60)
    await log_in(world, NEW, app.code())


async def test_an_organisation_may_ask_its_members_for_an_app(world: IdentityWorld) -> None:
    bearer, app, _ = await with_app(world)
    hall = (await world.create_organisation(bearer, name="Hall")).id
    mia = await world.bearer("mia")
    await world.add_member(bearer, organisation_id=hall, email="mia@fairseat.test", role=Role.OWNER)
    with pytest.raises(TotpNeededHereError):
        await world.set_sign_in_rules(mia, organisation_id=hall, requires_totp=True)
    await world.staff(mia, hall)
    await world.set_sign_in_rules(bearer, organisation_id=hall, requires_totp=True)
    assert await world.read_sign_in_rules(bearer, organisation_id=hall)
    with pytest.raises(TotpNeededHereError):
        await world.staff(mia, hall)
    assert (await world.staff(bearer, hall)).tenant_id == hall
    world.clock.move(seconds=60)
    await world.remove_totp(bearer, password=PASSWORD, code=app.code())
    with pytest.raises(TotpNeededHereError):
        await world.staff(bearer, TenantId(hall))


async def test_only_an_owner_decides_how_members_sign_in(world: IdentityWorld) -> None:
    olga = await world.bearer("olga")
    hall = (await world.create_organisation(olga, name="Hall")).id
    await world.member("mia", Role.MANAGER, of=hall, by=olga)
    mia = await world.verifier.verify((await world.session("mia")).access_token)
    with pytest.raises(ForbiddenError):
        await world.set_sign_in_rules(mia, organisation_id=hall, requires_totp=False)


# Guessing.


async def test_wrong_passwords_are_counted_and_right_ones_are_not(world: IdentityWorld) -> None:
    await world.account("ann")
    for email in (ANN, "nobody@fairseat.test", "NO ADDRESS"):
        for _ in range(10):
            with pytest.raises(InvalidCredentialsError):
                await world.log_in(email=email, password=NEW)
        with pytest.raises(TooManyAttemptsError) as caught:
            await world.log_in(email=email.upper(), password=PASSWORD)
        assert caught.value.retry_after_s == 900
    world.clock.move(seconds=899)
    with pytest.raises(TooManyAttemptsError):
        await world.session("ann")
    world.clock.move(seconds=1)
    for _ in range(12):
        await world.session("ann")


async def test_a_thousand_guesses_at_once_are_no_more_than_ten(world: IdentityWorld) -> None:
    await world.account("ann")
    before = world.hasher.verifications
    tries = (world.log_in(email=ANN, password=f"{NEW} {number}") for number in range(60))
    answers = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(answer, InvalidCredentialsError) for answer in answers) == 10
    assert world.hasher.verifications - before == 10


async def test_an_address_may_not_try_many_accounts(world: IdentityWorld) -> None:
    for number in range(100):
        with pytest.raises(InvalidCredentialsError):
            await world.log_in(email=f"fan{number}@fairseat.test", password=NEW, address="198.51.99.1")
    with pytest.raises(TooManyAttemptsError):
        await world.log_in(email="fan100@fairseat.test", password=NEW, address="198.51.99.1")
    with pytest.raises(InvalidCredentialsError):
        await world.log_in(email="fan100@fairseat.test", password=NEW, address="198.51.99.2")


async def test_codes_letters_and_mailed_tokens_cannot_be_tried_for_ever(world: IdentityWorld) -> None:
    _, app, _ = await with_app(world)
    world.clock.move(seconds=300)
    for _ in range(5):
        with pytest.raises(TotpWrongError):
            await log_in(world, PASSWORD, app.code(steps=9))
    with pytest.raises(TooManyAttemptsError):
        await log_in(world, PASSWORD, app.code())
    for purpose in (VERIFY, RESET):
        for email in (ANN, "nobody@fairseat.test"):
            for _ in range(3):
                await world.ask_for_letter(purpose, email)
            with pytest.raises(TooManyAttemptsError):
                await world.ask_for_letter(purpose, email)
    for _ in range(50):
        with pytest.raises(MailTokenError):
            await world.verify_email("x", address="198.51.99.1")
    with pytest.raises(TooManyAttemptsError):
        await world.reset_password("x", NEW, address="198.51.99.1")


async def test_the_token_of_a_letter_is_not_in_what_is_logged(world: IdentityWorld) -> None:
    await world.account("ann")
    (claimed,) = await world.queue.claim(now=world.clock.now(), letters_max=5, lease_s=0.0)
    letter = claimed.letter
    assert letter is not None and letter.token is not None
    assert letter.token not in repr(claimed)
    await world.send_letters()
    (mail,) = world.mailer.sent
    assert token_in(mail.text) == letter.token
    assert letter.token not in repr(mail)
