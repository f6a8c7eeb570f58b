"""What a family leaves out, in its own words, and what a food holds by its name: both as tags of candidates.toml."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from neomag.feeding.errors import FeedingInputError
from neomag.feeding.words import outside, stems
from neomag.knowledge.feeding import Candidate, FeedingKnowledge
from neomag.nearest import hint

_FREE = "free"  # a gluten-free bread is no gluten


def excluded_by(candidates: Sequence[Candidate], exclude: Sequence[str], diet: str | None, known: FeedingKnowledge) -> set[str]:
    """The short names of what is left out by a diet and by each of `exclude`.

    A word is looked for as a tag, a kind, a group, what people call these, and in the names of foods; whatever it hits in any
    of these ways is left out. Raises FeedingInputError for one that leaves nothing out, or a diet that there is not.
    """
    if diet is not None and diet not in known.diets:
        raise FeedingInputError(f"diet `{diet[:40]}`: write {' or '.join(known.diets)}")
    tags = known.diets[diet].tags if diet else frozenset[str]()
    found = {c.short for c in candidates if c.tags & tags}
    for said in exclude:
        wanted = _meant(said, known)
        hit = {c.short for c in candidates if wanted.hits(c)}
        if not hit:
            near = _near(said, candidates, known)
            raise FeedingInputError(f"exclude `{said[:40]}`: no food of the list is called so or holds it{near}")
        found |= hit
    return found


def tags_of(name: str, group: str, known: FeedingKnowledge) -> frozenset[str]:
    """The tags of a food that has none: by the words of its name, by its group, and by what those bring with them.

    What cannot be told is taken on the safe side: flesh of no named animal may be of any.
    """
    found = {tag for tag, of in known.holds.items() if outside(of.words, of.but, name)}
    found |= {also for tag in found for also in known.holds[tag].also}
    # Groups first, then what is only known to be of another tag: flesh may be meat, and meat may be pork.
    for by_group in (True, False):
        told = frozenset(found)
        for tag, of in known.holds.items():
            if told.isdisjoint(of.unless) and (group in of.groups if by_group else not told.isdisjoint(of.of)):
                found |= {tag, *of.also}
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class _Meant:
    """What a word that was said means: tags, groups or kinds as words, words of names, and what is another thing."""

    tags: frozenset[str]
    groups: frozenset[str]
    words: tuple[tuple[str, ...], ...]
    other: tuple[tuple[str, ...], ...]

    def hits(self, candidate: Candidate) -> bool:
        """Whether it means a food."""
        if not self.tags.isdisjoint(candidate.tags) or candidate.group in self.groups:
            return True
        if self.words[0] in (stems(candidate.kind), stems(candidate.group)):
            return True
        return any(self._names(stems(name)) for name in {candidate.short, candidate.name})

    def _names(self, have: tuple[str, ...]) -> bool:
        """Whether one of the words stands in a name, other than before `free` or beside what makes it another thing."""
        stand = any(have[i + len(word) : i + len(word) + 1] != (_FREE,) for word in self.words for i in _places(word, have))
        return stand and not any(True for but in self.other for _ in _places(but, have))


def _meant(said: str, known: FeedingKnowledge) -> _Meant:
    word = stems(said)
    aliases = [alias for alias in known.aliases.values() if any(stems(name) == word for name in alias.names)]
    return _Meant(
        frozenset({*(tag for tag in known.tags if stems(tag) == word), *(tag for alias in aliases for tag in alias.tags)}),
        frozenset(group for alias in aliases for group in alias.groups),
        (word, *(stems(of) for alias in aliases for of in alias.words)),
        tuple(stems(but) for alias in aliases for but in alias.but),
    )


def _places(word: tuple[str, ...], have: tuple[str, ...]) -> Iterator[int]:
    return (i for i in range(len(have) - len(word) + 1) if word and have[i : i + len(word)] == word)


def _near(said: str, candidates: Sequence[Candidate], known: FeedingKnowledge) -> str:
    """The nearest of the names by which something of the list can be left out."""
    tags = {tag for c in candidates for tag in c.tags}
    names = {name for c in candidates for name in (c.kind, c.group, c.short)} | tags
    names |= {name for alias in known.aliases.values() if not tags.isdisjoint(alias.tags) for name in alias.names}
    return hint(" ".join(said.split()).casefold(), names, 0.7)
