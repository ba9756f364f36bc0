"""The key file: made once, private, and refused when it is not fit to sign with."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from adapters.system.signing_keys import (
    SigningKeys,
    SigningKeysError,
    key_id,
    load_or_create_signing_keys,
    load_signing_keys,
)


def ids(keys: SigningKeys) -> list[str]:
    return [key_id(key) for key in keys.public_keys()]


def test_a_missing_key_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "signing.pem"
    made = load_or_create_signing_keys(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ids(load_or_create_signing_keys(path)) == ids(made)
    assert [file.name for file in path.parent.iterdir()] == ["signing.pem"]


def test_processes_that_make_the_file_at_once_end_with_the_same_keys(tmp_path: Path) -> None:
    path = tmp_path / "signing.pem"
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: ids(load_or_create_signing_keys(path)), range(16)))
    assert all(keys == made[0] for keys in made)


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "signing.pem"
    load_or_create_signing_keys(path)
    for mode in (0o640, 0o604, 0o620):
        path.chmod(mode)
        with pytest.raises(SigningKeysError, match="0600"):
            load_signing_keys(path)
    path.chmod(0o400)
    assert ids(load_signing_keys(path))


def test_a_missing_file_is_an_error_where_none_may_be_made(tmp_path: Path) -> None:
    with pytest.raises(SigningKeysError, match="cannot be read"):
        load_signing_keys(tmp_path / "none.pem")


def test_two_keys_keep_their_order_in_the_file() -> None:
    keys = SigningKeys.generate().rotated()
    assert ids(SigningKeys.from_pem(keys.to_pem())) == ids(keys)
    assert len(set(ids(keys))) == 2


def test_keys_can_be_given_in_one_line() -> None:
    keys = SigningKeys.generate().rotated()
    one_line = keys.to_pem().replace(b"\n", b"\\n")
    assert ids(SigningKeys.from_pem(one_line)) == ids(keys)


def test_a_key_never_shows_in_its_repr() -> None:
    assert repr(SigningKeys.generate()) == "SigningKeys()"


def three_keys() -> bytes:
    return b"".join(SigningKeys.generate().to_pem() for _ in range(3))


def other_kind() -> bytes:
    return generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(
    ("pem", "why"),
    [
        (b"", "0 were found"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no readable"),
        (three_keys(), "3 were found"),
        (other_kind(), "another kind"),
        (b"x" * 20_000, "longer"),
    ],
)
def test_keys_that_cannot_sign_are_refused_with_the_reason(pem: bytes, why: str) -> None:
    with pytest.raises(SigningKeysError, match=why):
        SigningKeys.from_pem(pem)
