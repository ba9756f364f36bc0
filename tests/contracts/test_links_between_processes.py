"""What is asked of another process is answered as it is within one: the same tests, and every method of every contract.

The tests of published contracts that are imported here have their contract served over gRPC.
"""

from collections.abc import AsyncIterator
from typing import Any, get_type_hints
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from adapters.grpc.contracts import FILES, published_methods
from adapters.inprocess.accounts import InProcessIdentity
from adapters.inprocess.identity import InProcessTokenKeys, TokensAndKeys
from adapters.memory.clock import MemoryClock
from adapters.system.signing_keys import SigningKeys
from adapters.system.token_keys import FetchedTokenVerifier
from adapters.system.tokens import JwtTokenSigner, JwtTokenVerifier, TokenTerms
from core.identity.access import fan_access
from core.shared.ids import AccountId
from ports.published.admission import AdmissionApi
from ports.published.general_admission import GeneralAdmissionApi
from ports.published.identity import IdentityApi, PersonsApi, TokenKeysApi, TokenVerifier
from ports.published.refusals import RefusedError
from ports.published.seating import SeatingApi
from tests.admission_builders import Gatehouse
from tests.identity_world import memory_world
from tests.links_world import asking, over_grpc, serving, values_of
from tests.unit.test_confirm_erasure import Persons
from tests.unit.test_general_admission_usecases import (
    World,
    test_an_order_is_refused_with_a_code,
    test_an_order_reserves_protects_and_buys,
)
from tests.unit.test_passes_change_hands import (
    test_the_others_are_told_all_that_a_change_of_hands_rests_on,
    test_the_others_offer_and_give_through_the_link_and_hear_refusals_by_their_code,
)
from tests.unit.test_seating_usecases import (
    Hall,
    test_a_cancelled_order_gives_unpaid_seats_back_and_a_refunded_one_its_sold_seats,
    test_a_refusal_crosses_with_its_code,
    test_an_order_reserves_protects_and_buys_and_each_is_announced_once,
)
from usecases.identity.email_of_account import EmailOfAccount
from usecases.identity.read_published_keys import ReadPublishedKeys

__all__ = [
    "test_a_cancelled_order_gives_unpaid_seats_back_and_a_refunded_one_its_sold_seats",
    "test_a_refusal_crosses_with_its_code",
    "test_an_order_is_refused_with_a_code",
    "test_an_order_reserves_protects_and_buys",
    "test_an_order_reserves_protects_and_buys_and_each_is_announced_once",
    "test_the_others_are_told_all_that_a_change_of_hands_rests_on",
    "test_the_others_offer_and_give_through_the_link_and_hear_refusals_by_their_code",
]


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    hall = Hall()
    async with over_grpc(SeatingApi, hall.api) as hall.api:
        yield hall


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    async with over_grpc(GeneralAdmissionApi, world.api) as world.api:
        yield world


@pytest.fixture
async def gate() -> AsyncIterator[Gatehouse]:
    gate = Gatehouse()
    async with over_grpc(AdmissionApi, gate.api) as gate.api:
        yield gate


async def test_identity_tells_an_address_or_that_there_is_none() -> None:
    identity = memory_world()
    ann, ben = await identity.account("ann"), await identity.verified("ben")
    async with over_grpc(IdentityApi, InProcessIdentity(EmailOfAccount(identity.transactions))) as remote:
        assert await remote.email_of(account_id=ann.id) is None
        assert await remote.email_of(account_id=ben.id) == "ben@fairseat.test"


async def test_who_guesses_passwords_hears_over_a_link_how_long_to_wait() -> None:
    identity = memory_world()
    ann = await identity.account("ann")
    persons = Persons(identity)
    async with over_grpc(PersonsApi, persons.api) as persons.api:
        while True:
            refused = await persons.refuses(ann.id, password="another seat in row five")
            if refused.refusal_code != "identity.wrong_password":
                break
    assert refused.refusal_code == "identity.too_many_attempts"
    assert refused.retry_after_s is not None and refused.retry_after_s > 0


async def test_a_process_without_identity_reads_tokens_and_asks_about_keys() -> None:
    keys, clock, terms = SigningKeys.generate(), MemoryClock(), TokenTerms(issuer="https://a.test", audience="fairseat")
    signer, identity = JwtTokenSigner(keys, terms), memory_world()
    here = TokensAndKeys(JwtTokenVerifier.of_keys(keys.public_keys(), terms, clock), _never)
    apis: dict[type, object] = {TokenKeysApi: InProcessTokenKeys(ReadPublishedKeys(signer)), TokenVerifier: here}
    ann = await identity.account("ann")
    token = await signer.sign(fan_access(account_id=AccountId(ann.id), token_id=UUID(int=1), now=clock.now()))
    async with serving(apis) as port, asking(port, *apis) as links:
        there = FetchedTokenVerifier(links.get(TokenKeysApi), links.get(TokenVerifier), terms, clock)
        assert await there.verify(token) == await here.verify(token)
        with pytest.raises(RefusedError, match="not valid"):
            await there.verify("no token")


async def _never() -> Any:
    raise AssertionError("no API key was shown")


class Echo:
    """An implementation of a contract that notes what it is asked and answers what it is told to."""

    def __init__(self, api: type) -> None:
        self.asked: dict[str, object] = {}
        self.answer: object = None
        for name in published_methods(api):
            setattr(self, name, self._method(name))

    def _method(self, name: str) -> Any:
        async def method(**named: object) -> object:
            self.asked = {"": name, **named}
            return self.answer

        return method


@pytest.mark.parametrize("api", FILES, ids=lambda api: api.__name__)
@settings(
    max_examples=2,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(data=st.data())
async def test_every_method_is_asked_with_what_was_said_and_answers_what_it_answered(
    api: type, data: st.DataObject
) -> None:
    echo = Echo(api)
    async with over_grpc(api, echo) as remote:
        for name, method in published_methods(api).items():
            hints = get_type_hints(method)
            echo.answer = data.draw(values_of(hints.pop("return")))
            said = {argument: data.draw(values_of(hint)) for argument, hint in hints.items()}
            assert await getattr(remote, name)(**said) == echo.answer
            assert echo.asked == {"": name, **said}
