"""The catalogues of the pages: `python -m tools.messages` takes up what is said now, `--check` says what is missing.

`pages.po` holds what templates, scripts and code of the pages say; `knowledge.po` the wording of the knowledge that they
show. What has gone is dropped, what is new stands there empty, and what was translated stays.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import cast

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from neomag.web.languages import KNOWLEDGE, LANGUAGES, PAGES
from neomag.web.wording import CONTEXTS, wording

WEB = Path("src/neomag/web")
_METHODS = [
    ("**.py", "python"),
    ("templates/**.html", "jinja2"),
    ("templates/**.txt", "jinja2"),
    ("templates/**.typ", "jinja2"),
]
_OPTIONS = {
    "jinja2": {"extensions": "jinja2.ext.i18n,jinja2.ext.do", "trimmed": "true", "newstyle_gettext": "true", "silent": "false"}
}
_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None, "P_": ((1, "c"), 2), "pgettext": ((1, "c"), 2)}


def said() -> Catalog:
    """What templates and code of the pages say."""
    found = Catalog(charset="utf-8")
    for file, _line, message, _comments, context in extract_from_dir(
        WEB, _METHODS, {pattern: _OPTIONS.get(method, {}) for pattern, method in _METHODS}, _KEYWORDS
    ):
        # Lines move with every change; the file is enough to find a message.
        found.add(message, None, [(Path(file).as_posix(), cast(int, None))], context=context)
    return found


def shown() -> Catalog:
    """The wording of the knowledge that pages show."""
    found = Catalog(charset="utf-8")
    for where, text in wording():
        found.add(text, None, [(where, cast(int, None))], context=CONTEXTS.get((where, text)))
    return found


def _merged(template: Catalog, path: Path, code: str) -> Catalog:
    """The template with the translations that are there already, in the template's order."""
    old = Catalog(locale=code)
    if path.is_file():
        with path.open("rb") as file:
            old = read_po(file, locale=code)
    made = Catalog(locale=LANGUAGES[code].tag.replace("-", "_"), project="neomag", charset="utf-8", fuzzy=False)
    for message in template:
        if message.id:
            before = old.get(message.id if isinstance(message.id, str) else message.id[0], context=message.context)
            kept = before.string if before is not None and before.id == message.id and not before.fuzzy else None
            made.add(message.id, kept, message.locations, flags=message.flags, context=message.context)
    return made


def _text(catalog: Catalog) -> bytes:
    out = BytesIO()
    write_po(out, catalog, width=120, omit_header=True, sort_output=False)
    head = "# Translations of neomag's pages. Made up to date by python -m tools.messages; translate msgstr, leave msgid.\n"
    return (head + 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n').encode() + out.getvalue()


def missing(catalog: Catalog) -> Iterator[str]:
    """The messages that are not translated, or whose holes differ."""
    for message in catalog:
        if message.id:
            forms = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
            if not all(forms) or message.fuzzy:
                yield f"{message.id} ({message.context})" if message.context else str(message.id)


def main() -> int:
    """Bring the catalogues up to date, or with --check say what is missing (exit status 1)."""
    check, left = "--check" in sys.argv, 0
    for domain, template in ((PAGES, said()), (KNOWLEDGE, shown())):
        for code in LANGUAGES:
            if code == "en":
                continue
            path = WEB / "locales" / code / f"{domain}.po"
            merged = _merged(template, path, code)
            text, lacks = _text(merged), list(missing(merged))
            left += len(lacks)
            print(f"{path}: {len(merged)} messages, {len(lacks)} to translate")
            if check:
                for one in lacks[:20]:
                    print(f"  {one[:100]}")
                if not path.is_file() or path.read_bytes() != text:
                    print("  not up to date: run python -m tools.messages")
                    left += 1
            else:
                path.write_bytes(text)
    return 1 if check and left else 0


if __name__ == "__main__":
    sys.exit(main())
