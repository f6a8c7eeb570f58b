"""Checks that what is said to parents holds together: grounds, codes, plain words for every entry they stand for, and nothing
that names a disease or calms on the sheet for the doctor."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Set
from pathlib import Path
from typing import Any, cast

from neomag.knowledge.caregiver import Caregiver, load_caregiver
from neomag.knowledge.feeding import load_feeding
from neomag.knowledge.feeding_checks import entries
from neomag.knowledge.intakes import load_intakes
from neomag.knowledge.loader import directory
from neomag.knowledge.model import Knowledge
from neomag.knowledge.tables import read_csv, read_toml

Table = Mapping[str, Any]
# The files of which no wording may name a disease or calm: they make the sheet, and what stands around it.
BARE = ("danger", "film", "sheet")
_UNTIL_MONTHS = 24
# What stands in a file and is not read by a parent: reasons, and codes of other tables.
_CODES = {"policy", "sources", "sign", "condition", "danger", "group"}


def check_caregiver(knowledge: Knowledge) -> list[str]:
    """Everything wrong with the words for parents beside `knowledge`, a line each; empty when they hold together."""
    folder = Path(knowledge.directory) / "caregiver"
    if not folder.is_dir():
        return []
    try:
        tables = {path.stem: cast(Table, tomllib.loads(path.read_text("utf-8"))) for path in sorted(folder.glob("*.toml"))}
        known = load_caregiver(folder.parent)
    except tomllib.TOMLDecodeError as error:
        return [f"caregiver: {error}"]
    except (KeyError, TypeError, ValueError) as error:
        return [f"caregiver: {error}"]
    found = [line for name, table in tables.items() for line in _grounds(name, table, knowledge)]
    found += [*_codes(known, knowledge), *_plain(known, knowledge)]
    for name in BARE:
        found += [
            f"caregiver/{name}.toml: `{said}` in: {text}" for text in texts(tables[name]) for said in never_said(text, "en")
        ]
    return found


def never_said(text: str, language: str) -> list[str]:
    """The words of never.toml that stand in a text of a sheet, in a language: diseases, and what calms."""
    table = read_toml(directory() / "caregiver" / "never.toml")
    words = [word for part in ("disease", "calming") for word in table[part].get(language, ())]
    if language == "zh":
        return [word for word in words if word in text]
    return [word for word in words if re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE)]


def doses_said(text: str) -> list[str]:
    """What looks like a dose in a text: a number before a unit of never.toml."""
    units = read_toml(directory() / "caregiver" / "never.toml")["dose"]["units"]
    return re.findall(rf"[0-9][0-9.,]*\s*(?:{'|'.join(map(re.escape, units))})(?![\w/])", text)


def texts(table: Table) -> Iterator[str]:
    """What a file says, without its reasons and codes."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from texts(cast(Table, value))
        elif isinstance(value, str) and key not in _CODES:
            yield value


def _grounds(name: str, table: Table, knowledge: Knowledge) -> Iterator[str]:
    """Every entry names sources or a policy, or its file does, or says whose words it gives."""
    whole = bool({"sources", "policy", "of"} & set(table))
    for where, entry in entries(table, f"caregiver/{name}"):
        if not whole and not entry.get("sources") and len(str(entry.get("policy", "")).split()) < 2:
            yield f"{where}: needs sources, or policy with its reason"
        for key in entry.get("sources", ()):
            if key not in knowledge.sources:
                yield f"{where}: source {key} is not in sources.toml"


