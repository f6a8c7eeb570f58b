"""How hard an English text is to read: the Flesch-Kincaid grade, as its authors define it (Kincaid et al. 1975).

grade = 0.39 words / sentences + 11.8 syllables / words - 15.59

No library is used: textstat counts syllables with the pronouncing dictionary of NLTK, which it fetches when it runs, and falls back
on hyphenation, which counts too few. Here a syllable is a group of vowels, less a silent e, with the exceptions that the rule
is known to miss; a test holds it against a list of words. Of the 1,300 words of the pages it differed from the CMU pronouncing
dictionary on those that now stand in `_KNOWN`. A number counts as one word of one syllable.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.parser import HTMLParser

# What is a sentence of its own on a page.
_BLOCKS = {
    "p", "li", "h1", "h2", "h3", "h4", "td", "th", "dt", "dd", "label", "legend", "summary", "figcaption", "caption", "option",
    "button", "div", "section", "article", "ul", "ol", "table", "tr", "fieldset", "form", "nav", "main", "details", "br", "a",
}  # fmt: skip
_SKIPPED = {"script", "style", "head", "header", "footer", "template", "cite"}
_WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)?|[0-9]+(?:[.,][0-9]+)*")
_ONE = re.compile(r"[0-9]")
# Endings whose e is silent, and those among them in which it is heard.
_SILENT = tuple(
    (re.compile(silent), re.compile(heard))
    for silent, heard in (
        (r"[^aeiouy]e$", r"[^aeiouy]le$"), (r"[^aeiouyszxc]es$", r"(?:ch|sh|[^aeiouy]l)es$"),
        (r"[^aeiouytd]ed$", r"[^aeiouy]led$"),
    )
)  # fmt: skip
# Words whose syllables the rule below does not tell.
_KNOWN = {
    "area": 3, "create": 2, "being": 2, "doing": 2, "going": 2, "seeing": 2, "goes": 1, "does": 1, "diet": 2, "science": 2,
    "every": 2, "evening": 2, "something": 2, "someone": 2, "sometimes": 2, "somewhere": 2, "vegetable": 4, "vegetables": 4,
    "medicine": 3, "medicines": 3, "people": 2, "potassium": 4, "magnesium": 4, "calcium": 3, "sodium": 3, "usual": 3, "oatmeal": 2,
    "wholewheat": 2, "cheese": 1, "recipe": 3, "olive": 2, "apricot": 3, "hour": 1, "our": 1, "quiet": 2, "fluid": 2, "fluids": 2,
    "iron": 2, "tried": 1, "trial": 2, "via": 2, "idea": 3, "real": 1, "really": 2, "react": 2, "video": 3, "radio": 3,
    "selenium": 4, "species": 2, "series": 2, "cereal": 3, "cereals": 3, "area’s": 3, "clinician": 3, "dietitian": 4, "reaction": 3,
    "choline": 2, "neomag": 3, "poem": 2, "lion": 2, "mean": 1, "lazy": 2, "maybe": 2, "before": 2, "therefore": 2, "safety": 2,
    "lately": 2, "likely": 2, "lonely": 2, "closely": 2, "safely": 2, "barely": 2, "rarely": 2, "homemade": 2, "pureed": 2,
    "puree": 2, "diarrhoea": 4, "business": 2, "chocolate": 2, "family": 3, "several": 3, "different": 3, "camera": 3,
    "moment": 2, "movement": 2, "placement": 2, "statement": 2, "careful": 2, "useful": 2, "hopeful": 2, "grateful": 2,
    "lifetime": 2, "baseline": 2, "homes": 1, "everything": 3, "sesame": 3, "squash": 1, "squashed": 1, "rolled": 1, "soya": 2,
    "bulges": 2, "changes": 2, "onion": 2, "union": 2, "quinoa": 3, "papaya": 3, "finely": 2, "quarter": 2, "quarters": 2, "fibre": 2,
    "milled": 1, "mg": 2, "ml": 2, "kcal": 2, "eyelid": 2, "forehead": 2, "somebody": 3, "anyone": 3, "everyone": 3,
}  # fmt: skip


def syllables(word: str) -> int:
    """The syllables of a word, at least one."""
    lower = word.lower().replace("’", "'").removesuffix("'s").removesuffix("s'")
    if _ONE.match(lower):
        return 1
    if lower in _KNOWN:
        return _KNOWN[lower]
    found = len(re.findall(r"[aeiouy]+", lower))
    # A silent e at the end, also before s; in -ed only after t and d is it heard.
    for silent, heard in _SILENT:
        if silent.search(lower) and not heard.search(lower):
            found -= 1
    # Two vowels that are two syllables: -ia, -io (but not -tion), -ious, -ual, -eo.
    found += len(re.findall(r"(?<![tcsg])i[ao](?!u)|eo(?=[^u])|[^g]ua|iu(?=m)|ying$|ier$|iest$", lower))
    return max(found, 1)


def sentences(blocks: Iterable[str]) -> list[str]:
    """The sentences of blocks of text: each block ends one."""
    found = [part for block in blocks for part in re.split(r"(?<=[.!?])\s+", block)]
    return [part for part in found if _WORD.search(part)]


def grade(blocks: Iterable[str]) -> float:
    """The Flesch-Kincaid grade of blocks of text. Raises ZeroDivisionError for no text."""
    parts = sentences(blocks)
    words = [word for part in parts for word in _WORD.findall(part)]
    return 0.39 * len(words) / len(parts) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def prose(blocks: Iterable[str], least: int = 6) -> list[str]:
    """The sentences of so many words or more: labels and names of foods make a text look easier than it is."""
    return [part for part in sentences(blocks) if len(_WORD.findall(part)) >= least]


class _Reader(HTMLParser):
    """Collects the blocks of text that a reader of the page sees in `main`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[str] = [""]
        self.inside = 0
        self.skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside += tag == "main"
        self.skipped += tag in _SKIPPED
        if tag in _BLOCKS:
            self.blocks.append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside -= tag == "main"
        self.skipped -= tag in _SKIPPED
        if tag in _BLOCKS:
            self.blocks.append("")

    def handle_data(self, data: str) -> None:
        if self.inside and not self.skipped:
            self.blocks[-1] += data


def read(page: str) -> list[str]:
    """The blocks of text of a page, each on one line."""
    reader = _Reader()
    reader.feed(page)
    return [" ".join(block.split()) for block in reader.blocks if block.strip()]
