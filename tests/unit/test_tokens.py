"""Access tokens: what is signed is read back, and nothing else is."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from adapters.system.signing_keys import SigningKeys, key_id
from adapters.system.tokens import JwtTokenSigner, JwtTokenVerifier, TokenTerms
from core.identity.access import ACCESS_TTL, GUEST_TTL, AccessClaims, fan_access, guest_access, staff_access
from core.shared.callers import Role
from core.shared.ids import AccountId, TenantId
from ports.clock import Clock
from ports.published.identity import VerifiedToken
from ports.published.refusals import RefusedError

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TERMS = TokenTerms(issuer="https://fairseat.test", audience="fairseat")
ANN = AccountId(UUID(int=1))


class HandClock(Clock):
    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        return self.moment


class Stand:
    """A signer and a verifier over the same keys, and a clock set by hand."""

    def __init__(self, keys: SigningKeys | None = None) -> None:
        self.keys = keys or SigningKeys.generate()
        self.clock = HandClock()
        self.signer = JwtTokenSigner(self.keys, TERMS)
        self.verifier = JwtTokenVerifier.of_keys(self.keys.public_keys(), TERMS, self.clock)

    def forged(
        self,
        *,
        key: Any = None,
        algorithm: str = "EdDSA",
        headers: dict[str, Any] | None = None,
        without: str | None = None,
        **claims: Any,
    ) -> str:
        payload = {
            "iss": TERMS.issuer,
            "aud": TERMS.audience,
            "sub": str(ANN),
            "jti": str(uuid4()),
            "iat": int(NOW.timestamp()),
            "exp": int(NOW.timestamp()) + 900,
        } | claims
        if without:
            del payload[without]
        head = {"kid": key_id(self.keys.current.public_key()), "typ": "at+jwt"} | (headers or {})
        return jwt.encode(payload, key or self.keys.current, algorithm=algorithm, headers=head)

    async def refuses(self, token: str) -> None:
        with pytest.raises(RefusedError) as caught:
            await self.verifier.verify(token)
        assert caught.value.refusal_code == "identity.invalid_token"


@pytest.fixture
def stand() -> Stand:
    return Stand()


def fan() -> AccessClaims:
    return fan_access(token_id=uuid4(), account_id=ANN, now=NOW)


def part(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


async def test_a_fan_token_names_the_account_and_no_tenant(stand: Stand) -> None:
    token = await stand.signer.sign(fan())
    assert await stand.verifier.verify(token) == VerifiedToken(account_id=ANN, expires_at=NOW + ACCESS_TTL)


async def test_a_staff_token_names_the_tenant_and_the_role(stand: Stand) -> None:
    tenant = TenantId(uuid4())
    claims = staff_access(token_id=uuid4(), account_id=ANN, tenant_id=tenant, role=Role.MANAGER, now=NOW)
    read = await stand.verifier.verify(await stand.signer.sign(claims))
    wanted = VerifiedToken(account_id=ANN, tenant_id=tenant, role="manager", expires_at=NOW + ACCESS_TTL)
    assert read == wanted


async def test_a_guest_token_says_that_it_is_one(stand: Stand) -> None:
    token = await stand.signer.sign(guest_access(token_id=uuid4(), account_id=ANN, now=NOW))
    wanted = VerifiedToken(account_id=ANN, guest=True, expires_at=NOW + GUEST_TTL)
    assert await stand.verifier.verify(token) == wanted


async def test_the_forger_of_these_tests_makes_good_tokens_when_nothing_is_changed(stand: Stand) -> None:
    assert (await stand.verifier.verify(stand.forged())).account_id == ANN


async def test_a_token_ends_exactly_at_its_time(stand: Stand) -> None:
    token = await stand.signer.sign(fan())
    stand.clock.moment = NOW + timedelta(minutes=15) - timedelta(microseconds=1)
    assert (await stand.verifier.verify(token)).account_id == ANN
    stand.clock.moment = NOW + timedelta(minutes=15)
    await stand.refuses(token)


async def test_a_token_may_be_a_minute_ahead_of_our_clock_and_no_more(stand: Stand) -> None:
    token = await stand.signer.sign(fan())
    stand.clock.moment = NOW - timedelta(seconds=60)
    assert (await stand.verifier.verify(token)).account_id == ANN
    stand.clock.moment = NOW - timedelta(seconds=61)
    await stand.refuses(token)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.test"},
        {"aud": "another"},
        {"aud": ["fairseat", "another"]},
        {"exp": "soon"},
        {"exp": 10**30},
        {"exp": -(10**30)},
        {"sub": "ann"},
        {"jti": "1"},
        {"role": "owner"},
        {"tenant_id": str(uuid4())},
        {"tenant_id": str(uuid4()), "role": "king"},
        {"tenant_id": str(uuid4()), "role": "owner", "guest": True},
        {"guest": "yes"},
    ],
)
async def test_claims_that_were_not_agreed_are_refused(stand: Stand, claims: dict[str, Any]) -> None:
    await stand.refuses(stand.forged(**claims))


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "jti", "iat", "exp"])
async def test_each_claim_is_needed(stand: Stand, claim: str) -> None:
    await stand.refuses(stand.forged(without=claim))


async def test_a_token_signed_by_nobody_is_refused(stand: Stand) -> None:
    for algorithm in ("none", "None", "NONE"):
        body = jwt.decode(stand.forged(), options={"verify_signature": False})
        head = {"alg": algorithm, "typ": "at+jwt", "kid": key_id(stand.keys.current.public_key())}
        await stand.refuses(f"{part(head)}.{part(body)}.")


async def test_the_public_key_is_no_shared_secret(stand: Stand) -> None:
    public = stand.keys.current.public_key()
    body = jwt.decode(stand.forged(), options={"verify_signature": False})
    head = {"alg": "HS256", "typ": "at+jwt", "kid": key_id(public)}
    secrets = [
        public.public_bytes(Encoding.Raw, PublicFormat.Raw),
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    ]
    for secret in secrets:
        signed = f"{part(head)}.{part(body)}"
        signature = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
        await stand.refuses(f"{signed}.{part(signature)}")


async def test_a_key_that_the_token_brings_along_is_not_used(stand: Stand) -> None:
    mine = Ed25519PrivateKey.generate()
    jwk = json.loads(jwt.algorithms.OKPAlgorithm.to_jwk(mine.public_key()))
    await stand.refuses(stand.forged(key=mine, headers={"jwk": jwk}))
    await stand.refuses(stand.forged(key=mine, headers={"jwk": jwk, "kid": key_id(mine.public_key())}))
    await stand.refuses(stand.forged(key=mine))


@pytest.mark.parametrize("headers", [{"kid": "unknown"}, {"kid": ""}, {"typ": "JWT"}, {"typ": None}])
async def test_another_key_id_or_type_is_refused(stand: Stand, headers: dict[str, Any]) -> None:
    await stand.refuses(stand.forged(headers=headers))


async def test_an_altered_token_is_refused(stand: Stand) -> None:
    head, body, signature = (await stand.signer.sign(fan())).split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    await stand.refuses(f"{head}.{part(claims | {'exp': claims['exp'] + 1})}.{signature}")
    await stand.refuses(f"{head}.{body}.{'A' * len(signature)}")
    await stand.refuses(f"{head}.{body}.")


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "a.b.c", "\x00", "é.é.é", "\ud800.a.b", "A" * 5000, part(b"[" * 3000) + ".e30.AA", "fsk_123"],
)
async def test_what_is_no_token_is_refused(stand: Stand, token: str) -> None:
    await stand.refuses(token)


async def test_after_a_rotation_the_previous_key_still_verifies_and_the_new_one_signs() -> None:
    before = Stand()
    old = await before.signer.sign(fan())
    after = Stand(before.keys.rotated())
    assert (await after.verifier.verify(old)).account_id == ANN
    new = await after.signer.sign(fan())
    assert jwt.get_unverified_header(new)["kid"] == key_id(after.keys.current.public_key())
    assert jwt.get_unverified_header(new)["kid"] != jwt.get_unverified_header(old)["kid"]


async def test_after_two_rotations_the_first_key_is_gone() -> None:
    before = Stand()
    old = await before.signer.sign(fan())
    await Stand(before.keys.rotated().rotated()).refuses(old)


async def test_the_published_keys_verify_what_was_signed(stand: Stand) -> None:
    document = msgspec.json.encode(stand.signer.published_keys())
    assert b'"d"' not in document
    (jwk,) = jwt.PyJWKSet.from_json(document.decode()).keys
    token = await stand.signer.sign(fan())
    assert jwk.key_id == jwt.get_unverified_header(token)["kid"]
    read = jwt.decode(
        token, jwk, algorithms=["EdDSA"], issuer=TERMS.issuer, audience=TERMS.audience, options={"verify_exp": False}
    )
    assert read["sub"] == str(ANN)


async def test_the_key_id_is_the_thumbprint_of_rfc_8037() -> None:
    # The example of RFC 8037, appendix A.3.
    x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    public = jwt.algorithms.OKPAlgorithm.from_jwk({"kty": "OKP", "crv": "Ed25519", "x": x})
    assert key_id(public) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"  # type: ignore[arg-type]  # PyJWT names a union


def test_a_tenant_without_a_role_cannot_be_claimed() -> None:
    with pytest.raises(ValueError, match="both"):
        replace(fan(), tenant_id=TenantId(uuid4()))
