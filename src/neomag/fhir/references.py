"""References between resources: relative, absolute, with a version, `urn:uuid:`, or to a contained one."""

from __future__ import annotations

from collections.abc import Iterable

from neomag.fhir.node import Node


def same_url(reference: str) -> str:
    """A reference without its version."""
    return reference.split("/_history/")[0]


def tail(reference: str) -> str:
    """`Patient/a` of an absolute reference; the reference itself when it is relative or a URN."""
    plain = same_url(reference)
    if "://" not in plain:
        return plain
    return "/".join(plain.rstrip("/").split("/")[-2:])


class References:
    """The resources sent, found by every name that a reference may have for them."""

    def __init__(self, resources: Iterable[tuple[Node, str | None]]):
        self._by_name: dict[str, Node] = {}
        for resource, url in resources:
            for name in names(resource, url):
                self._by_name.setdefault(name, resource)

    def find(self, reference: str | None, inside: Node) -> Node | None:
        """The resource that a reference within resource `inside` means; None when it was not sent."""
        if not reference:
            return None
        if reference.startswith("#"):
            return next((c for c in inside.children("contained") if c.text("id") == reference[1:]), None)
        plain = same_url(reference)
        return self._by_name.get(plain) or self._by_name.get(tail(plain))


def names(resource: Node, url: str | None) -> list[str]:
    """The names of a resource: its full address, and `Type/id`."""
    found = [same_url(url)] if url else []
    if key := resource.text("id"):
        found.append(f"{resource.kind}/{key}")
    if url and "://" in url:
        found.append(tail(url))
    return found


def means(reference: str, known: Iterable[str]) -> bool:
    """Whether a reference means the resource with these names. An absolute one means another when the address differs."""
    plain, known = same_url(reference), list(known)
    if plain in known:
        return True
    absolute = [name for name in known if "://" in name]
    if "://" in plain and absolute:
        return False
    return tail(plain) in known or (plain.startswith("urn:uuid:") and f"Patient/{plain[9:]}" in known)
