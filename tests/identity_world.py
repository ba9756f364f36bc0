"""A small world around the use cases of identity, over whichever transactions are given."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from adapters.inprocess.identity import TokensAndKeys
from adapters.memory.clock import MemoryClock
from adapters.memory.identity import MemoryIdentityTransactions
from adapters.memory.mail import MemoryMailer
from adapters.memory.messaging import MemoryMessages
from adapters.memory.passwords import MemoryPasswordHasher
from adapters.memory.throttle import MemoryThrottle
from adapters.postgres.identity import PostgresIdentityTransactions
from adapters.postgres.identity_letters import PostgresLetterQueue
from adapters.postgres.migrator import Database
from adapters.postgres.pool import open_pool
from adapters.postgres.sessions import create_engine
from adapters.system.api_key_cache import BoundedApiKeyCache
from adapters.system.api_key_secrets import SystemApiKeySecrets
from adapters.system.ids import Uuid7Source
from adapters.system.one_time_passwords import SystemOneTimePasswords
from adapters.system.refresh_secrets import SystemRefreshSecrets
from adapters.system.signing_keys import SigningKeys
from adapters.system.tokens import JwtTokenSigner, JwtTokenVerifier, TokenTerms
from core.identity.account import Account
from core.shared.callers import ApiScope, Role
from core.shared.ids import AccountId, TenantId
from ports.identity import IdentityTransactions
from ports.identity.letters import LetterQueue
from ports.ids import IdSource
from ports.published.identity import VerifiedToken
from usecases.identity.add_member import AddMember
from usecases.identity.answer_request import AnswerRequest
from usecases.identity.ask_for_letter import AskForLetter
from usecases.identity.attempts import Attempts
from usecases.identity.change_password import ChangePassword
from usecases.identity.change_role import ChangeRole
from usecases.identity.create_api_key import CreateApiKey, MadeApiKey
from usecases.identity.create_organisation import CreateOrganisation
from usecases.identity.forget_expired_sessions import ForgetExpiredSessions
from usecases.identity.grants import Grant
from usecases.identity.issue_guest_token import IssueGuestToken
from usecases.identity.issue_staff_token import IssueStaffToken
from usecases.identity.list_api_keys import ListApiKeys
from usecases.identity.list_members import ListMembers
from usecases.identity.list_organisations import ListOrganisations
from usecases.identity.log_in import LogIn
from usecases.identity.log_out import LogOut
from usecases.identity.manage_totp import ConfirmTotp, EnrolTotp, RemoveTotp
from usecases.identity.own_password import ConfirmPassword
from usecases.identity.read_account import ReadAccount
from usecases.identity.refresh_session import RefreshSession
from usecases.identity.register import Register
from usecases.identity.remove_member import RemoveMember
from usecases.identity.reset_password import ResetPassword
from usecases.identity.revoke_api_key import RevokeApiKey
from usecases.identity.second_factor import SecondFactor
from usecases.identity.send_letters import LetterTerms, SendLetters
from usecases.identity.sessions import EndSession, ListSessions
from usecases.identity.sign_in_rules import ReadSignInRules, SetSignInRules
from usecases.identity.verify_api_key import VerifyApiKey
from usecases.identity.verify_email import VerifyEmail

TERMS = TokenTerms(issuer="https://fairseat.test", audience="fairseat")
PASSWORD = "a quiet seat in row five"
REFRESH_TTL_S = 30 * 24 * 3600
SECRET = b"for these tests alone, long enough"


@dataclass
class IdentityWorld:
    """Every use case of identity, wired; accounts are made by a first name."""

    transactions: IdentityTransactions
    clock: MemoryClock
    ids: IdSource
    queue: LetterQueue
    mailer: MemoryMailer = field(default_factory=MemoryMailer)
    hasher: MemoryPasswordHasher = field(default_factory=MemoryPasswordHasher)
    keys: SigningKeys = field(default_factory=SigningKeys.generate)

    def __post_init__(self) -> None:
        signer = JwtTokenSigner(self.keys, TERMS)
        secrets = SystemRefreshSecrets()
        self.throttle = MemoryThrottle()
        self.attempts = Attempts(self.throttle, self.ids, self.clock)
        self.passwords = SystemOneTimePasswords(issuer="Fairseat")
        self.confirm_password = ConfirmPassword(self.transactions, self.hasher, self.attempts)
        factor = SecondFactor(self.transactions, self.passwords, self.attempts, self.ids, self.clock)
        answer = AnswerRequest(self.transactions, secrets, self.clock)
        terms = LetterTerms(link_base_url="https://tickets.test", message_domain="fairseat.test")
        self.send_letters = SendLetters(self.queue, self.mailer, answer, terms, self.clock)
        self.verify_email = VerifyEmail(self.transactions, self.attempts, self.clock)
        self.ask_for_letter = AskForLetter(self.transactions, self.attempts, self.ids, self.clock)
        self.reset_password = ResetPassword(self.transactions, self.hasher, self.attempts, self.ids, self.clock)
        self.change_password = ChangePassword(
            self.transactions, self.confirm_password, self.hasher, self.ids, self.clock
        )
        self.enrol_totp = EnrolTotp(self.transactions, self.confirm_password, self.passwords, self.clock)
        self.confirm_totp = ConfirmTotp(self.transactions, self.passwords, self.attempts, self.ids, self.clock)
        self.remove_totp = RemoveTotp(
            self.transactions, self.confirm_password, factor, self.attempts, self.ids, self.clock
        )
        self.list_sessions = ListSessions(self.transactions, self.clock)
        self.end_session = EndSession(self.transactions, self.clock)
        self.read_sign_in_rules = ReadSignInRules(self.transactions)
        self.set_sign_in_rules = SetSignInRules(self.transactions)
        base = (self.transactions, signer)
        self.key_cache = BoundedApiKeyCache(self.clock)
        self.verify_key = VerifyApiKey(self.transactions, self.key_cache, self.clock)
        tokens = JwtTokenVerifier.of_keys(self.keys.public_keys(), TERMS, self.clock)
        self.verifier = TokensAndKeys(tokens, self.key_verifier)
        self.create_api_key = CreateApiKey(self.transactions, SystemApiKeySecrets(), self.ids, self.clock)
        self.list_api_keys = ListApiKeys(self.transactions)
        self.revoke_api_key = RevokeApiKey(self.transactions, self.key_cache, self.clock)
        self.register = Register(self.transactions, self.hasher, secrets, self.ids, self.clock)
        self.log_in = LogIn(
            self.transactions, self.hasher, signer, secrets, self.attempts, factor, self.ids, self.clock
        )
        self.refresh = RefreshSession(*base, secrets, self.ids, self.clock)
        self.log_out = LogOut(self.transactions, self.clock)
        self.issue_staff_token = IssueStaffToken(*base, self.ids, self.clock)
        self.issue_guest_token = IssueGuestToken(signer, self.ids, self.clock)
        self.read_account = ReadAccount(self.transactions)
        self.create_organisation = CreateOrganisation(self.transactions, self.ids, self.clock)
        self.list_organisations = ListOrganisations(self.transactions)
        self.add_member = AddMember(self.transactions, self.clock)
        self.list_members = ListMembers(self.transactions)
        self.change_role = ChangeRole(self.transactions)
        self.remove_member = RemoveMember(self.transactions)
        self.forget_expired_sessions = ForgetExpiredSessions(self.transactions, self.clock)

    async def key_verifier(self) -> VerifyApiKey:
        return self.verify_key

    async def key(self, by: VerifiedToken, *, of: TenantId, name: str = "Resale market") -> MadeApiKey:
        """Make a key that may validate resales."""
        return await self.create_api_key(by, organisation_id=of, name=name, scopes=[ApiScope.RESALE_VALIDATE])

    async def account(self, name: str) -> Account:
        return await self.register(email=f"{name}@fairseat.test", password=PASSWORD, display_name=name.title())

    async def verified(self, name: str) -> Account:
        """Register, and follow the link of the letter."""
        account = await self.account(name)
        await self.verify_email(await self.mailed_token(name))
        return account

    async def mailed_token(self, name: str) -> str:
        """Send what waits, and return the token of the newest letter to somebody that has one."""
        while await self.send_letters():
            pass
        return token_in(self.mailer.to(f"{name}@fairseat.test")[-1].text)

    async def bearer(self, name: str) -> VerifiedToken:
        """Register, verify the address and log in; return what the access token says."""
        await self.verified(name)
        return await self.verifier.verify((await self.session(name)).access_token)

    async def session(self, name: str) -> Grant:
        return await self.log_in(email=f"{name}@fairseat.test", password=PASSWORD)

    async def member(self, name: str, role: Role, *, of: TenantId, by: VerifiedToken) -> VerifiedToken:
        """Register someone, make them a member, and return their token for the organisation."""
        bearer = await self.bearer(name)
        await self.add_member(by, organisation_id=of, email=f"{name}@fairseat.test", role=role)
        return await self.staff(bearer, of)

    async def staff(self, bearer: VerifiedToken, tenant_id: TenantId) -> VerifiedToken:
        grant = await self.issue_staff_token(bearer, organisation_id=tenant_id)
        return await self.verifier.verify(grant.access_token)


def refresh_token_of(grant: Grant) -> str:
    assert grant.refresh_token is not None
    return grant.refresh_token


def token_in(text: str) -> str:
    """Return the token that the link of a letter carries."""
    found = re.search(r"#token=([\w-]+)", text)
    assert found is not None, text
    return found[1]


def account_id_of(bearer: VerifiedToken) -> AccountId:
    return AccountId(bearer.account_id)


def memory_messages() -> MemoryMessages:
    return MemoryMessages(ids=Uuid7Source())


def memory_world(messages: MemoryMessages | None = None) -> IdentityWorld:
    transactions = MemoryIdentityTransactions(messages or memory_messages())
    return IdentityWorld(transactions, MemoryClock(), Uuid7Source(), transactions.letters)


@asynccontextmanager
async def postgres_world(database: Database) -> AsyncIterator[IdentityWorld]:
    """Everything on a real auth_db."""
    ids = Uuid7Source()
    engine = create_engine(database.app_url, connections_max=6)
    relay = await open_pool(database.relay_url, connections_max=2)
    try:
        yield IdentityWorld(
            PostgresIdentityTransactions(engine, ids=ids, secret=SECRET),
            MemoryClock(),
            ids,
            PostgresLetterQueue(relay, secret=SECRET),
        )
    finally:
        await relay.close()
        await engine.dispose()
