"""Folders for what servers of tests write: in memory where the machine has plenty, and gone when they are done with.

On a disk, the databases that tests make and drop by the thousand are half of their work. What the kill of a process
loses is the same in both places; only a crash of the machine would tell them apart.
"""

import atexit
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108 - what is made in it is nobody else's
_FREE_MIN_BYTES = 4 << 30
_PREFIX = "fairseat-tests-"


def make_quick_folder() -> Path:
    """Make a folder that nobody else has; whoever asked for it removes it.

    It lies below FAIRSEAT_TEST_SERVERS_FOLDER, if that is set. The account of root's PostgreSQL may enter it.
    """
    return _made_in(_of_this_process())


@contextmanager
def quick_folder() -> Iterator[Path]:
    """Give a folder for the length of the block."""
    folder = make_quick_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@cache
def _of_this_process() -> Path:
    """Make the folder of all folders, locked while this process lives; remove those of processes that were killed."""
    given = os.environ.get("FAIRSEAT_TEST_SERVERS_FOLDER")
    parent = Path(given) if given else _MEMORY if _memory_is_plenty() else Path(tempfile.gettempdir())
    with _locked(parent):
        for other in parent.glob(f"{_PREFIX}*"):
            with suppress(OSError), _locked(other, wait=False):  # somebody has it, if this raises
                shutil.rmtree(other, ignore_errors=True)
        folder = _made_in(parent)
        fcntl.flock(os.open(folder, os.O_RDONLY), fcntl.LOCK_EX)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _made_in(parent: Path) -> Path:
    folder = Path(tempfile.mkdtemp(dir=parent, prefix=_PREFIX))
    folder.chmod(0o711)
    return folder


@contextmanager
def _locked(folder: Path, *, wait: bool = True) -> Iterator[None]:
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(opened)


def _memory_is_plenty() -> bool:
    """Tell whether two workers have room: each has a gigabyte there at most, besides what it needs itself."""
    try:
        facts = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text("ascii").splitlines())
        available_bytes = int(facts["MemAvailable"].split()[0]) << 10
        return min(available_bytes, shutil.disk_usage(_MEMORY).free) >= _FREE_MIN_BYTES and os.access(_MEMORY, os.W_OK)
    except (OSError, KeyError):
        return False  # no Linux
