"""Embedded servers keep their data and their ports, and listen on the loopback address only."""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import aio_pika
import asyncpg
import pymongo
import pytest

from adapters.embedded.errors import EmbeddedServerError
from adapters.embedded.mongo import EmbeddedMongo
from adapters.embedded.rabbitmq import GIVEN_URL_VARIABLE, EmbeddedRabbit
from adapters.embedded.rabbitmq_programs import find_rabbitmq
from adapters.embedded.readiness import free_port, port_is_free, wait_until
from adapters.embedded.server import EmbeddedServer
from adapters.embedded.valkey import EmbeddedValkey
from tests.embedded_world import execute, make_postgres, put_word, word_in
from tests.quick_folders import quick_folder

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the embedded servers are for Linux")


@pytest.fixture
def folder() -> Iterator[Path]:
    with quick_folder() as path:
        yield path


def put_document(server: EmbeddedMongo, name: str) -> None:
    with pymongo.MongoClient[dict[str, str]](server.url) as client:
        client["shop"]["names"].insert_one({"name": name})


def documents_in(server: EmbeddedMongo) -> list[str]:
    with pymongo.MongoClient[dict[str, str]](server.url) as client:
        return [document["name"] for document in client["shop"]["names"].find()]


def kill(server: EmbeddedServer) -> None:
    os.kill(server.pid, signal.SIGKILL)
    assert wait_until(lambda: not server.running, timeout_s=5)


def listeners_of(port: int) -> set[str]:
    """Return the addresses, as the kernel writes them, on which anything listens on this port."""
    found: set[str] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text("ascii").splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            address, _, number = local.partition(":")
            if state == "0A" and int(number, 16) == port:
                found.add(address)
    return found


# ---- data, ports and addresses


async def test_postgres_keeps_its_data_and_its_port(folder: Path) -> None:
    server = make_postgres(folder)
    half_made = folder / "data.unfinished"
    half_made.mkdir()
    (half_made / "PG_VERSION").write_text("interrupted")
    with server:
        first_url = server.url
        await execute(server, "create table kept as select 7 as number")
        assert listeners_of(server.port) == {"0100007F"}
        assert await execute(server, "show password_encryption") == "scram-sha-256"
        wrong = server.url.replace("not%2Fa", "wrong")
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(wrong)
    with make_postgres(folder) as again:
        assert again.url == first_url
        assert await execute(again, "select number from kept") == 7


async def test_postgres_recovers_after_its_server_was_killed(folder: Path) -> None:
    with make_postgres(folder) as server:
        await execute(server, "create table kept as select 7 as number")
        kill(server)
        with pytest.raises(ConnectionRefusedError):
            await asyncpg.connect(server.url)
        server.stop()
        server.start()
        assert await execute(server, "select number from kept") == 7


def test_valkey_keeps_its_data_over_a_restart_and_a_kill(folder: Path) -> None:
    with EmbeddedValkey(folder) as server:
        first_url = server.url
        assert listeners_of(server.port) == {"0100007F"}
        put_word(server, "restart")
        server.stop()
        server.start()
        assert server.url == first_url
        assert word_in(server) == "restart"
        put_word(server, "kill")
        kill(server)
        server.start()
        assert word_in(server) == "kill"


def test_valkey_that_is_not_durable_forgets(folder: Path) -> None:
    with EmbeddedValkey(folder, durable=False) as server:
        put_word(server, "gone")
    with server:
        assert word_in(server) is None


def test_mongo_keeps_its_data_over_a_restart_and_a_kill(folder: Path) -> None:
    with EmbeddedMongo(folder) as server:
        first_url = server.url
        assert listeners_of(server.port) == {"0100007F"}
        put_document(server, "restart")
        server.stop()
        server.start()
        assert server.url == first_url
        put_document(server, "kill")
        kill(server)
        server.start()
        assert sorted(documents_in(server)) == ["kill", "restart"]


def test_mongo_in_memory_leaves_no_folder() -> None:
    with EmbeddedMongo(None) as server:
        put_document(server, "gone")
        assert documents_in(server) == ["gone"]
    assert not server._folder.exists()


def test_a_port_that_was_taken_meanwhile_is_replaced(folder: Path) -> None:
    with EmbeddedValkey(folder) as server:
        first_port = server.port
    with socket.create_server(("127.0.0.1", first_port)), EmbeddedValkey(folder) as again:
        assert again.port != first_port
        assert not port_is_free(again.port)


def test_a_port_that_was_asked_for_is_used_or_refused(folder: Path) -> None:
    port = free_port()
    with EmbeddedValkey(folder / "one", port) as server:
        assert server.port == port
        with pytest.raises(EmbeddedServerError, match="Address already in use"):
            EmbeddedValkey(folder / "two", port).start()


# ---- RabbitMQ


@pytest.mark.rabbitmq
async def test_rabbitmq_takes_a_message_and_gives_it_back(folder: Path) -> None:
    if GIVEN_URL_VARIABLE not in os.environ:
        try:
            find_rabbitmq()
        except EmbeddedServerError as error:
            pytest.skip(str(error))
    with EmbeddedRabbit(None, folder) as server:
        async with await aio_pika.connect(server.url) as connection:
            channel = await connection.channel(publisher_confirms=True)
            queue = await channel.declare_queue(exclusive=True)
            await channel.default_exchange.publish(aio_pika.Message(b"a seat"), routing_key=queue.name, mandatory=True)
            message = await queue.get(timeout=5)
            assert message.body == b"a seat"
            await message.ack()
