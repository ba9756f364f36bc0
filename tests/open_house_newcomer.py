"""Who comes to an open house with letters and signatures: somebody with a new account, and machines."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pyotp
from pyotp.totp import TOTP
from stripe import WebhookSignature

from adapters.cli.demo_mail import mailed_token
from adapters.cli.demo_world import PASSWORD
from tests.open_house_acts import Visitors

METRICS_TOKEN = "token-of-the-measurements"
_CARL = "carl@fans.example.com"
_PATIENCE_S = 10.0


@dataclass(slots=True)
class Newcomer:
    """Somebody who makes an account, does what can be done with it, and has it forgotten."""

    visitors: Visitors
    mail: Path

    def arrive(self) -> None:
        """Make the account; the letter is under way while others do what they do."""
        account = {"email": _CARL, "password": PASSWORD, "displayName": "Carl"}
        self.visitors.act("nobody", "POST", "/auth/register", account)

    def live(self) -> None:
        """Verify the address, forget the password, add an app and take it away, and go for good."""
        act, account = self.visitors.act, {"email": _CARL, "password": PASSWORD}
        act("nobody", "POST", "/auth/verify-email", {"token": (verifying := self._letter())})
        act("nobody", "POST", "/auth/password/forgot", {"email": _CARL})
        session = act("nobody", "POST", "/auth/login", account)
        self._signed_in(session)
        made = act("carl", "POST", "/auth/totp", {"password": PASSWORD})
        app = pyotp.parse_uri(made["otpauthUri"])
        assert isinstance(app, TOTP)
        codes = act("carl", "POST", "/auth/totp/confirm", {"code": app.at(datetime.now(UTC))})["recoveryCodes"]
        act("carl", "POST", "/auth/totp/remove", {"password": PASSWORD, "code": codes[0]})
        renewed = act("nobody", "POST", "/auth/refresh", {"refreshToken": session["refreshToken"]})
        act("nobody", "POST", "/auth/logout", {"refreshToken": renewed["refreshToken"]})
        chosen = f"{PASSWORD}-2"
        act("nobody", "POST", "/auth/password/reset", {"token": self._letter(after=verifying), "password": chosen})
        self._signed_in(act("nobody", "POST", "/auth/login", {**account, "password": chosen}))
        last = f"{PASSWORD}-3"
        act("carl", "POST", "/auth/password/change", {"oldPassword": chosen, "newPassword": last})
        act("carl", "DELETE", "/users/me", {"password": last})
        del self.visitors.callers["carl"]

    def _signed_in(self, session: Mapping[str, str]) -> None:
        self.visitors.callers["carl"] = {"Authorization": f"Bearer {session['accessToken']}"}

    def _letter(self, *, after: str | None = None) -> str:
        """Return the token of the newest letter, which is not the one that was read before."""
        until = time.monotonic() + _PATIENCE_S
        while (token := mailed_token(self.mail, _CARL)) in {None, after}:
            assert time.monotonic() < until, "no letter came"
            time.sleep(0.05)
        assert token is not None
        return token


def answers_to_machines(base_url: str, hooks: Mapping[str, str]) -> list[httpx.Response]:
    """Send what Stripe sends to each of its endpoints, signed with its secret, and read the measurements."""
    with httpx.Client(base_url=base_url, timeout=30, trust_env=False) as http:
        answers = [http.get("/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"})]
        for path, secret in hooks.items():
            event = {"id": f"evt_{path}", "object": "event", "type": "topup.created", "created": int(time.time())}
            body = json.dumps({**event, "livemode": False, "data": {"object": {"object": "topup"}}})
            signature: str = WebhookSignature.generate_signature_header(body, secret)
            headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
            answers.append(http.post(f"/api/v1/webhooks/{path}", content=body, headers=headers))
    return answers
