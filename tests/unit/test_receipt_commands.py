"""`fairseat receipt verify` needs two files, and nothing else."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner
from uuid_utils.compat import uuid7

from adapters.system.receipt_signing import SealedReceiptSigner
from bootstrap.cli import app
from core.resale.receipts.receipt import ExternalSubject, Receipt, SignedReceipt
from core.resale.receipts.receipt_key import jwk_of
from core.shared.ids import VerdictId
from tests.resale_builders import NOON, SECRET, TENANT, denied, usd

SIGNER = SealedReceiptSigner(SECRET)
KEY = SIGNER.new_key(at=NOON)
RECEIPT = Receipt.of(
    denied(),
    verdict_id=VerdictId(uuid7()),
    tenant_id=TENANT,
    issued_at=NOON,
    subject=ExternalSubject("[bold]row 3"),
    price=usd(12_000),
    facts_hash="0" * 64,
    key_id=KEY.key_id,
)
TEXT = SignedReceipt(RECEIPT, SIGNER.sign(KEY, RECEIPT.signed_bytes)).to_json()
runner = CliRunner()


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"keys": [jwk_of(KEY.public_key)]}))
    return path


def test_a_true_receipt_is_told_in_words(tmp_path: Path, keys: Path) -> None:
    file = tmp_path / "receipt.json"
    file.write_text(TEXT)

    told = runner.invoke(app, ["receipt", "verify", str(file), "--keys", str(keys)])

    assert told.exit_code == 0
    for words in (
        "DENIED at 120.00 USD; the highest price is 110.00 USD",
        "[bold]row 3",
        "resale.price_too_high",
        "us-me, version 2",
        "2026-11-22T12:00:00Z, rulebook 2026-11-22.1",
        KEY.key_id,
    ):
        assert words in told.output


def test_a_receipt_may_come_by_standard_input_and_indented(keys: Path) -> None:
    indented = json.dumps(json.loads(TEXT), indent=4) + "\n"

    assert runner.invoke(app, ["receipt", "verify", "-", "--keys", str(keys)], input=indented).exit_code == 0


@pytest.mark.parametrize(
    ("old", "new"), [("12000", "12001"), ("false", "true"), ("us-me", "us-ma"), ("row 3", "row 4"), ("2026-", "2025-")]
)
def test_a_changed_byte_ends_with_status_1(keys: Path, old: str, new: str) -> None:
    assert old in TEXT

    told = runner.invoke(app, ["receipt", "verify", "-", "--keys", str(keys)], input=TEXT.replace(old, new, 1))

    assert told.exit_code == 1
    assert "DENIED" not in told.stdout and "ALLOWED" not in told.stdout


def test_a_receipt_of_another_installation_ends_with_status_1(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [jwk_of(SIGNER.new_key(at=NOON).public_key)]}))

    assert runner.invoke(app, ["receipt", "verify", "-", "--keys", str(keys)], input=TEXT).exit_code == 1


def test_a_file_that_is_not_there_or_holds_no_keys_is_told_apart_from_a_false_receipt(
    tmp_path: Path, keys: Path
) -> None:
    for arguments in (
        ["verify", str(tmp_path / "none.json"), "--keys", str(keys)],
        ["verify", "-", "--keys", str(tmp_path / "none.json")],
        ["verify", "-", "--keys", "-"],
    ):
        told = runner.invoke(app, ["receipt", *arguments], input=TEXT)
        assert type(told.exception).__name__ == "SettingsError"
