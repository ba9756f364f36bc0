"""The words of every letter, in English; each as plain text and as simple HTML."""

from dataclasses import dataclass, field
from html import escape
from typing import NamedTuple

from core.identity.letters import Letter, LetterKind


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterText:
    """A letter in words."""

    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)


class _Words(NamedTuple):
    subject: str
    before: str
    page: str | None = None
    after: str = ""


_NOT_YOU = "If that was not you, reset your password now: somebody else may know it."
_WORDS = {
    LetterKind.VERIFY_EMAIL: _Words(
        "Confirm your e-mail address",
        "please confirm that this is your e-mail address. The link is good for three days.",
        "verify-email",
        "If you did not open an account, there is nothing to do.",
    ),
    LetterKind.RESET_PASSWORD: _Words(
        "Reset your password",
        "somebody, probably you, asked to reset your password. The link is good for one hour, and once.",
        "reset-password",
        "If that was not you, there is nothing to do: your password stays as it is.",
    ),
    LetterKind.PASSWORD_WAS_RESET: _Words(
        "Your password was reset", "your password was reset, and you were signed out everywhere.", after=_NOT_YOU
    ),
    LetterKind.PASSWORD_CHANGED: _Words(
        "Your password was changed",
        "your password was changed, and you were signed out everywhere else.",
        after=_NOT_YOU,
    ),
    LetterKind.TOTP_ADDED: _Words(
        "Signing in needs a code now",
        "from now on a code of your authenticator app is needed to sign in.",
        after=_NOT_YOU,
    ),
    LetterKind.TOTP_REMOVED: _Words(
        "Signing in needs no code any more",
        "your authenticator app was removed; your password alone signs you in.",
        after=_NOT_YOU,
    ),
    LetterKind.RECOVERY_CODE_USED: _Words(
        "A recovery code was used",
        "one of your recovery codes was used to sign in. It is spent now.",
        after=_NOT_YOU,
    ),
}


def written(letter: Letter, *, link_base_url: str) -> LetterText:
    """Return the letter in words; the token, base64url, stands behind a `#` in its link, which no server ever logs."""
    words = _WORDS[letter.kind]
    greeting, ending = f"Hello {letter.name},", "Fairseat"
    plain = [greeting, words.before]
    rich = [f"<p>{escape(greeting)}</p>", f"<p>{escape(words.before)}</p>"]
    if words.page is not None and letter.token is not None:
        link = f"{link_base_url.rstrip('/')}/{words.page}#token={letter.token}"
        plain += [link, f"Or enter this code: {letter.token}"]
        rich += [
            f'<p><a href="{escape(link)}">{escape(words.subject)}</a></p>',
            f"<p>Or enter this code: <code>{escape(letter.token)}</code></p>",
        ]
    if words.after:
        plain.append(words.after)
        rich.append(f"<p>{escape(words.after)}</p>")
    body = "\n".join([*rich, f"<p>{ending}</p>"])
    return LetterText(
        subject=words.subject,
        text="\n\n".join([*plain, ending]) + "\n",
        html=f'<!doctype html>\n<html lang="en"><body>\n{body}\n</body></html>\n',
    )
