"""Signed tokens (JWT): read without trust, then checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import exceptions as wrong

from neomag.service.auth.key_set import PublicKey
from neomag.service.auth.refused import Reason, Refused

# Longer ones are not even decoded.
LONGEST = 8_192
# Seconds by which two clocks may differ.
LEEWAY = 30

_SAID: Sequence[tuple[type[Exception], Reason, str]] = (
    (wrong.ExpiredSignatureError, "expired", "the token has expired"),
    (wrong.ImmatureSignatureError, "not-yet-valid", "the token is not valid yet"),
    (wrong.InvalidAudienceError, "audience", "the token is for another audience"),
    (wrong.InvalidIssuerError, "issuer", "the token is of another issuer"),
    (wrong.InvalidAlgorithmError, "algorithm", "the token is signed in a way that is not accepted"),
    (wrong.InvalidKeyError, "algorithm", "the token is signed in a way that does not fit its key"),
    (wrong.InvalidSignatureError, "signature", "the signature of the token is wrong"),
)


def unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token as it says them, to find out what to check it against. Raises Refused."""
    if len(token) > LONGEST:
        raise Refused("too-long", f"the token is longer than {LONGEST} characters")
    try:
        read = jwt.decode_complete(token, options={"verify_signature": False})
    except (wrong.PyJWTError, ValueError, TypeError, RecursionError):
        raise Refused("malformed", "this is not a signed token (JWT)") from None
    return read["header"], read["payload"]


def checked(
    token: str,
    *,
    key: Callable[[str], PublicKey],
    algorithms: Sequence[str],
    issuer: str,
    audience: Sequence[str],
    needs: Sequence[str] = (),
) -> dict[str, Any]:
    """The claims of a token that is signed by a key of `issuer`, for one of `audience`, and valid now. Raises Refused.

    `key` gives the key of an id; `needs` are the claims it must have beside iss, aud and exp.
    """
    header, claims = unverified(token)
    # By the list, before any key is looked up: never `none`, never a shared secret.
    if header.get("alg") not in algorithms:
        raise Refused("algorithm", f"the token must be signed with {', '.join(algorithms)}")
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise Refused("unknown-key", "the token does not say with which key it is signed (kid)")
    if claims.get("iss") != issuer:
        raise Refused("issuer", "the token is of another issuer")
    found = key(kid)
    fits = isinstance(found.key, RSAPublicKey) == header["alg"].startswith("RS")
    if not fits or found.algorithm not in {None, header["alg"]}:
        raise Refused("algorithm", "the token is signed in another way than its key is for")
    try:
        return jwt.decode(
            token,
            found.key,
            algorithms=list(algorithms),
            audience=list(audience),
            issuer=issuer,
            leeway=LEEWAY,
            options={"require": ["iss", "aud", "exp", *needs], "enforce_minimum_key_length": True},
        )
    except wrong.MissingRequiredClaimError as error:
        raise Refused("claim", f"the token has no `{error.claim}`") from None
    except (wrong.PyJWTError, ValueError, TypeError, RecursionError) as error:
        for kind, reason, says in _SAID:
            if isinstance(error, kind):
                raise Refused(reason, says) from None
        raise Refused("claim", "a claim of the token is not of its kind") from None
