"""The text of a diary to entries: YAML or JSON with `milk` and `foods`, or plain lines, `60 g banana`, one entry a line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from neomag.case.documents import DocumentError, decoded, parse
from neomag.feeding.errors import FeedingInputError
from neomag.feeding.measures import is_measure, leading_number
from neomag.nearest import hint

MILKS = ("breast", "formula", "animal")
SINGLE = ("age", "weight", "meals", "losses", "notes")
LISTS = ("milk", "foods", "medicines")
_FOOD_KEYS = ("food", "amount")
_MILK_KEYS = (*MILKS, "kind", "feeds")
# A line of YAML that plain lines never have.
_YAML = re.compile(r"^(?:milk|foods)\s*:|^\s*-\s|^---", re.MULTILINE)
_KEY = re.compile(r"([A-Za-z][A-Za-z _-]*?)\s*:\s*(.*)")
_EMPTY = "empty; write lines such as `age: 8 mo`, `breast: 5 feeds` and `60 g banana`"
_TEXT = {".txt", ".text", ".diary"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as written, with its place. A milk has a `kind`; a food its name in `food`; `value` is the amount."""

    where: str
    value: Any
    kind: str = ""
    food: str = ""
    type: str | None = None
    feeds: Any = None
    default_unit: str = ""


@dataclass(slots=True)
class Written:
    """A diary as written: single keys, entries of milk, foods and medicines, and lines that are no entry, with their places."""

    single: dict[str, Any] = field(default_factory=dict[str, Any])
    milk: list[Entry] = field(default_factory=list[Entry])
    foods: list[Entry] = field(default_factory=list[Entry])
    medicines: list[Entry] = field(default_factory=list[Entry])
    unread: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def get(self, key: str) -> Any:
        """A single key, None when it was not written."""
        return self.single.get(key)


def read_text(data: bytes | Mapping[str, Any], name: str, problems: list[str]) -> Written | None:
    """The entries in `data`, with what cannot be read added to `problems`; None when nothing can."""
    if isinstance(data, Mapping):
        return _structured(dict(data), problems)
    try:
        if _is_plain(data, name):
            return _plain(decoded(data, when_empty=_EMPTY), problems)
        documents = parse(data, name=name if "." in name else "")
    except DocumentError as error:
        problems.append(str(error))
        return None
    if len(documents) != 1 or not isinstance(documents[0], dict):
        problems.append(
            f"write one diary: a mapping with {', '.join((*SINGLE[:1], *LISTS[:2]))} …, or plain lines such as `60 g banana`"
        )
        return None
    return _structured(cast(dict[str, Any], documents[0]), problems)


def _is_plain(data: bytes, name: str) -> bool:
    suffix = name[name.rfind(".") :].lower() if "." in name else ""
    if suffix in _TEXT:
        return True
    if suffix in {".yaml", ".yml", ".json", ".jsonl", ".ndjson"}:
        return False
    text = data.decode("utf-8-sig", errors="replace").lstrip()
    return text[:1] not in {"{", "["} and not _YAML.search(text)


# Plain lines


def _plain(text: str, problems: list[str]) -> Written:
    written = Written()
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.partition("#")[0].strip()
        if not line:
            continue
        where = f"line {number}"
        key = _KEY.fullmatch(line)
        if key:
            _keyed(written, where, key[1].strip().lower(), key[2].strip(), problems)
        else:
            try:
                written.foods.append(food_line(where, line))
            except FeedingInputError as error:
                problems.append(f"{where}: {error}")
                written.unread.append((where, line))
    return written


def _keyed(written: Written, where: str, key: str, value: str, problems: list[str]) -> None:
    if key in SINGLE:
        if key in written.single and key != "notes":
            problems.append(f"{where}: `{key}` stands twice")
        else:
            written.single[key] = f"{written.single[key]} {value}" if key in written.single else value
    elif key in MILKS:
        written.milk.append(Entry(where, value, kind=key))
    elif key in {"medicine", "medicines"}:
        written.medicines += [Entry(where, part.strip()) for part in value.split(",") if part.strip()]
    else:
        known = (*SINGLE, *MILKS, "medicines")
        problems.append(
            f"{where}: unknown key `{key[:40]}`{hint(key, known)}; keys are {', '.join(known)}, and a food is `60 g banana`"
        )


