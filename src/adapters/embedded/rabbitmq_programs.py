"""Where RabbitMQ's programs come from: it has no wheel, so they are installed, or unpacked from Debian packages."""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.embedded.errors import EmbeddedServerError
from adapters.embedded.readiness import wait_until

_PACKAGE = "rabbitmq-server"
_WANTED_PACKAGE = re.compile(rf"^(?:{_PACKAGE}|erlang-[a-z0-9-]+)$")
_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
_ERLANG = "usr/lib/erlang"
_SERVER = "lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server"
_STEP_TIMEOUT_S = 150
_LOCK_TIMEOUT_S = 400.0  # longer than all steps of the process that unpacks together take on a slow line
_NETWORK = ("-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=15", "-o", "Acquire::https::Timeout=15")


@dataclass(frozen=True, slots=True)
class RabbitPrograms:
    """The start script, and the PATH on which it and we find `erl` and `epmd`."""

    server: Path
    path: str


def find_rabbitmq(root: Path | None = None) -> RabbitPrograms:
    """Return the programs below `root`, or else those of the system, or else those of unpacked Debian packages.

    Nothing is installed: the packages come by way of the system's own `apt-get`, which checks their signatures, and
    are unpacked into the user's cache folder, once. Raises `EmbeddedServerError` with the reason when none are had.
    """
    if root is not None:
        return _unpacked(root)
    return _installed() or _unpacked(_fetched(_cache_folder()))


def _installed() -> RabbitPrograms | None:
    # Debian's command on PATH changes to a system user, which needs root; the script behind it does not.
    found = shutil.which("rabbitmq-server", path=f"{os.environ.get('PATH', '')}:{_SYSTEM_PATH}")
    if found is None:
        return None
    behind = sorted(Path("/usr").glob(_SERVER))
    path = f"{os.environ.get('PATH', '')}:{_SYSTEM_PATH}"
    return RabbitPrograms(behind[-1] if behind else Path(found).resolve(), path)


def _unpacked(root: Path) -> RabbitPrograms:
    servers = sorted((root / "usr").glob(_SERVER))
    if not servers:
        message = f"no rabbitmq-server below {root}"
        raise EmbeddedServerError(message)
    return RabbitPrograms(servers[-1], f"{root / _ERLANG / 'bin'}:{_SYSTEM_PATH}")


def _cache_folder() -> Path:
    caches = os.environ.get("XDG_CACHE_HOME")
    return (Path(caches) if caches else Path.home() / ".cache") / "fairseat" / "rabbitmq"


def _fetched(cache: Path) -> Path:
    """Return the unpacked tree in the cache folder, fetched now if it is not there."""
    tree = cache / "tree"
    if tree.is_dir():
        return tree
    if not all(shutil.which(program) for program in ("apt-get", "apt-cache", "dpkg")):
        message = "no RabbitMQ: give FAIRSEAT_TEST_RABBITMQ_URL, or install rabbitmq-server (this is not Debian)"
        raise EmbeddedServerError(message)
    cache.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(cache / "lock"):
        if not tree.is_dir():
            with tempfile.TemporaryDirectory(dir=cache, prefix="unfinished-") as name:
                _unpack_packages(Path(name), private_lists=cache / "apt", destination=tree)
    return tree


@contextmanager
def _one_at_a_time(lock_file: Path) -> Generator[None]:
    with lock_file.open("w") as lock:

        def taken() -> bool:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        if not wait_until(taken, timeout_s=_LOCK_TIMEOUT_S):
            message = f"another process has been fetching RabbitMQ for too long; {lock_file} is its lock"
            raise EmbeddedServerError(message)
        yield


def _unpack_packages(folder: Path, *, private_lists: Path, destination: Path) -> None:
    packages = folder / "packages"
    unpacked = folder / "tree"
    packages.mkdir()
    try:
        _download(packages, options=())
    except EmbeddedServerError:
        # The system's lists of packages are missing (as in a fresh container) or old. The system stays as it is:
        # lists of our own need no root.
        options = _private_lists(private_lists)
        _run(["apt-get", *_NETWORK, *options, "update"], folder)
        _download(packages, options=options)
    for package in sorted(packages.glob("*.deb")):
        _run(["dpkg", "-x", str(package), str(unpacked)], folder)
    erl = unpacked / _ERLANG / "bin" / "erl"
    # The script holds the place where the package would have been installed.
    erl.write_text(erl.read_text("utf-8").replace(f"ROOTDIR=/{_ERLANG}", f'ROOTDIR="{destination / _ERLANG}"'), "utf-8")
    unpacked.rename(destination)


def _private_lists(folder: Path) -> list[str]:
    (folder / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    (folder / "cache" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    options = ["-o", f"Dir::State::lists={folder / 'lists'}", "-o", f"Dir::Cache={folder / 'cache'}"]
    # As root, apt would fetch as a user of its own, who may not enter a cache folder in root's home.
    return [*options, "-o", "APT::Sandbox::User=root"] if os.geteuid() == 0 else options


def _download(packages: Path, *, options: Sequence[str]) -> None:
    kinds = ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")
    asked = ["apt-cache", *options, "depends", "--recurse", *(f"--no-{kind}" for kind in kinds), _PACKAGE]
    names = sorted({line for line in _run(asked, packages).splitlines() if _WANTED_PACKAGE.match(line)})
    if _PACKAGE not in names:
        message = f"apt knows no package {_PACKAGE}"
        raise EmbeddedServerError(message)
    _run(["apt-get", *_NETWORK, *options, "download", *names], packages)


def _run(command: Sequence[str], folder: Path) -> str:
    """Run a command in `folder` and return what it prints; raise when it fails or takes too long."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=os.environ | {"LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_STEP_TIMEOUT_S,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        message = f"RabbitMQ cannot be fetched: {command[0]} failed: {str(error.stderr).strip()[-500:]}"
        raise EmbeddedServerError(message) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"RabbitMQ cannot be fetched: {command[0]}: {error}"
        raise EmbeddedServerError(message) from error
    return done.stdout