def _codes(known: Caregiver, knowledge: Knowledge) -> Iterator[str]:
    """Signs and answers name codes of the vocabulary and each other rightly."""
    signs, conditions = knowledge.vocabulary["sign"], knowledge.vocabulary["condition"]
    for sign in known.signs.values():
        for code in sign.signs:
            if code not in signs and code not in conditions:
                yield f"caregiver/danger.toml [sign.{sign.id}]: no sign or condition {code}"
        for question, reply in sign.when.items():
            if question not in known.sheet.questions or reply not in known.sheet.questions[question].replies:
                yield f"caregiver/danger.toml [sign.{sign.id}]: no answer {question} = {reply}"
    sheet = known.sheet
    for question in (*sheet.questions.values(), *sheet.words.values(), *sheet.measures.values()):
        if question.group not in sheet.groups:
            yield f"caregiver/sheet.toml [{question.id}]: no group {question.group}"
    for question in sheet.questions.values():
        for reply in question.replies.values():
            where = f"caregiver/sheet.toml [question.{question.id}] {reply.id}"
            for code, there, what in (
                (reply.sign, signs, "sign"),
                (reply.condition, conditions, "condition"),
                (reply.danger, known.signs, "danger sign"),
            ):
                if code is not None and code not in there:
                    yield f"{where}: no {what} {code}"
            stands_for = known.signs.get(reply.danger or "")
            if stands_for is not None and {reply.sign, reply.condition}.isdisjoint(stands_for.signs):
                yield f"{where}: stands for {reply.danger}, but for none of its signs"


def _plain(known: Caregiver, knowledge: Knowledge) -> Iterator[str]:
    """There are plain words for every claim, rule of safety, nutrient and note that a parent may be shown, and for no other."""
    feeding = load_feeding(Path(knowledge.directory))
    safety = {rule.id for rule in feeding.rules.values() if rule.from_months < _UNTIL_MONTHS}
    goals = {*feeding.plan["goals"]["nutrients"], *feeding.plan["reported"]["aimed_up"], "vitamin_d"}
    article = read_csv(Path(knowledge.directory) / "feeding" / "article.csv")
    claims = {name for name in known.article if name not in ("of", "verdict")}
    plain, foods = known.feeding, known.foods
    pairs: tuple[tuple[str, Set[str], Set[str]], ...] = (
        ("article.toml", claims, set(knowledge.claims)),
        ("article.toml [verdict]", set(known.article["verdict"]) - {"policy"}, {c.verdict for c in knowledge.claims.values()}),
        ("feeding.toml [safety]", set(plain["safety"]), safety),
        ("feeding.toml [nutrient]", set(plain["nutrient"]), goals),
        ("feeding.toml [milk]", set(plain["milk"]), set(feeding.plan["milk"])),
        ("feeding.toml [goals]", set(plain["goals"]), set(load_intakes().authorities)),
        ("feeding.toml [weighed]", set(plain["weighed"]), {c.weighed for c in feeding.candidates.values()} - {"as eaten"}),
        ("foods.toml [group]", set(foods["group"]), {c.group for c in feeding.candidates.values()}),
        ("foods.toml [note]", set(foods["note"]), {c.note for c in feeding.candidates.values()} - {""}),
        ("foods.toml [article]", set(foods["article"]), {row["food"] for row in article}),
        ("foods.toml [article_caution]", set(foods["article_caution"]), {row["caution"] for row in article} - {""}),
    )
    for where, have, want in pairs:
        yield from (f"caregiver/{where}: no plain words for `{name}`" for name in sorted(want - have))
        yield from (f"caregiver/{where}: `{name}` stands for nothing" for name in sorted(have - want))
    for name in sorted({*plain["leave_out"]} - {*feeding.tags, *feeding.aliases}):
        yield f"caregiver/feeding.toml [leave_out]: no plan can leave out `{name}`"
    for name in sorted({*plain["diet"]} - {*feeding.diets}):
        yield f"caregiver/feeding.toml [diet]: no diet `{name}`"
    yield from _ages(known.feeding["ages"], feeding.plan)


def _ages(ages: list[Table], plan: Table) -> Iterator[str]:
    """What is said by age goes by the ages of plan.toml and names its meals."""
    begins = plan["ages"]["from_months"]
    wanted = [(0, begins), *((of["from_months"], of["before_months"]) for of in plan["meals"])]
    if [(of["from_months"], of["before_months"]) for of in ages] != wanted:
        yield "caregiver/feeding.toml [[ages]]: must be those of feeding/plan.toml"
        return
    for of, meals in zip(ages[1:], plan["meals"], strict=True):
        if str(meals["meals"]) not in of["says"]:
            yield f"caregiver/feeding.toml [[ages]] {of['title']}: does not name {meals['meals']} meals"
