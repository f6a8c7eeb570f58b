"""Asks an advisory database which packages have known vulnerabilities: one query for all of them (OSV's batch query)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPException
from urllib.request import Request, urlopen

# The address of the advisory database's batch query; it knows PyPI and npm alike.
OSV = "https://api.osv.dev/v1/querybatch"
_MOST_QUERIES = 1000
_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Package:
    """One package of a lock file."""

    ecosystem: str
    name: str
    version: str


class NotCheckedError(Exception):
    """The advisory database could not be asked, or its answer not be understood: nothing is known."""


def advisories(packages: Sequence[Package], address: str = OSV) -> list[str]:
    """The known vulnerabilities of packages, a line each. Raises NotCheckedError."""
    found: list[str] = []
    for start in range(0, len(packages), _MOST_QUERIES):
        part = packages[start : start + _MOST_QUERIES]
        asked = [{"package": {"ecosystem": one.ecosystem, "name": one.name}, "version": one.version} for one in part]
        body = json.dumps({"queries": asked}).encode()
        try:
            with urlopen(Request(address, body, {"Content-Type": "application/json"}), timeout=_SECONDS) as answer:
                results = json.load(answer)["results"]
            if len(results) != len(part):
                raise NotCheckedError(f"asked about {len(part)} packages, answered about {len(results)}")
            for one, result in zip(part, results, strict=True):
                if "next_page_token" in result and not result.get("vulns"):
                    raise NotCheckedError(f"answered only in part about {one.name}")
                found += [f"{one.name} {one.version}: {known['id']}" for known in result.get("vulns", ())]
        except (OSError, HTTPException) as error:
            raise NotCheckedError(str(getattr(error, "reason", None) or error)) from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise NotCheckedError("the answer is not one of an advisory database") from None
    return found
