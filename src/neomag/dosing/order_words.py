"""The text of an order, from which each part takes what it understands; what is left over was not understood."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from neomag.dosing.amounts import DoseInputError

# A number that stands by itself: no digit, letter, point or comma runs into it, so that `,3` is not read as 3.
NUMBER = r"(?<![\w.,])([0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
# A number after a word of its own, such as q6h.
AFTER = r"\s*([0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
_COMMA = re.compile(r"[0-9]*,[0-9]+")
# Characters that are a number by their shape, which NFKC would run into their neighbours: 10² is not 102.
_SHAPED = ("<super>", "<circle>", "<fraction>")


class OrderText:
    """An order in small letters, one way of writing each character. Raises DoseInputError for a comma within a number."""

    def __init__(self, text: str):
        plain = "".join(
            c if unicodedata.decomposition(c).startswith(_SHAPED) else unicodedata.normalize("NFKC", c) for c in text
        )
        if comma := _COMMA.search(plain):
            raise DoseInputError(
                f"`{comma[0][:20]}`: a comma in a number may be a decimal or a thousand and is not read; write 0.3"
            )
        self.left = f" {re.sub(r'[()=]', ' ', plain.casefold())} "

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """The first match, taken out of what is left."""
        found = pattern.search(self.left)
        if found:
            self.left = f"{self.left[: found.start()]} {self.left[found.end() :]}"
        return found

    def take_all(self, pattern: re.Pattern[str]) -> list[re.Match[str]]:
        """Every match, taken out of what is left."""
        found: list[re.Match[str]] = []
        while match := self.take(pattern):
            found.append(match)
        return found

    def word(self, word: str) -> bool:
        """Take every place where `word` stands by itself; whether there was one."""
        return bool(self.take_all(re.compile(rf"(?<![\w.]){re.escape(word.casefold())}(?![\w+%])")))

    def words(self, words: Iterable[str]) -> list[str]:
        """Take every one of `words`, in their order; those that were there."""
        return [word for word in words if self.word(word)]

    def left_over(self) -> str:
        """What is left, without the marks that mean nothing."""
        return re.sub(r"[\s,;.:]+", " ", self.left).strip()
