"""The image: no root, no moving tags, no secrets, and what it copies is there."""

import re
import shlex
from pathlib import Path

from tests.deployment.variables import unknown

ROOT = Path(__file__).resolve().parents[2]
LINES = re.sub(r"\\\n\s*", " ", (ROOT / "Dockerfile").read_text()).splitlines()
STEPS = [(word, rest) for word, _, rest in (line.partition(" ") for line in LINES if line and not line.startswith("#"))]
LAST = STEPS[max(index for index, (word, _) in enumerate(STEPS) if word == "FROM") :]


def of(word: str, steps: list[tuple[str, str]] = STEPS) -> list[str]:
    """Return what the steps of a kind say."""
    return [rest for found, rest in steps if found == word]


def test_it_is_made_of_images_at_a_version() -> None:
    for origin in of("FROM"):
        name, _, tag = origin.split(" ")[0].partition(":")
        assert tag not in ("", "latest"), f"{name} may be another one tomorrow"


def test_it_is_the_python_that_the_tests_run_on() -> None:
    wanted = (ROOT / ".python-version").read_text().strip()
    assert {re.split(r"[:-]", origin)[1] for origin in of("FROM")} == {wanted}


def test_it_runs_as_nobody_in_particular() -> None:
    (user,) = of("USER", LAST)
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user), "by number, so that Kubernetes sees that it is not root"
    assert LAST.index(("USER", user)) < LAST.index(("ENTRYPOINT", '["fairseat"]'))


def test_the_command_chooses_what_it_does() -> None:
    assert of("ENTRYPOINT", LAST) == ['["fairseat"]']
    assert of("CMD", LAST) == ['["serve"]']


def test_what_it_copies_is_in_the_tree_and_not_kept_from_it() -> None:
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for copied in of("COPY"):
        words = shlex.split(copied)
        if words[0].startswith("--from="):
            continue
        for source in words[:-1]:
            assert (ROOT / source).exists(), source
            assert source.rstrip("/") in let_in, f".dockerignore leaves {source} out"
    assert not of("ADD")


def test_it_installs_what_is_locked_alone() -> None:
    installing = [part.strip() for run in of("RUN") for part in run.split("&&") if "pip install" in part]
    assert installing
    for part in installing:
        assert "--require-hashes" in part or "--no-index" in part, part


def test_it_holds_no_secret_and_no_unknown_setting() -> None:
    assert of("ARG") == []
    names = re.findall(r"(\w+)=", " ".join(of("ENV")))
    assert unknown(names) == set()
    assert [name for name in names if re.search("SECRET|PASSWORD|TOKEN|KEY", name)] == []
