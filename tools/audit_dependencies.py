"""Audits what neomag depends on: pins, licences, what is used, and known vulnerabilities.

Usage: python -m tools.audit_dependencies [--allow-unchecked]. Everything but the vulnerabilities is checked without a network.
Exit status 1 when something is wrong, 2 when the advisory database could not be asked: that is not the same as clean. With
--allow-unchecked that is said, and the status is 0.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from tools.advisories import OSV, NotCheckedError, Package, advisories

ROOT = Path(__file__).parent.parent

# Licences that may be linked with Apache-2.0: permissive ones, and those whose copyleft ends at their own files or library.
ALLOWED = frozenset({
    "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD", "BSD-2-Clause", "BSD-3-Clause", "BlueOak-1.0.0", "CC0-1.0", "ISC", "LGPL-3.0-only", "MIT",
    "MIT-0", "MPL-2.0", "PSF-2.0", "Unlicense", "WTFPL", "Zlib",
})  # fmt: skip
# What packages write instead of SPDX's name.
_CALLED = {
    "MIT License": "MIT", "Apache Software License": "Apache-2.0", "Apache 2.0": "Apache-2.0", "BSD License": "BSD",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0", "ISC License (ISCL)": "ISC",
}  # fmt: skip
# Not linked with neomag: a peer that benchmarks are held against, an oracle of the tests. Nothing in src may import them.
APART: Mapping[str, str] = {
    "rcpchgrowth": "AGPL-3.0-or-later",
    "@lhncbc/ucum-lhc": "SEE LICENSE IN LICENSE.md",
    "python-libsbml": "LGPL",
    # Its metadata state none; the LICENSE.txt in the package is Apache-2.0.
    "libroadrunner": "none stated",
}
# Used without being imported: where, and by which words.
NAMED: Mapping[str, tuple[str, str]] = {
    "editables": ("scripts/setup.sh", "-e ."),
    "mkdocs-material": ("mkdocs.yml", "name: material"),
    "pytest-xdist": ("Makefile", "pytest -n 2"),
    "ruff": ("Makefile", "ruff check"),
    "schemathesis": ("tests/test_service_openapi.py", 'with_name("schemathesis")'),
    "towncrier": ("pyproject.toml", "[tool.towncrier]"),
    "types-pyyaml": ("pyproject.toml", "[tool.pyright]"),
}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


# Lock files


def python_packages(lock: str) -> list[Package]:
    """The packages of a requirements.lock."""
    return [Package("PyPI", _normal(name), version) for name, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", lock, re.M)]


def node_packages(lock: str) -> list[Package]:
    """The packages of a package-lock.json."""
    return [
        Package("npm", path.rpartition("node_modules/")[2], one["version"])
        for path, one in json.loads(lock)["packages"].items()
        if path
    ]


def python_lock_faults(lock: str) -> Iterator[str]:
    """What is not pinned by version and hash, and every address in it."""
    if re.search(r"://|^\s*-(?!-hash)", lock, re.M):
        yield "requirements.lock: names an address or an option; write requirements and hashes only"
    for block in re.split(r"\n(?=\S)", re.sub(r"^\s*#.*\n?", "", lock, flags=re.M).strip()):
        head = block.splitlines()[0]
        if not re.match(r"[\w.-]+(\[[\w,-]+\])?==[^\s;=<>~!*]+\s*(;.*)?(\\|$)", head):
            yield f"requirements.lock: `{head[:60]}` is not pinned to one version"
        elif not re.search(r"--hash=sha256:[0-9a-f]{64}(\s|$)", block):
            yield f"requirements.lock: `{head.split()[0]}` has no hash"


def node_lock_faults(lock: str) -> Iterator[str]:
    """What has no hash, and every address that a package would be fetched from."""
    for path, one in json.loads(lock)["packages"].items():
        # A bundled package comes inside another one, and is covered by its hash.
        if path and not one.get("inBundle") and not str(one.get("integrity", "")).startswith("sha512-"):
            yield f"package-lock.json: {path} has no sha512"
        if "resolved" in one:
            yield f"package-lock.json: {path} names the address it comes from"


# Licences


def allowed(expression: str) -> bool:
    """Whether a licence expression of SPDX (its AND and OR, at most in brackets as a whole) may be linked."""
    if expression.startswith("(") and expression.endswith(")"):
        expression = expression[1:-1]
    return any(all(_CALLED.get(one, one) in ALLOWED for one in every.split(" AND ")) for every in expression.split(" OR "))


def licence(found: metadata.PackageMetadata) -> str:
    """The licence that an installed package states: as an expression, else in a short field, else by its classifiers."""
    given = {name: str(found[name] or "").strip() for name in ("License-Expression", "License") if name in found}
    classed = [text.rpartition(" :: ")[2] for text in found.get_all("Classifier") or [] if text.startswith("License ::")]
    # A whole licence may stand there: its first line names it, or does not.
    first, _, more = given.get("License", "").partition("\n")
    short = first if not more or first in _CALLED else ""
    if given.get("License-Expression"):
        return given["License-Expression"]
    if short and short != "UNKNOWN":
        return short
    # Several classifiers may mean that all hold: none may be one that is not allowed.
    return " AND ".join(classed) or "none stated"


def licence_faults(packages: Iterable[Package], node_lock: str) -> Iterator[str]:
    """The packages whose licence is not on the list; those that are not installed here (for other systems) are left out."""
    stated: list[tuple[str, str]] = []
    for package in packages:
        try:
            stated.append((package.name, licence(metadata.metadata(package.name))))
        except metadata.PackageNotFoundError:
            continue
    for path, one in json.loads(node_lock)["packages"].items():
        if path:
            stated.append((path.rpartition("node_modules/")[2], str(one.get("license", "none stated"))))
    for name, text in stated:
        if not allowed(text) and APART.get(name) != text:
            yield f"{name}: the licence `{text[:60]}` is not on the list (ALLOWED in tools/audit_dependencies.py)"


# What is used


def declared(project: Mapping[str, Any]) -> list[str]:
    """Every package that pyproject names, without neomag's own extras."""
    extras = project["project"]["optional-dependencies"]
    given = [*project["project"]["dependencies"], *(one for extra in extras.values() for one in extra)]
    names = {_normal(re.match(r"[\w.-]+", one)[0]) for one in given}  # type: ignore[index]
    return sorted(names - {"neomag"})


