"""Why a credential is refused."""

from __future__ import annotations

from typing import Literal, get_args

Reason = Literal[
    "missing", "malformed", "too-long", "unknown", "revoked", "expired", "not-yet-valid", "algorithm", "unknown-key",
    "no-keys", "signature", "issuer", "audience", "claim", "lifetime", "jku", "replayed", "proxied", "foreign-host",
]  # fmt: skip
REASONS: tuple[Reason, ...] = get_args(Reason)


class Refused(Exception):  # noqa: N818 - it is what happens to the credential
    """A credential that is not accepted: a reason, and a sentence that holds nothing of the credential."""

    def __init__(self, reason: Reason, says: str) -> None:
        super().__init__(says)
        self.reason: Reason = reason
        self.says = says
