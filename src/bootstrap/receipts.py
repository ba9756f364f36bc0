"""Receipts at the command line: verified without any server, and the key that signs them replaced."""

import sys
from pathlib import Path

from rich.console import Console

from adapters.cli.receipts import print_receipt
from adapters.system.receipt_signing import Ed25519ReceiptVerifier
from bootstrap.settings import Settings, SettingsError
from bootstrap.topology import platform_beside
from core.resale.receipts.receipt import RECEIPT_BYTES_MAX
from core.resale.receipts.receipt_errors import InvalidKeySetError, InvalidReceiptError
from core.resale.receipts.receipt_key import KEY_SET_BYTES_MAX, public_keys_of
from usecases.resale.receipt_keys import ReceiptKeys
from usecases.resale.verify_receipt import VerifyReceipt

STDIN = Path("-")


def verify_receipt(file: Path, keys: Path, out: Console, err: Console) -> int:
    """Print what the receipt says was decided, and return 0; 1 for one that cannot be believed.

    Raises SettingsError for a file that cannot be read and for one that holds no keys.
    """
    try:
        public_keys = public_keys_of(_read(keys, KEY_SET_BYTES_MAX))
    except InvalidKeySetError as error:
        raise SettingsError(f"{keys}: {error.message}") from error
    text = _read(file, RECEIPT_BYTES_MAX)
    try:
        receipt = VerifyReceipt(Ed25519ReceiptVerifier())(text, public_keys)
    except InvalidReceiptError as error:
        err.print(f"NOT a receipt to believe: {error.message}", style="red", highlight=False, markup=False)
        return 1
    print_receipt(receipt, out)
    return 0


async def rotate_receipt_key(settings: Settings, console: Console) -> None:
    """Let a new key sign from now on; the old ones stay published."""
    platform = platform_beside(settings, "venue")
    try:
        keys = await platform.containers["venue"].get(ReceiptKeys)
        await keys.load()
        key = await keys.rotate()
        published = len(await keys.published())
    finally:
        await platform.close()
    console.print(f"{key.key_id} signs receipts from now on; {published} keys are published", highlight=False)


def _read(path: Path, bytes_max: int) -> bytes:
    """Return no more than one byte beyond the limit, so that a file without an end does no harm."""
    try:
        if path == STDIN:
            return sys.stdin.buffer.read(bytes_max + 1)
        with path.open("rb") as file:
            return file.read(bytes_max + 1)
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from error