def food_line(where: str, line: str) -> Entry:
    """A line such as `60 g banana`, `2 tbsp lentils`, `half a banana`. Raises FeedingInputError."""
    number, rest = leading_number(line)
    if number is None:
        raise FeedingInputError(f"`{line[:40]}` does not begin with an amount; write it as `60 g banana`")
    amount = line[: len(line) - len(rest)].strip()
    words = re.sub(r"^(?:of|an?)\s+", "", rest).split()
    for size in (2, 1):  # `fl oz` is one measure of two words
        unit = " ".join(words[:size]).rstrip(".")
        if len(words) >= size and is_measure(unit):
            food = " ".join(words[size:])
            food = re.sub(r"^of\s+", "", food)
            if not food:
                raise FeedingInputError(f"`{line[:40]}` names no food; write it as `60 g banana`")
            return Entry(where, f"{amount} {unit}", food=food)
    if not words:
        raise FeedingInputError(f"`{line[:40]}` names no food; write it as `60 g banana`")
    return Entry(where, amount, food=" ".join(words), default_unit="piece")


# YAML and JSON


def _structured(given: Mapping[str, Any], problems: list[str]) -> Written:
    written = Written()
    known = (*SINGLE, *LISTS, *MILKS)
    for key, value in given.items():
        if key in SINGLE:
            written.single[key] = value
        elif key in MILKS:
            written.milk.append(Entry(key, value, kind=key))
        elif key in LISTS:
            _list(written, key, value, problems)
        else:
            problems.append(f"unknown key `{str(key)[:40]}`{hint(str(key), known)}; accepted: {', '.join(known)}")
    return written


def _list(written: Written, key: str, value: Any, problems: list[str]) -> None:
    if value is None:
        return
    if isinstance(value, str) and key == "medicines":
        value = [value]
    if not isinstance(value, list):
        example = {"milk": "`[{breast: 5 feeds}]`", "foods": "`[{food: banana, amount: 60 g}]`"}.get(key, "`[vitamin D drops]`")
        problems.append(f"{key}: write a list, such as {example}")
        return
    for place, item in enumerate(cast("list[Any]", value)):
        where = f"{key}[{place}]"
        try:
            if key == "medicines":
                written.medicines.append(Entry(where, item))
            elif key == "milk":
                written.milk.append(_milk_entry(where, item))
            else:
                written.foods.append(_food_entry(where, item))
        except FeedingInputError as error:
            problems.append(f"{where}: {error}")
            written.unread.append((where, _said(item)))


def _said(item: Any) -> str:
    """What an entry that could not be read says, its keys left out."""
    return " ".join(str(value) for value in cast(dict[str, Any], item).values()) if isinstance(item, dict) else str(item)


def _keys(given: Mapping[str, Any], allowed: tuple[str, ...]) -> None:
    for key in given:
        if key not in allowed:
            raise FeedingInputError(f"unknown key `{str(key)[:40]}`{hint(str(key), allowed)}; accepted: {', '.join(allowed)}")


def _milk_entry(where: str, item: Any) -> Entry:
    if not isinstance(item, dict):
        raise FeedingInputError("write it as `{breast: 5 feeds}`, `{formula: 200 mL}` or `{animal: 200 mL}`")
    given = cast(dict[str, Any], item)
    _keys(given, _MILK_KEYS)
    kinds = [kind for kind in MILKS if kind in given]
    if len(kinds) != 1:
        raise FeedingInputError(f"write one of {', '.join(MILKS)} in an entry, such as `{{breast: 5 feeds}}`")
    type_ = given.get("kind")
    if type_ is not None and not isinstance(type_, str):
        raise FeedingInputError("kind: write a word, such as `soy`")
    return Entry(where, given[kinds[0]], kind=kinds[0], type=type_, feeds=given.get("feeds"))


def _food_entry(where: str, item: Any) -> Entry:
    if isinstance(item, str):
        return food_line(where, item)
    if not isinstance(item, dict):
        raise FeedingInputError("write it as `{food: banana, amount: 60 g}`, or `60 g banana`")
    given = cast(dict[str, Any], item)
    _keys(given, _FOOD_KEYS)
    food = given.get("food")
    if not isinstance(food, str) or not food.strip():
        raise FeedingInputError("food: write its name, such as `banana`")
    if "amount" not in given:
        raise FeedingInputError(f"amount of {food[:40]} is missing; write `{{food: {food[:40]}, amount: 60 g}}`")
    return Entry(where if len(food) > 40 else f"{where} ({food})", given["amount"], food=food)
