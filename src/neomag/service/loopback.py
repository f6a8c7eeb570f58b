"""Whether an address is this machine's own, and whether the service may listen on one."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neomag.service.settings import Settings


def is_loopback(host: str) -> bool:
    """Whether `host` (a name or address, without port) is reached from this machine only."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def authenticates(settings: Settings) -> bool:
    """Whether a request needs a key or token."""
    if settings.auth == "auto":
        return not (settings.insecure_public or is_loopback(settings.host))
    return settings.auth != "off"


def may_listen(settings: Settings) -> str | None:
    """None when the service may listen as it is set; otherwise why not, and what to do."""
    hosts = [settings.host] if not authenticates(settings) else []
    # HL7 v2 over MLLP knows no authentication at all.
    if settings.mllp_port is not None:
        hosts.append(settings.mllp_host)
        if settings.mllp_forward and not is_loopback(settings.mllp_forward[0]) and not settings.insecure_public:
            return (
                f"mllp_forward {settings.mllp_forward[0]} is beyond this machine, and patient data would cross the network in"
                " the clear: put a TLS tunnel in front, run `neomag hl7 listen --forward-ca`, or say insecure_public"
            )
    open_to_all = [host for host in hosts if not is_loopback(host)]
    if not open_to_all or settings.insecure_public:
        return None
    return (
        f"{open_to_all[0]} can be reached from other machines and nothing would ask who calls: listen on 127.0.0.1,"
        " set auth = required (HL7 v2 has none: put a TLS tunnel in front), or say insecure_public"
    )
