"""The code of a pass: one spelling, checked offline, and not to be forged."""

from uuid import UUID
from xml.etree import ElementTree

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st
from uuid_utils.compat import uuid7

from adapters.system.pass_signing import SealedPassSigner
from adapters.system.qr_codes import SegnoCodePainter
from core.admission.code import CodeClaims, SignedCode
from core.admission.errors import InvalidCodeError
from core.admission.keys import PassKey, key_id_of
from core.shared.ids import PassId, TenantId, TicketId
from ports.admission import KeySealError
from tests.admission_builders import NOON, SECRET
from usecases.admission.verify_code import VerifyCode

TENANT, TICKET = TenantId(uuid7()), TicketId(uuid7())
SIGNER = SealedPassSigner(SECRET)
KEY = SIGNER.new_key(TENANT, TICKET, at=NOON)
KEYS = {KEY.key_id: KEY.public_key}
PASS = PassId(UUID("01935000-0000-7000-8000-0000000000ff"))
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
verify = VerifyCode(SIGNER)


def code_of(pass_id: PassId = PASS, *, revision: int = 1, key: PassKey = KEY) -> str:
    claims = CodeClaims(key.key_id, pass_id, revision)
    return str(SignedCode(claims, SIGNER.sign(TENANT, key, claims.signed_bytes)))


CODE = code_of()


@given(pass_id=st.uuids(), revision=st.integers(1, 65_535))
def test_a_code_says_what_it_was_made_to_say(pass_id: UUID, revision: int) -> None:
    claims = verify(code_of(PassId(pass_id), revision=revision), KEYS)

    assert (claims.pass_id, claims.revision, claims.key_id) == (pass_id, revision, KEY.key_id)


def test_a_code_is_150_characters_that_an_address_and_an_alphanumeric_qr_segment_can_hold() -> None:
    assert len(CODE) == 150
    assert CODE.startswith("FS1.") and set(CODE.removeprefix("FS1.")) <= set(ALPHABET)
    symbol = segno.make_qr(CODE, error="m", boost_error=False)
    assert (symbol.mode, symbol.designator) == ("alphanumeric", "6-M")


def test_the_same_pass_has_the_same_code_until_it_changes_hands() -> None:
    assert code_of() == CODE
    assert code_of(revision=2) != CODE


@pytest.mark.parametrize("position", range(len(CODE)))
def test_a_change_of_any_one_character_is_noticed(position: int) -> None:
    for character in (*ALPHABET, "a", "0", "=", " "):
        altered = CODE[:position] + character + CODE[position + 1 :]
        if altered != CODE:
            with pytest.raises(InvalidCodeError):
                verify(altered, KEYS)


@pytest.mark.parametrize("position", range(27 + 64))
def test_a_change_of_any_one_bit_is_noticed(position: int) -> None:
    code = SignedCode.parse(CODE)
    raw = bytearray(code.claims.body + code.signature)
    for bit in range(8):
        raw[position] ^= 1 << bit
        with pytest.raises(InvalidCodeError):
            claims = CodeClaims.from_body(bytes(raw[:27]))
            verify(str(SignedCode(claims, bytes(raw[27:]))), KEYS)
        raw[position] ^= 1 << bit


@pytest.mark.parametrize(
    "text",
    [
        "",
        "FS1.",
        CODE[:-1],
        CODE[:75],
        CODE + "A",
        CODE.lower(),
        CODE + "======",
        " " + CODE,
        "FS2." + CODE[4:],
        "é" * 150,
    ],
    ids=["nothing", "prefix", "cut", "cut short", "longer", "small", "padded", "indented", "version", "no letter"],
)
def test_a_text_that_is_cut_extended_or_spelt_otherwise_is_no_code(text: str) -> None:
    with pytest.raises(InvalidCodeError):
        verify(text, KEYS)


def test_a_code_of_another_event_is_refused() -> None:
    other = SIGNER.new_key(TENANT, TicketId(uuid7()), at=NOON)

    with pytest.raises(InvalidCodeError):
        verify(code_of(key=other), KEYS)


