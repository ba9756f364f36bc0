"""What the figures were taken on."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import asyncpg

_SETTINGS = ("fsync", "synchronous_commit", "full_page_writes", "shared_buffers")


async def machine_facts(admin_url: str) -> dict[str, str]:
    """Return facts of this machine and of the PostgreSQL server, by name."""
    connection = await asyncpg.connect(admin_url)
    try:
        postgres = str(await connection.fetchval("show server_version"))
        settings = [f"{name}={await connection.fetchval(f'show {name}')}" for name in _SETTINGS]
    finally:
        await connection.close()
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": f"{os.process_cpu_count()} cores, {_processor()}, {platform.system()} {platform.release()}",
        "load before": " ".join(f"{load:.1f}" for load in os.getloadavg()) + " (1, 5, 15 minutes)",
        "Python": f"{platform.python_version()}, asyncpg {version('asyncpg')}, uvloop {version('uvloop')}, "
        f"uvicorn {version('uvicorn')}, Litestar {version('litestar')}",
        "PostgreSQL": f"{postgres}, {', '.join(settings)}",
    }


def _processor() -> str:
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return names[0] if names else platform.machine()
