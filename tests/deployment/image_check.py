"""`make image-check`: what the image holds, made without one: the wheel and the locked libraries, far from the sources.

Builds the wheel, installs it and nothing but the runtime requirements into a virtualenv of its own, and there asks for
help, the documents and the law, migrates every database of an embedded server twice, and serves until it is ready.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from urllib.request import urlopen
from zipfile import ZipFile

from adapters.embedded.mongo import EmbeddedMongo
from adapters.embedded.postgres import EmbeddedPostgres
from adapters.embedded.readiness import free_port
from adapters.embedded.valkey import EmbeddedValkey
from adapters.postgres.security import Roles
from adapters.system.signing_keys import SigningKeys
from bootstrap.settings import DATABASES

ROOT = Path(__file__).resolve().parents[2]
READY_TIMEOUT_S = 60.0
PASSWORD = "check-only"


def run(*command: str | Path, folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """Run a command that has to succeed, and return what it said."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=dict(environment) if environment is not None else None,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command[:6]))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def installed(folder: Path, uv: str) -> Path:
    """Build the wheel, look into it, install it, and return the folder of its programs."""
    wheels = folder / "wheels"
    run(uv, "build", "--quiet", "--wheel", "--python", sys.executable, "--out-dir", wheels, ROOT, folder=folder)
    (wheel,) = wheels.glob("*.whl")
    held = set(ZipFile(wheel).namelist())
    files = subprocess.run(["git", "ls-files", "-z", "src"], cwd=ROOT, capture_output=True, text=True, check=True)
    missing = {name.removeprefix("src/") for name in files.stdout.split("\0") if name} - held
    if missing:
        raise SystemExit(f"The wheel lacks {', '.join(sorted(missing))}.")
    home = folder / "venv"
    run(uv, "venv", "--quiet", "--python", sys.executable, home, folder=folder)
    into = (uv, "pip", "install", "--quiet", "--python", home / "bin/python")
    locked = ("--require-hashes", "--only-binary", ":all:", "--requirement", ROOT / "requirements/runtime.txt")
    run(*into, *locked, folder=folder)
    run(*into, "--no-deps", wheel, folder=folder)
    return home / "bin"


def servers(postgres: EmbeddedPostgres, valkey: EmbeddedValkey, mongo: EmbeddedMongo) -> dict[str, str]:
    """Return settings that name the servers, and no database that is there yet."""
    environment = {
        "PATH": os.defpath,
        "FAIRSEAT_REDIS_URL": valkey.url,
        "FAIRSEAT_TICKET_DATABASE_URL": mongo.url,
        "FAIRSEAT_CONTENT_DATABASE_URL": mongo.url,
        "FAIRSEAT_STRIPE_SECRET_KEY": "sk_test_check",
        "FAIRSEAT_TOKEN_SIGNING_KEYS": SigningKeys.generate().to_pem().decode(),
        "FAIRSEAT_PASSES_KEY_SECRET": "thirty-two bytes of no importance",
        "FAIRSEAT_MAIL_FOLDER": "mail",
    }
    admin = urlsplit(postgres.admin_url("postgres"))
    for name in DATABASES:
        roles, database = Roles.of(f"{name}_db"), f"/{name}_db"
        for suffix, user in (("URL", roles.app), ("RELAY_URL", roles.relay)):
            netloc = f"{user}:{PASSWORD}@{admin.hostname}:{admin.port}"
            environment[f"FAIRSEAT_{name.upper()}_DATABASE_{suffix}"] = urlunsplit(
                admin._replace(netloc=netloc, path=database)
            )
        environment[f"FAIRSEAT_{name.upper()}_DATABASE_ADMIN_URL"] = urlunsplit(admin._replace(path=database))
    return environment


def serves(program: Path, folder: Path, environment: Mapping[str, str]) -> None:
    """See the API become ready, and end in good order."""
    port = free_port()
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            [str(program), "serve", "--port", str(port)], cwd=folder, env=dict(environment), stdout=log, stderr=log
        )
    try:
        until = time.monotonic() + READY_TIMEOUT_S
        while True:
            try:
                with urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5) as answer:
                    assert answer.status == 200
                    break
            except OSError:
                if time.monotonic() > until or process.poll() is not None:
                    raise SystemExit((folder / "serve.log").read_text()) from None
                time.sleep(0.2)
    finally:
        process.terminate()
    if process.wait(30):
        raise SystemExit((folder / "serve.log").read_text())


def main(uv: str) -> None:
    """Check it, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="fairseat-image-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL of root runs as somebody else
        away = folder / "away"
        away.mkdir()
        fairseat = installed(folder, uv) / "fairseat"
        plain = {"PATH": os.defpath}
        assert "migrate" in run(fairseat, "--help", folder=away, environment=plain)
        for document in ("openapi", "asyncapi"):
            written = (ROOT / "docs" / f"{document}.json").read_text()
            assert run(fairseat, document, folder=away, environment=plain) == written, f"another {document}.json"
        assert run(fairseat, "rulebook", "list", folder=away, environment=plain)
        with (
            EmbeddedPostgres(folder / "pg", durable=False, password=PASSWORD) as postgres,
            EmbeddedValkey(folder / "vk", durable=False) as valkey,
            EmbeddedMongo(None) as mongo,
        ):
            environment = servers(postgres, valkey, mongo)
            first = run(fairseat, "migrate", folder=away, environment=environment)
            assert first == run(fairseat, "migrate", folder=away, environment=environment)
            assert first.count(" is at ") == len(DATABASES), first
            serves(fairseat, away, environment)
        print(f"The wheel holds all it needs; what it migrated:\n{first}", end="")


if __name__ == "__main__":
    main(sys.argv[1])