def test_a_code_that_names_our_key_but_was_signed_with_another_is_refused() -> None:
    other = SIGNER.new_key(TENANT, TICKET, at=NOON)
    claims = CodeClaims(KEY.key_id, PASS, 1)

    with pytest.raises(InvalidCodeError):
        verify(str(SignedCode(claims, SIGNER.sign(TENANT, other, claims.signed_bytes))), KEYS)


def test_a_signature_over_the_bare_body_does_not_count() -> None:
    claims = CodeClaims(KEY.key_id, PASS, 1)

    with pytest.raises(InvalidCodeError):
        verify(str(SignedCode(claims, SIGNER.sign(TENANT, KEY, claims.body))), KEYS)


@pytest.mark.parametrize("revision", [0, 65_536, -1])
def test_a_revision_outside_two_bytes_cannot_be_claimed(revision: int) -> None:
    with pytest.raises(ValueError, match="revision"):
        CodeClaims(KEY.key_id, PASS, revision)


def test_a_key_is_named_by_its_public_half() -> None:
    assert KEY.key_id == key_id_of(KEY.public_key)
    assert len(KEY.public_key) == 32


def test_the_private_half_is_not_to_be_seen_in_what_is_stored() -> None:
    again = SIGNER.new_key(TENANT, TICKET, at=NOON)

    assert again.sealed_private_key != KEY.sealed_private_key
    assert KEY.public_key not in KEY.sealed_private_key
    assert len(KEY.sealed_private_key) == 12 + 32 + 16


def test_a_sealed_key_opens_only_under_its_secret_for_its_tenant_and_event() -> None:
    moved = PassKey(KEY.key_id, TicketId(uuid7()), KEY.public_key, KEY.sealed_private_key, NOON)
    cut = PassKey(KEY.key_id, TICKET, KEY.public_key, KEY.sealed_private_key[:5], NOON)

    assert len(SIGNER.sign(TENANT, KEY, b"")) == 64
    for signer, tenant, key in (
        (SealedPassSigner(b"another secret of the same length"), TENANT, KEY),
        (SIGNER, TenantId(uuid7()), KEY),
        (SIGNER, TENANT, moved),
        (SIGNER, TENANT, cut),
    ):
        with pytest.raises(KeySealError):
            signer.sign(tenant, key, b"")


def test_a_secret_of_less_than_16_bytes_is_refused() -> None:
    SealedPassSigner(b"x" * 16)
    with pytest.raises(ValueError, match="16 bytes"):
        SealedPassSigner(b"x" * 15)


def test_the_drawing_is_an_svg_with_exactly_the_modules_of_the_code() -> None:
    drawing = SegnoCodePainter().svg(CODE)

    root = ElementTree.fromstring(drawing)  # noqa: S314  # our own output
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert dark_modules(root, modules=41 + 2 * 4) == matrix_of(CODE, border=4)
    assert drawing == SegnoCodePainter().svg(CODE)


def matrix_of(text: str, *, border: int) -> set[tuple[int, int]]:
    symbol = segno.make_qr(text, error="m", boost_error=False)
    rows = symbol.matrix_iter(border=border)
    return {(x, y) for y, row in enumerate(rows) for x, module in enumerate(row) if module}


def dark_modules(root: ElementTree.Element, *, modules: int) -> set[tuple[int, int]]:
    """Walk the strokes of segno's path (M, m and h; half a module below the row's edge) module by module."""
    ns = "{http://www.w3.org/2000/svg}"
    [stroke] = [path for path in root.iter(f"{ns}path") if path.get("stroke")]
    assert f"{modules * 4}" == root.get("width") == root.get("height")
    found: set[tuple[int, int]] = set()
    x = y = 0.0
    commands = stroke.get("d", "").replace("M", " M ").replace("m", " m ").replace("h", " h ").split()
    while commands:
        command = commands.pop(0)
        if command == "h":
            width = int(commands.pop(0))
            found |= {(int(x) + step, int(y)) for step in range(width)}
            x += width
        else:
            dx, dy = float(commands.pop(0)), float(commands.pop(0))
            x, y = (dx, dy) if command == "M" else (x + dx, y + dy)
    return found
