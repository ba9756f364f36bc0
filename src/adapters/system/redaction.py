"""Keeping secrets and personal data out of text that is written down. It is the last net, not the first.

The first is that nobody logs them: a log line is made of names and ids of ours. But a driver's error may quote a row,
and a library's a header.
"""

import re

HIDDEN = "***"

_PATTERNS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    # What databases say of a row or a value that they did not take.
    ("detail:", re.compile(r"^(\s*DETAIL:).*$", re.MULTILINE), rf"\1 {HIDDEN}"),
    ("dup key:", re.compile(r"(\bdup key:).*"), rf"\1 {HIDDEN}"),
    ("invalid input", re.compile(r"(\binvalid input for query argument \$\d+:).*"), rf"\1 {HIDDEN}"),
    ("invalid input", re.compile(r"(\binvalid input (?:syntax|value) for [\w ]+:).*"), rf"\1 {HIDDEN}"),
    # Credentials, by their shapes: in URLs and headers, our tokens and keys, Stripe's.
    ("://", re.compile(r"(\w://)[^\s/@]+@"), rf"\1{HIDDEN}@"),
    ("bearer", re.compile(r"\b(bearer)\s+[\w.~+/=-]+", re.IGNORECASE), rf"\1 {HIDDEN}"),
    ("basic", re.compile(r"\b(basic)\s+[\w.~+/=-]+", re.IGNORECASE), rf"\1 {HIDDEN}"),
    ("eyj", re.compile(r"\beyJ[\w-]+(?:\.[\w-]*)+"), HIDDEN),
    ("_", re.compile(r"\b(?:fsk|fsr|fsh|whsec|(?:sk|rk|pk)_(?:test|live))_[\w-]+"), HIDDEN),
    ("_secret_", re.compile(r"\b\w+_secret_\w+"), HIDDEN),
    (
        "private key",
        re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
        HIDDEN,
    ),
    ("@", re.compile(r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+"), HIDDEN),
)
"""A sign in small letters, without which a text need not be searched; what is looked for; what stands instead."""

_CARD = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")
_CARD_DIGITS = range(13, 20)


def redacted(text: str) -> str:
    """Return the text with stars for what looks like a credential, an e-mail address, a card or a row's value."""
    small = text.lower()
    for sign, pattern, instead in _PATTERNS:
        if sign in small:
            text = pattern.sub(instead, text)
    return _CARD.sub(_card_hidden, text) if len(text) >= _CARD_DIGITS.start else text


def _card_hidden(found: re.Match[str]) -> str:
    digits = [int(character) for character in found[0] if character.isdigit()]
    return HIDDEN if len(digits) in _CARD_DIGITS and _luhn(digits) else found[0]


def _luhn(digits: list[int]) -> bool:
    """Tell whether the last digit is the check digit of the others (ISO/IEC 7812-1)."""
    doubled = [2 * digit - 9 * (digit > 4) if place % 2 else digit for place, digit in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0
