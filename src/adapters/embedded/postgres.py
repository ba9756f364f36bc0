"""A PostgreSQL server of our own."""

import os
import shutil
import signal
import subprocess
import tempfile
import weakref
from pathlib import Path
from typing import override
from urllib.parse import quote

from adapters.embedded.errors import EmbeddedServerError
from adapters.embedded.postgres_programs import PostgresPrograms, find_postgres
from adapters.embedded.processes import Account, command_line
from adapters.embedded.readiness import LOOPBACK
from adapters.embedded.server import EmbeddedServer

_SUPERUSER = "postgres"
_INITDB_TIMEOUT_S = 60
_START_TIMEOUT_S = 60.0  # recovery after a crash is part of the start
_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
# Root's data lies here when the account that runs the server cannot enter the folder that was asked for.
_DATA_FOLDER_OF_ROOT = Path("/var/lib/fairseat")
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # their paths may not be longer than 107 bytes, and nobody needs them
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_worker_processes": "4",
    "max_parallel_workers": "2",
    "max_parallel_workers_per_gather": "0",
    "max_wal_size": "1GB",  # the more often there is a checkpoint, the more pages are logged whole
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_min_messages": "warning",
}
# Commits still reach the kernel at once (synchronous_commit), so that a kill of the server loses nothing. What tests
# write may lie in memory, so less of the log is kept.
_SETTINGS_WITHOUT_DURABILITY = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "512MB"}


class EmbeddedPostgres(EmbeddedServer):
    """PostgreSQL, with a superuser `postgres` who signs in by password (SCRAM-SHA-256).

    With `durable=False` a crash of the machine loses data, and everything is quicker: for tests. The password counts
    when the data is made, at the first start; later starts must give the same one.
    """

    def __init__(self, folder: Path, *, port: int | None = None, durable: bool = True, password: str) -> None:
        # SIGTERM would wait for every client to leave; SIGINT ends their sessions.
        super().__init__("PostgreSQL", folder, port=port, program="postgres", stop_signal=signal.SIGINT)
        self._durable = durable
        self._password = password

    @property
    @override
    def url(self) -> str:
        """The address of the database `postgres`, as the superuser, with its password."""
        return self.admin_url(_SUPERUSER)

    def admin_url(self, database: str) -> str:
        """Return the address of a database, as the superuser, with its password."""
        return f"postgresql://{_SUPERUSER}:{quote(self._password, safe='')}@{LOOPBACK}:{self.port}/{quote(database)}"

    @override
    def _launch(self) -> None:
        programs = find_postgres()
        data = self._data(programs)
        _forget_dead_server(data)
        self._process.start(
            self._command(programs, data), folder=data, environment=_ENVIRONMENT, account=programs.account
        )
        self._process.wait_until_ready(lambda: _is_ready(data, self.pid), timeout_s=_START_TIMEOUT_S)

    def _command(self, programs: PostgresPrograms, data: Path) -> list[str]:
        # The cluster's name stands in the title of every process of this server: that is how we know it again.
        settings = _SETTINGS | {"port": str(self.port), "cluster_name": self._mark.word}
        if not self._durable:
            settings |= _SETTINGS_WITHOUT_DURABILITY
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [str(programs.folder / "postgres"), "-D", str(data), *options]

    def _data(self, programs: PostgresPrograms) -> Path:
        """Return the data folder, made now if there is none; raise when another major version made it."""
        data = self._folder / "data"
        if not data.exists():
            self._make_data(programs, data)
        made_by = (data / "PG_VERSION").read_text("ascii").strip()
        if made_by != str(programs.version):
            message = f"{data} was made by PostgreSQL {made_by}, but PostgreSQL {programs.version} is installed"
            raise EmbeddedServerError(message)
        return data.resolve()

    def _make_data(self, programs: PostgresPrograms, data: Path) -> None:
        """Make the data beside its place and move it there when complete, so that half-made data is never started."""
        if data.is_symlink():
            data.unlink()  # it led to data that is gone
        home = self._home_of_data(programs)
        unfinished = home / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        password_file = unfinished.with_name("password.unfinished")
        password_file.unlink(missing_ok=True)
        password_file.touch(mode=0o600)
        password_file.write_text(f"{self._password}\n", "utf-8")
        if programs.account:
            os.chown(unfinished, programs.account.uid, programs.account.gid)
            os.chown(password_file, programs.account.uid, programs.account.gid)
        try:
            self._run_initdb(programs, unfinished, password_file)
        finally:
            password_file.unlink()
        made = unfinished.rename(home / "data")
        if made != data:
            data.symlink_to(made)

    def _home_of_data(self, programs: PostgresPrograms) -> Path:
        """Return our folder, or another one when the server's account may not enter ours.

        Data that is not durable then goes with this object: the tests of root would fill the disk.
        """
        if programs.account is None or _may_enter(self._folder, programs.account):
            return self._folder
        parent = _DATA_FOLDER_OF_ROOT if self._durable else Path(tempfile.gettempdir())
        if not parent.exists():
            parent.mkdir(parents=True)
            parent.chmod(0o711)
        home = Path(tempfile.mkdtemp(dir=parent, prefix="fairseat-postgres-"))
        home.chmod(0o711)
        if not self._durable:
            weakref.finalize(self, shutil.rmtree, home, ignore_errors=True)
        return home

    def _run_initdb(self, programs: PostgresPrograms, data: Path, password_file: Path) -> None:
        command = [str(programs.folder / "initdb"), "-D", str(data), "-U", _SUPERUSER, "--pwfile", str(password_file)]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"]
        if not self._durable:
            command.append("--no-sync")
        made = subprocess.run(
            command,
            cwd=data,
            env=_ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=_INITDB_TIMEOUT_S,
            check=False,
            user=programs.account.uid if programs.account else None,
            group=programs.account.gid if programs.account else None,
            extra_groups=[] if programs.account else None,
        )
        if made.returncode:
            message = f"initdb failed: {made.stdout[-1_000:]}{made.stderr[-1_000:]}"
            raise EmbeddedServerError(message)


def _may_enter(folder: Path, account: Account) -> bool:
    entered = subprocess.run(
        ["/bin/sh", "-c", 'test -x "$0"', folder],
        cwd="/",
        check=False,
        user=account.uid,
        group=account.gid,
        extra_groups=[],
    )
    return entered.returncode == 0


def _forget_dead_server(data: Path) -> None:
    """Remove the lock file of a server that is gone.

    PostgreSQL would refuse to start when the id in it meanwhile belongs to any other process of the same user. No
    server of ours is alive here; a server that somebody else started on this data keeps its file, and PostgreSQL
    itself then says so.
    """
    lock_file = data / "postmaster.pid"
    if not lock_file.exists():
        return
    first_line = lock_file.read_text("utf-8", "replace").partition("\n")[0].strip()
    words = command_line(int(first_line)) if first_line.isdecimal() else []
    if not (words and words[0].endswith("postgres") and str(data) in words):
        lock_file.unlink()


def _is_ready(data: Path, pid: int) -> bool:
    try:
        lines = (data / "postmaster.pid").read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"
