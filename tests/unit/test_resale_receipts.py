"""Receipts: one spelling, checked offline, and not to be altered by a byte."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from uuid_utils.compat import uuid7

from adapters.memory.clock import MemoryClock
from adapters.memory.receipt_keys import MemoryReceiptKeys
from adapters.system.ids import Uuid7Source
from adapters.system.pass_signing import SealedPassSigner
from adapters.system.receipt_signing import Ed25519ReceiptVerifier, SealedReceiptSigner
from core.resale.policies.policy import Channel, ResalePolicy
from core.resale.receipts.canonical import Json, canonical_json, hash_of
from core.resale.receipts.grounds import document_of, grounds_of
from core.resale.receipts.receipt import ExternalSubject, PassSubject, Receipt, SignedReceipt
from core.resale.receipts.receipt_errors import InvalidKeySetError, InvalidReceiptError
from core.resale.receipts.receipt_key import ReceiptKey, jwk_of, public_keys_of, receipt_key_id
from core.shared.ids import PassId, TenantId, TicketId, VerdictId
from ports.resale.receipts import ReceiptKeySealError, ReceiptKeyStore
from ports.stores import StoreUnavailableError
from tests.resale_builders import NOON, SECRET, TENANT, denied, resale_facts, usd
from usecases.resale.receipt_keys import KEPT_FOR, ReceiptKeys
from usecases.resale.sign_receipt import SignReceipt
from usecases.resale.verify_receipt import VerifyReceipt

SIGNER = SealedReceiptSigner(SECRET)
KEY = SIGNER.new_key(at=NOON)
KEYS = {KEY.key_id: KEY.public_key}
verify = VerifyReceipt(Ed25519ReceiptVerifier())


def receipt(**changes: Any) -> Receipt:
    facts = resale_facts()
    made = Receipt.of(
        denied(),
        verdict_id=VerdictId(uuid7()),
        tenant_id=TENANT,
        issued_at=NOON + timedelta(microseconds=1),
        subject=PassSubject(PassId(uuid7())),
        price=facts.price,
        facts_hash=hash_of(grounds_of(facts, (), as_of=NOON)),
        key_id=KEY.key_id,
    )
    return replace(made, **changes)


def signed(found: Receipt, key: ReceiptKey = KEY) -> bytes:
    return SignedReceipt(found, SIGNER.sign(key, found.signed_bytes)).to_json().encode()


TEXT = signed(receipt())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"subject": ExternalSubject("row 3, “seat 4”")},
        {"subject": ExternalSubject(None), "price_max": None, "allowed": True, "reason_codes": (), "bound_by": ()},
    ],
    ids=["pass", "external", "nothing in the way"],
)
def test_a_receipt_says_what_was_decided(changes: dict[str, Any]) -> None:
    made = receipt(**changes)

    assert verify(signed(made), KEYS) == made


def test_a_receipt_names_the_rules_that_decided_and_no_others() -> None:
    outcome = json.loads(TEXT)["outcome"]

    assert outcome == {
        "allowed": False,
        "maxPrice": {"amount": 11_000, "currency": "USD"},
        "reasons": ["resale.price_too_high"],
        "boundBy": [{"id": "us-me", "version": 2}],
    }


def is_believed(text: bytes) -> bool:
    try:
        verify(text, KEYS)
    except InvalidReceiptError:
        return False
    return True


def test_a_change_of_any_one_bit_is_noticed() -> None:
    altered = bytearray(TEXT)
    for position in range(len(TEXT)):
        for bit in range(8):
            altered[position] ^= 1 << bit
            assert not is_believed(bytes(altered)), (position, bit)
            altered[position] ^= 1 << bit
    assert is_believed(bytes(altered))


def test_a_byte_that_is_left_out_is_noticed() -> None:
    assert [p for p in range(len(TEXT)) if is_believed(TEXT[:p] + TEXT[p + 1 :])] == []


def test_a_receipt_may_be_indented_and_sorted_otherwise_on_its_way() -> None:
    members = json.loads(TEXT)
    otherwise = json.dumps(dict(reversed(members.items())), indent=2).encode()

    assert verify(otherwise, KEYS) == verify(TEXT, KEYS)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        b"\xff",
        b"[" * 60_000,
        b'{"receiptVersion":' * 3_000,
        b" " * 65_536 + TEXT,
        TEXT[:-1] + b',"more":1}',
        TEXT[:-1] + b',"keyId":"another"}',
        TEXT.replace(b'"amount":12000', b'"amount":12000.0'),
        TEXT.replace(b'"amount":12000', b'"amount":NaN'),
        TEXT.replace(b'"receiptVersion":1', b'"receiptVersion":2'),
        TEXT.replace(b'"receiptVersion":1', b'"receiptVersion":true'),
        TEXT.replace(b'"allowed":false', b'"allowed":0'),
        TEXT.replace(b'"USD"', b'"XXX"'),
        TEXT.replace(b'"outcome":{', b'"outcome":[{').replace(b'},"price"', b'}],"price"'),
    ],
    ids=lambda text: repr(text[:20]) + str(len(text)),
)
def test_what_is_no_receipt_is_refused_and_never_more(text: bytes) -> None:
    with pytest.raises(InvalidReceiptError):
        verify(text, KEYS)


def test_a_receipt_that_names_our_key_but_was_signed_with_another_is_refused() -> None:
    other = SIGNER.new_key(at=NOON)

    with pytest.raises(InvalidReceiptError, match="somebody else"):
        verify(signed(receipt(), other), KEYS)
    with pytest.raises(InvalidReceiptError, match="None of the keys"):
        verify(signed(receipt(key_id=other.key_id), other), KEYS)


def test_a_signature_over_the_bare_document_does_not_count() -> None:
    made = receipt()
    bare = SignedReceipt(made, SIGNER.sign(KEY, canonical_json(made.document())))

    with pytest.raises(InvalidReceiptError):
        verify(bare.to_json().encode(), KEYS)


def test_facts_are_hashed_to_the_last_member() -> None:
    hashes = {
        hash_of(grounds_of(facts, policy, as_of=at))
        for facts, policy, at in (
            (resale_facts(), (), NOON),
            (resale_facts(usd(12_001)), (), NOON),
            (resale_facts(transfer_count=2), (), NOON),
            (resale_facts(transfer_count=None), (), NOON),
            (resale_facts(known={}), (), NOON),
            (resale_facts(buyer_place=None), (), NOON),
            (resale_facts(), (ResalePolicy(transfers_max=1),), NOON),
            (resale_facts(), (), NOON + timedelta(microseconds=1)),
        )
    }

    assert len(hashes) == 8
    assert hash_of(grounds_of(resale_facts(), (), as_of=NOON)) in hashes


def test_a_set_of_a_policy_is_spelt_in_one_order() -> None:
    channels = [frozenset(order) for order in (list(Channel), list(reversed(Channel)))]

    first, second = (
        document_of(ResalePolicy(approved_channels=each, listing_cutoff=timedelta(hours=2))) for each in channels
    )

    assert first == second
    assert isinstance(first, dict) and first["listingCutoff"] == "PT7200S"


@pytest.mark.parametrize("value", [1.5, b"bytes", object(), [0.1]])
def test_what_has_no_spelling_of_its_own_cannot_be_evidence(value: object) -> None:
    with pytest.raises(TypeError):
        document_of(value)


@pytest.mark.parametrize(
    ("document", "spelling"),
    [
        ({"b": 1, "a": [True, None, "ü"]}, '{"a":[true,null,"ü"],"b":1}'),
        ({"\ufb33": 0, "\U0001f600": 1, "ö": 2}, '{"ö":2,"\U0001f600":1,"\ufb33":0}'),
        ("\u20ac$\u000f\nA'B\"\\/", '"\u20ac$\\u000f\\nA\'B\\"\\\\/"'),
    ],
    ids=["sorted", "by UTF-16, as RFC 8785 wants it", "escapes of RFC 8785"],
)
def test_a_document_has_one_spelling(document: Json, spelling: str) -> None:
    assert canonical_json(document) == spelling.encode()


def test_a_key_is_named_by_its_thumbprint() -> None:
    # The key and the thumbprint of RFC 8037, appendix A.3.
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")

    assert receipt_key_id(public) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_a_sealed_key_opens_only_under_its_secret_purpose_and_public_half() -> None:
    other = SIGNER.new_key(at=NOON)
    ticket_id = TicketId(uuid4())
    of_pass = SealedPassSigner(SECRET).new_key(TENANT, ticket_id, at=NOON)

    assert len(SIGNER.sign(KEY, b"")) == 64
    for signer, key in (
        (SealedReceiptSigner(b"another secret of the same length"), KEY),
        (SIGNER, replace(KEY, sealed_private_key=other.sealed_private_key)),
        (SIGNER, replace(KEY, sealed_private_key=KEY.sealed_private_key[:5])),
        (SIGNER, replace(KEY, public_key=of_pass.public_key, sealed_private_key=of_pass.sealed_private_key)),
    ):
        with pytest.raises(ReceiptKeySealError, match="FAIRSEAT_PASSES_KEY_SECRET"):
            signer.sign(key, b"")


def test_a_key_set_is_read_back_and_other_kinds_of_keys_are_passed_over() -> None:
    others = [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}, {"kty": "OKP", "crv": "X25519", "x": "AAAA"}]
    text = json.dumps({"keys": [*others, {**jwk_of(KEY.public_key), "kid": "a name of its own choice"}]})

    assert public_keys_of(text.encode()) == KEYS


@pytest.mark.parametrize(
    "text", [b"", b"[]", b'{"keys":1}', b'{"keys":[1]}', b'{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AAAA"}]}']
)
def test_what_is_no_key_set_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidKeySetError):
        public_keys_of(text)


class ClosedStore(ReceiptKeyStore):
    """A store that cannot be reached."""

    async def all(self) -> Sequence[ReceiptKey]:
        raise StoreUnavailableError("away")

    async def add_first(self, key: ReceiptKey) -> None:
        raise StoreUnavailableError("away")

    async def add(self, key: ReceiptKey) -> None:
        raise StoreUnavailableError("away")


async def sign(keys: ReceiptKeys, clock: MemoryClock) -> SignedReceipt:
    signing = SignReceipt(keys, SIGNER, clock, Uuid7Source())
    return await signing(
        denied(), tenant_id=TenantId(uuid4()), subject=ExternalSubject(None), price=usd(12_000), facts_hash="0" * 64
    )


async def test_the_first_key_is_made_at_first_use_and_two_processes_agree_on_it() -> None:
    clock, store = MemoryClock(NOON), MemoryReceiptKeys()
    one, two = (ReceiptKeys(store, SIGNER, clock) for _ in range(2))

    assert (await one.current()).key_id == (await two.current()).key_id
    assert len(await one.published()) == 1


async def test_receipts_of_a_rotated_key_are_believed_for_good() -> None:
    clock, store = MemoryClock(NOON), MemoryReceiptKeys()
    keys = ReceiptKeys(store, SIGNER, clock)
    before = await sign(keys, clock)
    clock.move(seconds=86_400)
    await keys.rotate()
    after = await sign(keys, clock)

    assert before.receipt.key_id != after.receipt.key_id
    assert [key.key_id for key in await keys.published()] == [after.receipt.key_id, before.receipt.key_id]
    for each in (before, after):
        assert verify(each.to_json().encode(), await keys.by_id()) == each.receipt


async def test_another_process_signs_with_the_new_key_a_minute_later_and_never_waits_for_it() -> None:
    clock, store = MemoryClock(NOON), MemoryReceiptKeys()
    here, there = (ReceiptKeys(store, SIGNER, clock) for _ in range(2))
    old = (await there.current()).key_id
    clock.move(seconds=1)
    new = (await here.rotate()).key_id

    clock.move(seconds=KEPT_FOR.total_seconds() - 2)
    assert (await there.current()).key_id == old
    await there.settled()
    assert (await there.current()).key_id == old
    clock.move(seconds=1)
    assert (await there.current()).key_id == old  # being read beside it
    await there.settled()
    assert (await there.current()).key_id == new


async def test_keys_at_hand_go_on_signing_while_the_store_is_away() -> None:
    clock, store = MemoryClock(NOON), MemoryReceiptKeys()
    keys = ReceiptKeys(store, SIGNER, clock)
    known = await keys.current()
    keys._store = ClosedStore()

    clock.move(seconds=KEPT_FOR.total_seconds())
    assert await keys.current() == known
    await keys.settled()
    assert await keys.current() == known
    with pytest.raises(StoreUnavailableError):
        await ReceiptKeys(ClosedStore(), SIGNER, clock).current()
