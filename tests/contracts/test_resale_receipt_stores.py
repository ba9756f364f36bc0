"""What the stores of verdicts and of receipt keys promise, in memory and on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from adapters.memory.messaging import MemoryMessages
from adapters.memory.receipt_keys import MemoryReceiptKeys
from adapters.memory.resale import MemoryResaleTransactions
from adapters.postgres.pool import open_pool
from adapters.postgres.receipt_keys import PostgresReceiptKeys
from adapters.postgres.resale_transactions import PostgresResaleTransactions
from adapters.system.ids import Uuid7Source
from adapters.system.receipt_signing import Ed25519ReceiptVerifier, SealedReceiptSigner
from core.resale.receipts.canonical import canonical_json, hash_of
from core.resale.receipts.grounds import grounds_of
from core.resale.receipts.kept_verdict import KeptVerdict
from core.resale.receipts.receipt import ExternalSubject, PassSubject, Receipt, SignedReceipt, Subject
from core.shared.ids import PassId, TenantId, VerdictId
from ports.resale import ResaleTransactions
from ports.resale.receipts import ReceiptKeyStore
from tests.database_roles import act, refused
from tests.resale_builders import NOON, SECRET, TENANT, denied, resale_facts
from tests.servers import PostgresServer, connected
from usecases.resale.verify_receipt import VerifyReceipt

THEIRS = TenantId(UUID(int=0xB))
SIGNER = SealedReceiptSigner(SECRET)
KEY = SIGNER.new_key(at=NOON)


@dataclass
class Stores:
    resale: ResaleTransactions
    keys: ReceiptKeyStore


@pytest.fixture(params=["memory", "postgres"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    if request.param == "memory":
        yield Stores(MemoryResaleTransactions(MemoryMessages(ids=Uuid7Source())), MemoryReceiptKeys())
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    database = await server.fresh("venue_db")
    async with await open_pool(database.app_url, connections_max=4) as pool:
        yield Stores(PostgresResaleTransactions(pool, Uuid7Source()), PostgresReceiptKeys(pool))


def kept(subject: Subject) -> KeptVerdict:
    grounds = grounds_of(resale_facts(), (), as_of=NOON)
    receipt = Receipt.of(
        denied(),
        verdict_id=VerdictId(uuid7()),
        tenant_id=TENANT,
        issued_at=NOON + timedelta(microseconds=123_456),
        subject=subject,
        price=resale_facts().price,
        facts_hash=hash_of(grounds),
        key_id=KEY.key_id,
    )
    return KeptVerdict(SignedReceipt(receipt, SIGNER.sign(KEY, receipt.signed_bytes)), canonical_json(grounds).decode())


async def test_a_verdict_comes_back_to_the_byte_and_its_receipt_still_verifies(stores: Stores) -> None:
    of_pass, external = kept(PassSubject(PassId(uuid7()))), kept(ExternalSubject("row 3, “seat 4”"))
    async with stores.resale.begin(TENANT) as tx:
        await tx.verdicts.add(of_pass)
        await tx.verdicts.add(external)

    async with stores.resale.begin(TENANT) as tx:
        for verdict in (of_pass, external):
            found = await tx.verdicts.get(verdict.id)
            assert found == verdict
            text = found.receipt.to_json().encode()
            assert VerifyReceipt(Ed25519ReceiptVerifier())(text, {KEY.key_id: KEY.public_key}) == found.receipt.receipt
        assert await tx.verdicts.get(VerdictId(uuid7())) is None


async def test_the_verdicts_of_a_pass_come_newest_first_and_no_more_than_were_asked_for(stores: Stores) -> None:
    subject = PassSubject(PassId(uuid7()))
    made = [kept(subject) for _ in range(3)]
    async with stores.resale.begin(TENANT) as tx:
        for verdict in (*made, kept(PassSubject(PassId(uuid7()))), kept(ExternalSubject(None))):
            await tx.verdicts.add(verdict)

    async with stores.resale.begin(TENANT) as tx:
        assert list(await tx.verdicts.of_pass(subject.pass_id, verdicts_max=2)) == [made[2], made[1]]
        assert len(await tx.verdicts.of_pass(subject.pass_id, verdicts_max=9)) == 3


async def test_another_tenant_sees_no_verdict(stores: Stores) -> None:
    verdict = kept(PassSubject(PassId(uuid7())))
    async with stores.resale.begin(TENANT) as tx:
        await tx.verdicts.add(verdict)

    async with stores.resale.begin(THEIRS) as tx:
        assert await tx.verdicts.get(verdict.id) is None
        assert verdict.pass_id is not None
        assert list(await tx.verdicts.of_pass(verdict.pass_id, verdicts_max=9)) == []


def test_grounds_that_is_not_the_receipts_is_not_kept_with_it() -> None:
    verdict = kept(ExternalSubject(None))
    with pytest.raises(ValueError, match="other facts"):
        replace(verdict, grounds=verdict.grounds.replace("12000", "12001"))


async def test_the_newest_key_comes_first_and_none_is_forgotten(stores: Stores) -> None:
    first, second, third = (SIGNER.new_key(at=NOON + timedelta(microseconds=step)) for step in range(3))
    for key in (second, first, third):
        await stores.keys.add(key)

    assert list(await stores.keys.all()) == [third, second, first]


async def test_of_many_first_keys_at_once_one_stands(stores: Stores) -> None:
    async with asyncio.timeout(30):
        await asyncio.gather(*(stores.keys.add_first(SIGNER.new_key(at=NOON)) for _ in range(8)))

    assert len(await stores.keys.all()) == 1


async def test_neither_verdicts_nor_keys_can_be_changed_or_deleted(postgres: PostgresServer) -> None:
    database = await postgres.fresh("venue_db")
    async with connected(database.app_url) as app, app.transaction():
        await act(app, tenant=TENANT)
        for table, column in (("resale_verdicts", "receipt"), ("resale_receipt_keys", "key_id")):
            await refused(app, f"update {table} set {column} = ''")
            await refused(app, f"delete from {table}")
