"""Tell a true code from a false one, as a scanner does at the gate: without a network."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.admission.code import CodeClaims, SignedCode
from core.admission.errors import InvalidCodeError, SupersededCodeError
from core.shared.ids import PassId
from ports.admission import PassSigner


@dataclass(frozen=True, slots=True)
class VerifyCode:
    """For anyone who has the public keys of the event, by their ids.

    A true code says which pass it is; whether that pass was voided since, or used already, it cannot say. Whoever knows
    the revision that a pass has by now can tell a code from before it changed hands.
    """

    signer: PassSigner

    def __call__(
        self, text: str, public_keys: Mapping[bytes, bytes], revisions: Mapping[PassId, int] | None = None
    ) -> CodeClaims:
        """Return what the code says; raises InvalidCodeError for one that is malformed, altered, or foreign.

        `revisions` has those of the passes that are known; raises SupersededCodeError for a code from before. A code of
        a later one is true: the pass went on since the list was made.
        """
        code = SignedCode.parse(text)
        public_key = public_keys.get(code.claims.key_id)
        if public_key is None:
            raise InvalidCodeError("The code is for another event.")
        if not self.signer.verifies(public_key, signature=code.signature, message=code.claims.signed_bytes):
            raise InvalidCodeError("The code was altered, or was not made by Fairseat.")
        if revisions is not None and code.claims.revision < revisions.get(code.claims.pass_id, 0):
            raise SupersededCodeError
        return code.claims
