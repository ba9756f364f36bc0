"""What people may say of themselves, and what is kept when the news of their account comes early, late or twice."""

from datetime import UTC, datetime

import pytest
from uuid_utils.compat import uuid7

from adapters.memory.clock import MemoryClock
from adapters.memory.messaging import MemoryMessages
from adapters.memory.users import MemoryUserTransactions
from adapters.system.ids import Uuid7Source
from core.shared.errors import InvalidInputError, StaleVersionError
from core.users.billing_address import PostalAddress
from core.users.errors import AccountOfPersonNeededError, BillingAddressNotFoundError
from core.users.preferences import Wishes
from core.users.profile import ProfileFacts
from ports.events import Delivery
from ports.published.identity import AccountRegistered, VerifiedToken
from usecases.users.own_billing_address import OwnBillingAddress
from usecases.users.own_preferences import OwnPreferences
from usecases.users.own_profile import OwnProfile
from usecases.users.welcome_person import WelcomePerson

ANN = VerifiedToken(account_id=uuid7())
REGISTERED = AccountRegistered(account_id=ANN.account_id, email="ann@fairseat.test", display_name="Ann")
DELIVERY = Delivery(event_id=uuid7(), tenant_id=None)
HOME = PostalAddress.checked(line1="Anger 1", line2=None, city="Erfurt", postal_code="99084", country="DE")


@pytest.fixture
def users() -> MemoryUserTransactions:
    return MemoryUserTransactions(MemoryMessages(ids=Uuid7Source()))


@pytest.fixture
def clock() -> MemoryClock:
    return MemoryClock(datetime(2026, 11, 21, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("given", "kept"), [("de_de", "de-DE"), ("sr-latn-rs", "sr-Latn-RS"), ("en", "en"), ("de-1996", "de-1996")]
)
def test_a_locale_is_kept_in_its_normal_form(given: str, kept: str) -> None:
    assert ProfileFacts.checked(display_name=None, locale=given, time_zone=None).locale == kept


@pytest.mark.parametrize(
    ("facts", "pointer"),
    [
        ({"locale": "xx-YY"}, "/locale"),
        ({"locale": "klingon"}, "/locale"),
        ({"locale": "en-" + "a" * 40}, "/locale"),
        ({"time_zone": "Europe/Erfurt"}, "/timeZone"),
        ({"display_name": " "}, "/displayName"),
        ({"display_name": "a\u202eb"}, "/displayName"),
    ],
)
def test_what_is_no_such_thing_is_refused_with_its_member(facts: dict[str, str], pointer: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        ProfileFacts.checked(**({"display_name": None, "locale": None, "time_zone": None} | facts))
    assert [problem.pointer for problem in refused.value.problems] == [pointer]


@pytest.mark.parametrize("country", ["XX", "de", "EU"])
def test_a_country_is_one_of_the_list(country: str) -> None:
    with pytest.raises(InvalidInputError):
        PostalAddress.checked(line1="Anger 1", line2=None, city="Erfurt", postal_code=None, country=country)


async def test_a_profile_is_there_before_the_news_of_the_account(
    users: MemoryUserTransactions, clock: MemoryClock
) -> None:
    own, welcome = OwnProfile(users, clock), WelcomePerson(users, clock)
    assert (await own.read(ANN)).facts == ProfileFacts()
    await welcome(REGISTERED, DELIVERY)
    named = await own.read(ANN)
    assert (named.facts.display_name, named.version) == ("Ann", 2)
    await welcome(REGISTERED, DELIVERY)
    assert await own.read(ANN) == named


async def test_the_name_that_a_person_said_stays_when_the_news_comes(
    users: MemoryUserTransactions, clock: MemoryClock
) -> None:
    own = OwnProfile(users, clock)
    said = await own.change(lambda _: ProfileFacts(display_name="Annie"), expected_version=1, bearer=ANN)
    await WelcomePerson(users, clock)(REGISTERED, DELIVERY)
    assert await own.read(ANN) == said


async def test_stale_changes_are_refused(users: MemoryUserTransactions, clock: MemoryClock) -> None:
    profile, preferences, address = (
        OwnProfile(users, clock),
        OwnPreferences(users, clock),
        OwnBillingAddress(users, clock),
    )
    with pytest.raises(StaleVersionError):
        await profile.change(lambda facts: facts, expected_version=2, bearer=ANN)
    with pytest.raises(StaleVersionError):
        await preferences.replace(Wishes(), expected_version=0, bearer=ANN)
    with pytest.raises(StaleVersionError):
        await address.replace(HOME, expected_version=1, bearer=ANN)
    await address.replace(HOME, expected_version=None, bearer=ANN)
    with pytest.raises(StaleVersionError):
        await address.replace(HOME, expected_version=None, bearer=ANN)
    assert (await address.replace(HOME, expected_version=1, bearer=ANN)).version == 2


async def test_who_said_nothing_gets_no_advertising(users: MemoryUserTransactions, clock: MemoryClock) -> None:
    assert not (await OwnPreferences(users, clock).read(ANN)).wishes.marketing_opt_in
    with pytest.raises(BillingAddressNotFoundError):
        await OwnBillingAddress(users, clock).read(ANN)


@pytest.mark.parametrize(
    "token",
    [VerifiedToken(account_id=uuid7(), guest=True), VerifiedToken(account_id=uuid7(), scopes=("orders:read",))],
    ids=["guest", "key"],
)
async def test_who_is_no_person_has_no_profile(
    users: MemoryUserTransactions, clock: MemoryClock, token: VerifiedToken
) -> None:
    for read in (
        OwnProfile(users, clock).read,
        OwnPreferences(users, clock).read,
        OwnBillingAddress(users, clock).read,
    ):
        with pytest.raises(AccountOfPersonNeededError):
            await read(token)
