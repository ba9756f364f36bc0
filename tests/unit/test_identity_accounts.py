"""Accounts: which addresses, passwords and names are accepted."""

import asyncio

import pytest

from core.identity.errors import AccountNeededError, EmailTakenError, InvalidTokenError, PasswordRefusedError
from core.identity.passwords import accepted_password
from core.shared.emails import Email
from core.shared.errors import InvalidInputError
from core.shared.ids import AccountId
from core.shared.names import checked_name
from ports.published.identity import AccountRegistered, VerifiedToken
from tests.identity_world import PASSWORD, IdentityWorld, memory_messages, memory_world

ANN = Email.parse("ann.smith@fairseat.test")


@pytest.fixture
def world() -> IdentityWorld:
    return memory_world()


@pytest.mark.parametrize(
    ("text", "address", "key"),
    [
        ("Ann@Example.COM", "Ann@example.com", "ann@example.com"),
        ("ann+seat@x.example", "ann+seat@x.example", "ann+seat@x.example"),
        ("u\u0308nal@bücher.example", "ünal@bücher.example", "ünal@bücher.example"),
        ("ann@fairseat.test", "ann@fairseat.test", "ann@fairseat.test"),
    ],
)
def test_an_email_keeps_its_spelling_and_is_found_by_its_key(text: str, address: str, key: str) -> None:
    assert Email.parse(text) == Email(address=address, key=key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "ann@",
        "@x.example",
        "a b@x.example",
        "ann@localhost",
        "Ann <ann@x.example>",
        "a@b@c.example",
        "ann@x.example\n",
        "a" * 65 + "@x.example",
        "a@" + "b" * 300 + ".example",
        "ann@[127.0.0.1]",
        "\x00@x.example",
    ],
)
def test_what_is_no_email_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Email.parse(text)
    assert [problem.pointer for problem in caught.value.problems] == ["/email"]


@pytest.mark.parametrize(
    "password",
    ["ten chars!", "just lower case", "x1 y2 z3 w4" * 11 + "1234567", "🎟️ seats for the match", "   spaced out   "],
)
def test_a_password_is_judged_by_length_not_by_kinds_of_characters(password: str) -> None:
    assert accepted_password(password, email=ANN)


@pytest.mark.parametrize(
    "password",
    [
        "",
        "nine chrs",
        "x1y2z3w4" * 16 + "x",
        "ann.smith@fairseat.test",
        "ANN.SMITH@Fairseat.Test",
        "fairseat.test",
        "aaaaaaaaaaaa",
        "abababababab",
        "Password123",
        "password2026!",
        "Fairseat2026",
        "1234567890",
        "qwertyuiop",
        "20261121 2026",
    ],
)
def test_a_short_long_or_obvious_password_is_refused_by_name(password: str) -> None:
    with pytest.raises(PasswordRefusedError) as caught:
        accepted_password(password, email=ANN)
    assert [problem.pointer for problem in caught.value.problems] == ["/password"]


def test_the_length_of_a_password_has_both_ends() -> None:
    text = "abcdefgh" * 17
    for length in (10, 128):
        assert len(accepted_password(text[1 : length + 1], email=ANN)) == length
    for length in (9, 129):
        with pytest.raises(PasswordRefusedError):
            accepted_password(text[1 : length + 1], email=ANN)


def test_a_name_is_kept_as_it_is_written() -> None:
    assert checked_name("  Zoe\u0308 O’Hara ", pointer="/name") == "Zoë O’Hara"
    assert checked_name("می\u200cخواهم", pointer="/name") == "می\u200cخواهم"
    assert len(checked_name("x" * 100, pointer="/name")) == 100


@pytest.mark.parametrize("name", ["", "   ", "\u200d", "x" * 101, "a\nb", "a\x00b", "ann\u202enna", "a\ud800"])
def test_a_name_that_cannot_be_shown_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        checked_name(name, pointer="/name")
    assert [problem.pointer for problem in caught.value.problems] == ["/name"]


async def test_registering_announces_the_account_outside_any_tenant() -> None:
    messages = memory_messages()
    ann = await memory_world(messages).account("ann")
    (envelope,) = messages.events
    assert (envelope.subject, envelope.tenantid) == (str(ann.id), None)
    event = envelope.decode(AccountRegistered)
    assert event == AccountRegistered(account_id=ann.id, email="ann@fairseat.test", display_name="Ann")


async def test_an_email_has_one_account_whatever_the_case() -> None:
    messages = memory_messages()
    world = memory_world(messages)
    await world.account("ann")
    with pytest.raises(EmailTakenError):
        await world.register(email="ANN@fairseat.test", password=PASSWORD, display_name="Another")
    assert len(messages.events) == 1


async def test_of_many_registrations_at_once_one_wins(world: IdentityWorld) -> None:
    answers = await asyncio.gather(*(world.account("ann") for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(answer, EmailTakenError) for answer in answers) == 7


async def test_the_password_itself_is_stored_nowhere(world: IdentityWorld) -> None:
    assert PASSWORD not in (await world.account("ann")).password_hash


async def test_an_account_reads_itself(world: IdentityWorld) -> None:
    bearer = await world.bearer("ann")
    assert (await world.read_account(bearer)).email.address == "ann@fairseat.test"


async def test_a_guest_has_no_account_to_read(world: IdentityWorld) -> None:
    grant = await world.issue_guest_token()
    with pytest.raises(AccountNeededError):
        await world.read_account(await world.verifier.verify(grant.access_token))


async def test_a_token_whose_account_is_gone_is_no_longer_valid(world: IdentityWorld) -> None:
    gone = VerifiedToken(account_id=AccountId(world.ids.new()))
    with pytest.raises(InvalidTokenError):
        await world.read_account(gone)
    with pytest.raises(InvalidTokenError):
        await world.create_organisation(gone, name="Nobody's hall")
