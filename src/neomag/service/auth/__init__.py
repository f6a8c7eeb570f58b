"""Who calls, what they may do, and how much: API keys, OIDC tokens, the signed tokens of CDS Hooks clients, limits."""

from neomag.service.auth.gate import Gate
from neomag.service.auth.guard import identity_of, require
from neomag.service.auth.identity import ANONYMOUS, SCOPES, Identity
from neomag.service.auth.middleware import Authenticate
from neomag.service.auth.refused import Refused

__all__ = ["ANONYMOUS", "SCOPES", "Authenticate", "Gate", "Identity", "Refused", "identity_of", "require"]