def imported(*folders: str, root: Path = ROOT) -> set[str]:
    """The top-level modules that the Python files of folders import."""
    found: set[str] = set()
    for file in (
        file for folder in folders for file in ([root / folder] if folder.endswith(".py") else (root / folder).rglob("*.py"))
    ):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found


@cache
def _modules() -> Mapping[str, list[str]]:
    """The packages that bring each module."""
    return {module: [_normal(name) for name in names] for module, names in metadata.packages_distributions().items()}


def unused_faults(names: Iterable[str], modules: set[str]) -> Iterator[str]:
    """The declared packages that nothing imports, and that nothing names where NAMED says."""
    used = {package for module in modules for package in _modules().get(module, ())}
    for name in names:
        file, words = NAMED.get(name, ("", ""))
        if name not in used and not (file and words in (ROOT / file).read_text("utf-8")):
            yield f"pyproject.toml: {name} is used nowhere"


def undeclared_faults(names: Sequence[str], modules: set[str]) -> Iterator[str]:
    """The packages that src imports though neither pyproject nor a package that it names asks for them."""
    asked = set(names)
    for name in names:
        for one in metadata.requires(name) or ():
            asked.add(_normal(re.match(r"[\w.-]+", one)[0]))  # type: ignore[index]
    for module in sorted(modules - sys.stdlib_module_names - {"neomag"}):
        if module in _modules() and not asked & set(_modules()[module]):
            yield f"src imports {module}, which pyproject.toml does not ask for"
    for name in sorted(set(APART) & {package for module in modules for package in _modules().get(module, ())}):
        yield f"src imports {name}, whose licence keeps it apart"


def offline_faults() -> list[str]:
    """Everything that is wrong, as far as it can be seen without a network."""
    lock, node_lock = (ROOT / "requirements.lock").read_text("utf-8"), (ROOT / "package-lock.json").read_text("utf-8")
    names = declared(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8")))
    packages = python_packages(lock)
    missing = sorted(set(names) - {package.name for package in packages})
    return [
        *python_lock_faults(lock),
        *node_lock_faults(node_lock),
        *(f"requirements.lock: {name} of pyproject.toml is not in it" for name in missing),
        *licence_faults(packages, node_lock),
        *unused_faults(names, imported("src", "tests", "tools", "benchmarks", "hatch_build.py")),
        *undeclared_faults(names, imported("src")),
    ]


def main(arguments: Sequence[str] | None = None, address: str = OSV) -> int:
    """Print what is wrong, and what was not checked; returns the exit status."""
    parser = argparse.ArgumentParser(description="Audit what neomag depends on.")
    parser.add_argument("--allow-unchecked", action="store_true", help="exit 0 though no advisory database was reached")
    options = parser.parse_args(arguments)
    faults = offline_faults()
    for fault in faults:
        print(fault)
    packages = [
        *python_packages((ROOT / "requirements.lock").read_text("utf-8")),
        *node_packages((ROOT / "package-lock.json").read_text("utf-8")),
    ]
    print(f"Pins, licences and use of {len(packages)} packages: {f'{len(faults)} faults' if faults else 'nothing wrong'}.")
    try:
        known = advisories(packages, address)
    except NotCheckedError as error:
        print(f"Known vulnerabilities: NOT CHECKED ({error}).")
        return 1 if faults else 0 if options.allow_unchecked else 2
    for line in known:
        print(line)
    print(f"Known vulnerabilities of {len(packages)} packages: {len(known) or 'none'}.")
    return 1 if faults or known else 0


if __name__ == "__main__":
    sys.exit(main())
