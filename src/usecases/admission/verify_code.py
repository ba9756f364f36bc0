"""Tell a true code from a false one, as a scanner does at the gate: without a network."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.admission.code import CodeClaims, SignedCode
from core.admission.errors import InvalidCodeError
from ports.admission import PassSigner


@dataclass(frozen=True, slots=True)
class VerifyCode:
    """For anyone who has the public keys of the event, by their ids.

    A true code says which pass it is; whether that pass was voided since, or used already, it cannot say.
    """

    signer: PassSigner

    def __call__(self, text: str, public_keys: Mapping[bytes, bytes]) -> CodeClaims:
        """Return what the code says; raises InvalidCodeError for one that is malformed, altered, or foreign."""
        code = SignedCode.parse(text)
        public_key = public_keys.get(code.claims.key_id)
        if public_key is None:
            raise InvalidCodeError("The code is for another event.")
        if not self.signer.verifies(public_key, signature=code.signature, message=code.claims.signed_bytes):
            raise InvalidCodeError("The code was altered, or was not made by Fairseat.")
        return code.claims
