"""Keeping secrets and personal data out of text that is written down. It is the last net, not the first.

The first is that nobody logs them: a log line is made of names and ids of ours. But a driver's error may quote a row,
and a library's a header.
"""

import re

HIDDEN = "***"

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # What databases say of a row or a value that they did not take.
    (re.compile(r"^(\s*DETAIL:).*$", re.MULTILINE), rf"\1 {HIDDEN}"),
    (re.compile(r"(\bdup key:).*"), rf"\1 {HIDDEN}"),
    (re.compile(r"(\binvalid input for query argument \$\d+:).*"), rf"\1 {HIDDEN}"),
    (re.compile(r"(\binvalid input (?:syntax|value) for [\w ]+:).*"), rf"\1 {HIDDEN}"),
    # Credentials, by their shapes: in URLs and headers, our tokens and keys, Stripe's.
    (re.compile(r"(\w://)[^\s/@]+@"), rf"\1{HIDDEN}@"),
    (re.compile(r"\b(bearer|basic)\s+[\w.~+/=-]+", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (re.compile(r"\beyJ[\w-]+(?:\.[\w-]*)+"), HIDDEN),
    (re.compile(r"\b(?:fsk|whsec|(?:sk|rk|pk)_(?:test|live))_[\w-]+"), HIDDEN),
    (re.compile(r"\b\w+_secret_\w+"), HIDDEN),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), HIDDEN),
    (re.compile(r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+"), HIDDEN),
)
_CARD = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")
_CARD_DIGITS = range(13, 20)


def redacted(text: str) -> str:
    """Return the text with stars for what looks like a credential, an e-mail address, a card or a row's value."""
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return _CARD.sub(_card_hidden, text)


def _card_hidden(found: re.Match[str]) -> str:
    digits = [int(character) for character in found[0] if character.isdigit()]
    return HIDDEN if len(digits) in _CARD_DIGITS and _luhn(digits) else found[0]


def _luhn(digits: list[int]) -> bool:
    """Tell whether the last digit is the check digit of the others (ISO/IEC 7812-1)."""
    doubled = [2 * digit - 9 * (digit > 4) if place % 2 else digit for place, digit in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0
