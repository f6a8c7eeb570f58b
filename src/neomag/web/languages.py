"""The languages of the pages: their catalogues, and numbers and ages as each writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from neomag.ages import SECONDS

# The catalogue of what templates, scripts and code of the pages say, and that of the wording of the knowledge.
PAGES, KNOWLEDGE = "pages", "knowledge"
_HOLE = re.compile(r"\{[^{}]*\}")
_LETTER = re.compile(r"[^\W\d_]")
_RANGE = re.compile(r"(\d[\d.]*) to (\d[\d.]*)( .*)?")


def N_(text: str) -> str:  # noqa: N802 - so gettext calls what marks a text and leaves it
    """A text that is translated later."""
    return text


RANGE = N_("%(low)s to %(high)s")


def P_(context: str, text: str) -> InContext:  # noqa: N802 - as gettext's pgettext
    """A text that is translated later, by the one of its meanings that `context` names."""
    return InContext(context, text)


class InContext(str):
    """A text of the pages that means one of several things by itself; `context` says which."""

    __slots__ = ("context",)
    context: str

    def __new__(cls, context: str, text: str) -> InContext:  # noqa: D102 - as the class says
        made = super().__new__(cls, text)
        made.context = context
        return made


@dataclass(frozen=True)
class Language:
    """A language: `code` stands in addresses, `tag` in the page (BCP 47), `name` is what its readers call it.

    `commas`: its readers write a decimal comma as well as a point, so both are read, and thousands are not set apart.
    """

    code: str
    tag: str
    name: str
    commas: bool = False
    # Between clauses of a line, and between parts that may have marks of their own.
    clause_mark: str = ", "
    part_mark: str = "; "
    # Between what something is and what is said of it.
    colon: str = ": "
    # Between two sentences.
    gap: str = " "

    @cached_property
    def locale(self) -> Locale:
        """How numbers and dates are written."""
        return Locale.parse(self.tag, sep="-")

    @cached_property
    def list_mark(self) -> str:
        """What stands between members of a list. No `and` before the last: in Spanish its form hangs on the word after it."""
        return str(self.locale.list_patterns["standard"]["middle"]).format("", "")

    @cached_property
    def _pages(self) -> Catalog:
        return catalogue(self.code, PAGES)

    @cached_property
    def _knowledge(self) -> dict[str, str]:
        return {text: said for (context, text), said in self._known.items() if not context}

    @cached_property
    def _known(self) -> dict[tuple[str, str], str]:
        """By context and text what is said of it."""
        found = catalogue(self.code, KNOWLEDGE)
        return {(m.context or "", str(m.id)): str(m.string) for m in found if m.id and m.string and not m.fuzzy}

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], str, str]]:
        """Wordings with holes, the longest first, so that the most exact one matches; one of nothing else says nothing."""
        holed = (text for text in self._knowledge if _HOLE.search(text) and _HOLE.sub("", text).strip())
        holed = sorted(holed, key=len, reverse=True)
        return [(_pattern(text), text, self._knowledge[text]) for text in holed]

    def gettext(self, text: str) -> str:
        """What the pages say by `text`. English is its own catalogue; what is missing elsewhere stays English."""
        message = self._pages.get(text, context=text.context if isinstance(text, InContext) else None)
        return str(message.string) if message and message.string and not message.fuzzy else text

    def ngettext(self, one: str, many: str, n: int) -> str:
        """What the pages say of `n`."""
        message = self._pages.get((one, many))
        found = message.string if message and not message.fuzzy else ()
        forms = [str(form) for form in found if form] if isinstance(found, (tuple, list)) else [str(found)]
        if not forms or not forms[0]:
            return one if n == 1 else many
        return forms[min(_plural(self.code, n), len(forms) - 1)]

    def knows(self, text: str) -> bool:
        """Whether the wording `text` of the knowledge is in the catalogue (English: always)."""
        return self.code == "en" or text in self._knowledge or self._filled(text) is not None

    def say(self, text: str | None, context: str = "") -> str:
        """The wording `text` of the knowledge, with what its holes were filled with. What is missing stays English.

        `context` tells two meanings of one word apart (`neomag.web.wording.CONTEXTS`); without one of its own it is as ever.
        """
        if not text or self.code == "en":
            return text or ""
        if context and (context, text) in self._known:
            return self._known[context, text]
        if text in self._knowledge:
            return self._knowledge[text]
        if text != (bare := text.lstrip()):
            # What a hole is filled with may bring its own space: `A vein is better.{found}`
            return text.removesuffix(bare) + self.say(bare)
        if filled := self._filled(text):
            translated, values = filled
            # Holes may stand in another order, each as often as the translator needs it.
            return _fill(translated, {hole: self._value(value) for hole, value in values.items()})
        return text

    def _value(self, value: str) -> str:
        """What fills a hole of a wording: a wording itself, the flag of a report, or a range such as `0.1 to 0.2 mL`."""
        if flag := self._pages.get(value, context="flag"):
            return str(flag.string) or value
        if ends := _RANGE.fullmatch(value):
            return self.gettext(RANGE) % {"low": ends[1], "high": ends[2]} + (ends[3] or "")
        return self.say(value)

    def _filled(self, text: str) -> tuple[str, dict[str, str]] | None:
        """The translation of the wording that `text` is with its holes filled, and what they are filled with."""
        for pattern, original, translated in self._patterns:
            if found := pattern.fullmatch(text):
                values = dict(zip(_HOLE.findall(original), found.groups(), strict=True))
                # `{found}.` has no word of its own and fits every sentence: it is this one if what fills it is known.
                if _LETTER.search(_HOLE.sub("", original)) or all(v != text and self.knows(v) for v in values.values()):
                    return translated, values
        return None

    def number(self, value: float | None, places: int | None = None) -> str:
        """A number as the language writes it; with `places`, just so many decimal places."""
        if value is None:
            return "–"
        form = None if places is None else "#,##0" + ("." + "0" * places if places else "")
        exact = places is not None
        return format_decimal(
            value, format=form, locale=self.locale, decimal_quantization=exact, group_separator=not self.commas
        )

    def listed(self, members: Iterable[str]) -> str:
        """The members of a list in a line."""
        return self.list_mark.join(members)

    def age(self, seconds: float) -> str:
        """An age, or a length of time, in its two largest units."""
        days, left = divmod(round(seconds), SECONDS["d"])
        hours, left = divmod(left, SECONDS["h"])
        minutes = left // SECONDS["min"]
        said = (
            (days, self.ngettext("%(n)s day", "%(n)s days", days)),
            (hours, self.ngettext("%(n)s hour", "%(n)s hours", hours)),
            (minutes, self.ngettext("%(n)s minute", "%(n)s minutes", minutes)),
        )
        parts = [text % {"n": self.number(n, 0)} for n, text in said if n][:2]
        return " ".join(parts) or self.gettext("at birth")


LANGUAGES = {
    language.code: language
    for language in (
        Language("en", "en", "English"),
        Language("zh", "zh-Hans", "中文", clause_mark="，", part_mark="；", colon="：", gap=""),
        # The Spanish of Latin America, where most who speak it write a decimal point: as the sentences of the knowledge do.
        Language("es", "es-419", "Español", commas=True),
    )
}
DEFAULT = LANGUAGES["en"]


def _fill(text: str, said: dict[str, str]) -> str:
    return _HOLE.sub(lambda hole: said.get(hole[0], hole[0]), text)


def _plural(code: str, n: int) -> int:
    return 0 if code == "zh" or n == 1 else 1


def _pattern(text: str) -> re.Pattern[str]:
    """A text with holes as what matches it once filled."""
    parts = [re.escape(part) for part in _HOLE.split(text)]
    return re.compile("(.*?)".join(parts), re.DOTALL)


@cache
def catalogue(code: str, domain: str) -> Catalog:
    """The catalogue of a language as it stands in the package; an empty one where there is none (English)."""
    path = files("neomag.web") / "locales" / code / f"{domain}.po"
    if not path.is_file():
        return Catalog(locale=code)
    with path.open("rb") as file:
        return read_po(file, locale=code)


def preferred(accepted: str) -> Language:
    """The language that an Accept-Language header asks for first among those there are, else English."""
    wanted: list[tuple[float, str]] = []
    for part in accepted.split(",")[:20]:
        tag, _, weight = part.replace(" ", "").lower().partition(";q=")
        try:
            much = float(weight or 1)
        except ValueError:
            continue
        if much > 0:  # 0 means: not this one (RFC 9110, 12.4.2)
            wanted.append((-much, tag))
    return next(_among(tag for _, tag in sorted(wanted, key=lambda w: w[0])), DEFAULT)


def _among(tags: Iterable[str]) -> Iterator[Language]:
    return (LANGUAGES[tag.partition("-")[0]] for tag in tags if tag.partition("-")[0] in LANGUAGES)
