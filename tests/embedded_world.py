"""What the tests of the embedded servers share."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import asyncpg
import redis

from adapters.embedded.postgres import EmbeddedPostgres
from adapters.embedded.valkey import EmbeddedValkey

PASSWORD = "not/a:secret@all"
SOURCES = Path(__file__).parents[1] / "src"


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
