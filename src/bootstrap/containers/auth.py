"""The auth service: identity, on auth_db."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from collections.abc import AsyncIterator
from functools import partial

from dishka import AsyncContainer, Provider, Scope, provide, provide_all
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.http.api_keys import ApiKeyController
from adapters.http.identity import AuthController, published_keys
from adapters.http.identity_factors import SessionController, SignInRulesController, TotpController
from adapters.http.identity_mail import MailedTokenController
from adapters.http.organisations import MemberController, OrganisationController
from adapters.inprocess.accounts import InProcessIdentity, InProcessPersons
from adapters.inprocess.identity import InProcessTokenKeys, TokensAndKeys
from adapters.memory.throttle import MemoryThrottle
from adapters.postgres.data_of_auth import PostgresAuthData
from adapters.postgres.health import PostgresHealth
from adapters.postgres.identity import PostgresIdentityTransactions
from adapters.redis.client import redis_client
from adapters.redis.throttle import RedisThrottle
from adapters.system.api_key_cache import BoundedApiKeyCache
from adapters.system.api_key_secrets import SystemApiKeySecrets
from adapters.system.mail_health import MailHealth
from adapters.system.one_time_passwords import SystemOneTimePasswords
from adapters.system.passwords import Argon2PasswordHasher, HashCosts
from adapters.system.refresh_secrets import SystemRefreshSecrets
from adapters.system.signing_keys import SigningKeys, SigningKeysError
from adapters.system.tokens import JwtTokenSigner, JwtTokenVerifier, TokenTerms
from bootstrap.containers.letters import LetterProvider
from bootstrap.containers.personal_data import AnswersProvider, PostgresMessagesProvider, person_subscriptions
from bootstrap.containers.service import EngineProvider, JobSpec, Pools, PostgresProvider, Service, relay_jobs
from bootstrap.settings import Settings, SettingsError
from ports.clock import Clock
from ports.identity import ApiKeyCache, ApiKeySecrets, IdentityTransactions, PasswordHasher, RefreshSecrets, TokenSigner
from ports.identity.second_factor import OneTimePasswords
from ports.identity.throttle import Throttle
from ports.ids import IdSource
from ports.mail import Mailer
from ports.personal_data import PersonalData
from ports.published.identity import IdentityApi, PersonsApi, TokenKeysApi, TokenVerifier
from usecases.identity.add_member import AddMember
from usecases.identity.ask_for_letter import AskForLetter
from usecases.identity.attempts import Attempts
from usecases.identity.change_password import ChangePassword
from usecases.identity.change_role import ChangeRole
from usecases.identity.confirm_erasure import ConfirmErasure
from usecases.identity.create_api_key import CreateApiKey
from usecases.identity.create_organisation import CreateOrganisation
from usecases.identity.email_of_account import EmailOfAccount
from usecases.identity.forget_expired_sessions import ForgetExpiredSessions
from usecases.identity.forget_old_letters import ForgetOldLetters
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
from usecases.identity.read_published_keys import ReadPublishedKeys
from usecases.identity.refresh_session import RefreshSession
from usecases.identity.register import Register
from usecases.identity.remove_member import RemoveMember
from usecases.identity.reset_password import ResetPassword
from usecases.identity.revoke_api_key import RevokeApiKey
from usecases.identity.second_factor import SecondFactor
from usecases.identity.send_letters import SendLetters
from usecases.identity.sessions import EndSession, ListSessions
from usecases.identity.sign_in_rules import ReadSignInRules, SetSignInRules
from usecases.identity.verify_api_key import VerifyApiKey
from usecases.identity.verify_email import VerifyEmail

# Whoever signs in waits for Redis at most this long; then attempts are counted here alone.
_REDIS_TIMEOUT_S = 0.5
_REDIS_RETRIES_MAX = 1


class IdentityProvider(Provider):
    """The identity context."""

    scope = Scope.APP
    secrets = provide(SystemRefreshSecrets, provides=RefreshSecrets)
    key_secrets = provide(SystemApiKeySecrets, provides=ApiKeySecrets)
    usecases = provide_all(
        Register,
        LogIn,
        RefreshSession,
        LogOut,
        IssueStaffToken,
        IssueGuestToken,
        ReadAccount,
        ReadPublishedKeys,
        CreateOrganisation,
        ListOrganisations,
        AddMember,
        ListMembers,
        ChangeRole,
        RemoveMember,
        CreateApiKey,
        ListApiKeys,
        RevokeApiKey,
        VerifyApiKey,
        ForgetExpiredSessions,
        EmailOfAccount,
        ConfirmErasure,
        Attempts,
        ConfirmPassword,
        SecondFactor,
        VerifyEmail,
        AskForLetter,
        ResetPassword,
        ChangePassword,
        EnrolTotp,
        ConfirmTotp,
        RemoveTotp,
        ListSessions,
        EndSession,
        ReadSignInRules,
        SetSignInRules,
    )
    published = provide(InProcessIdentity, provides=IdentityApi)
    persons = provide(InProcessPersons, provides=PersonsApi)
    token_keys = provide(InProcessTokenKeys, provides=TokenKeysApi)

    @provide
    def personal_data(self, pools: Pools) -> PersonalData:
        """Return what is kept about a person."""
        return PostgresAuthData(pools.app, pools.relay)

    @provide
    def transactions(self, engine: AsyncEngine, ids: IdSource, settings: Settings) -> IdentityTransactions:
        """Return the stores; raises SettingsError when the secret is too short to seal anything with."""
        try:
            return PostgresIdentityTransactions(engine, ids=ids, secret=settings.passes.key_secret.reveal().encode())
        except ValueError as error:
            raise SettingsError(f"FAIRSEAT_PASSES_KEY_SECRET: {error}") from None

    @provide
    def one_time_passwords(self) -> OneTimePasswords:
        """Return what authenticator apps are asked with."""
        return SystemOneTimePasswords(issuer="Fairseat")

    @provide
    async def redis(self, settings: Settings) -> AsyncIterator[Redis]:
        """Make the client, and close it at the end."""
        client = redis_client(settings.redis.url.reveal(), timeout_s=_REDIS_TIMEOUT_S, retries_max=_REDIS_RETRIES_MAX)
        yield client
        await client.aclose()

    @provide
    def throttle(self, client: Redis) -> Throttle:
        """Return what counts attempts."""
        return RedisThrottle(MemoryThrottle(), client)

    @provide
    def keys(self, settings: Settings) -> SigningKeys:
        """Read the signing keys; raises SettingsError when they cannot sign."""
        try:
            return SigningKeys.from_pem(settings.token.signing_keys.reveal().encode())
        except SigningKeysError as error:
            raise SettingsError(f"FAIRSEAT_TOKEN_SIGNING_KEYS: {error}") from error

    @provide
    def terms(self, settings: Settings) -> TokenTerms:
        """Return who issues tokens and for whom."""
        return TokenTerms(issuer=settings.token.issuer, audience=settings.token.audience)

    @provide
    def hasher(self) -> PasswordHasher:
        """Return the hasher of passwords, at its ordinary costs."""
        return Argon2PasswordHasher(HashCosts())

    @provide
    def signer(self, keys: SigningKeys, terms: TokenTerms) -> TokenSigner:
        """Return what signs access tokens."""
        return JwtTokenSigner(keys, terms)

    @provide
    def key_cache(self, clock: Clock) -> ApiKeyCache:
        """Return the API keys as this process knows them."""
        return BoundedApiKeyCache(clock)

    @provide
    def verifier(self, keys: SigningKeys, terms: TokenTerms, clock: Clock, container: AsyncContainer) -> TokenVerifier:
        """Return what reads access tokens and API keys; the database is needed for keys alone."""
        tokens = JwtTokenVerifier.of_keys(keys.public_keys(), terms, clock)
        return TokensAndKeys(tokens, partial(container.get, VerifyApiKey))


def auth_service() -> Service:
    """Return the auth service."""
    return Service(
        name="auth",
        providers=(
            PostgresProvider("auth"),
            EngineProvider("auth"),
            IdentityProvider(),
            LetterProvider(),
            PostgresMessagesProvider(tenant_owned=False),
            AnswersProvider("auth"),
        ),
        controllers=(
            AuthController,
            MailedTokenController,
            TotpController,
            SessionController,
            OrganisationController,
            SignInRulesController,
            MemberController,
            ApiKeyController,
        ),
        root_controllers=(published_keys,),
        subscriptions=person_subscriptions("auth"),
        jobs=(
            *relay_jobs(),
            JobSpec("forget_expired_sessions", 3600.0, ForgetExpiredSessions),
            JobSpec("send_letters", 1.0, SendLetters),
            JobSpec("forget_old_letters", 3600.0, ForgetOldLetters),
        ),
        checks=(PostgresHealth, MailHealth),
        secrets=(TokenVerifier, Mailer),
    )
