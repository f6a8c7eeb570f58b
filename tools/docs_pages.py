"""Writes the generated pages of the documentation from the knowledge, so that they cannot say anything else.

`python -m tools.docs_pages` writes them; tests/test_docs.py checks that the committed ones are current.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from neomag import ages
from neomag.intervals import DEFAULT, in_canonical
from neomag.knowledge import DATA, Claim, Interval, Knowledge, RuleEntry, Source, load
from neomag.knowledge.feeding_checks import CITED
from neomag.rules import rulebook

DOCS = Path(__file__).parent.parent / "docs"
MADE = "<!-- Made by tools/docs_pages.py from the knowledge; not for editing. `make docs` writes it anew. -->"

RULE_FILES = {
    "urgency": "Urgency",
    "level": "The level",
    "suspicion": "Suspicion",
    "calcium": "Calcium",
    "magnesium": "Giving magnesium",
    "contexts": "Contexts",
    "patterns": "Patterns",
    "differential": "What else it may be",
    "workup": "Work-up and feeding",
}
VERDICTS = {
    "agrees": "The evidence agrees",
    "partly": "Partly right",
    "corrupted": "Corrupted in translation or print",
    "wrong": "Wrong",
    "outdated": "Outdated",
    "dangerous": "Dangerous as written",
    "omission": "Left out",
}
KINDS = {"sign": "Signs", "condition": "Conditions", "drug": "Drugs (`given`)", "lab": "Laboratory and bedside values (`lab`)"}
# Ages at which authorities are set side by side.
MOMENTS = ("12 h", "3 d", "14 d", "2 mo", "8 mo", "18 mo")
UNITS_FROM, UNITS_TO = "<!-- units: begin -->", "<!-- units: end -->"


def plain(text: str) -> str:
    """`text` with the signs that Markdown would take for markup written out."""
    return re.sub(r"([*_\[\]|`])", r"\\\1", text.replace("&", "&amp;").replace("<", "&lt;"))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A Markdown table; cells are Markdown already."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell or '–' for cell in row)} |"
    yield ""


def cited(keys: Iterable[str]) -> str:
    """Keys of the bibliography, each a link to its entry."""
    return ", ".join(f"[{key}](sources.md#{key.lower()})" for key in keys)


def coded(codes: Iterable[str]) -> str:
    """Codes as code."""
    return ", ".join(f"`{code}`" for code in codes)


def number(value: float | None) -> str:
    """A limit in at most three decimals; a dash where there is none."""
    return "–" if value is None else f"{value:.3f}".rstrip("0").rstrip(".")


def age(span: int) -> str:
    """An age in the unit a reader would use."""
    for unit in ("y", "mo", "d", "h"):
        if span and span % ages.SECONDS[unit] == 0 and not (unit == "d" and span == ages.DAY):
            return f"{span // ages.SECONDS[unit]} {unit}"
    return ages.written(span)


# rules.md


def rule(entry: RuleEntry) -> Iterator[str]:
    """One rule in full: its text, what follows when it is true, and what it rests on."""
    yield f"#### {entry.id}\n"
    yield f"{plain(entry.says)}\n"
    yield f"```sql\n{entry.when}\n```\n"
    follows = [
        ("urgency", entry.urgency), ("status", entry.status), ("grade", entry.grade), ("suspicion", entry.suspicion),
        ("context", entry.context), ("problem", entry.problem),
    ]  # fmt: skip
    said = [f"{name} `{value}`" for name, value in follows if value]
    lists = [
        ("advises", entry.actions), ("blocks", entry.blocks), ("names causes", entry.causes), ("considers", entry.consider),
        ("caveats", entry.caveats),
    ]  # fmt: skip
    said += [f"{name} {coded(codes)}" for name, codes in lists if codes]
    yield f"- When true: {'; '.join(said) if said else 'used by other rules'}."
    if entry.any_age:
        yield "- Also counts above 24 months."
    if entry.sources:
        yield f"- Sources: {cited(entry.sources)}"
    if entry.policy:
        yield f"- Policy: {plain(entry.policy)}"
    yield ""


def rules(known: Knowledge) -> Iterator[str]:
    """The page of all rules, grouped by file."""
    files = {name.removeprefix("rules/"): list(table) for name, table in known.tables.items() if name.startswith("rules/")}
    yield "# All rules\n"
    yield f"{MADE}\n"
    yield (
        f"Knowledge {known.version} holds {len(known.rules)} rules. Each shows its text, what follows when it is true, and its "
        "grounds: sources, or a policy where no source decides. The language is explained in [Add a rule](knowledge-format.md).\n"
    )
    yield from table(
        ("file", "rules"),
        ((f"[{title}](#{slug(title)}) (`{name}.toml`)", str(len(files[name]))) for name, title in _titles(files)),
    )
    for name, title in _titles(files):
        yield f"## {title} {{#{slug(title)}}}\n"
        for code in files[name]:
            yield from rule(known.rules[code])


def _titles(files: Iterable[str]) -> list[tuple[str, str]]:
    order = [*RULE_FILES, *sorted(set(files) - RULE_FILES.keys())]
    return [(name, RULE_FILES.get(name, name.capitalize())) for name in order if name in files]


def slug(title: str) -> str:
    """The anchor of a group of rules; `file-` keeps it apart from rules of the same name."""
    return "file-" + re.sub(r"\W+", "-", title.lower()).strip("-")


# sources.md


def used(known: Knowledge) -> dict[str, int]:
    """How many entries of the knowledge rest on each source."""
    found = dict.fromkeys(known.sources, 0)

    def count(value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                for source in inner if key == "sources" else [inner] if key == "source" else ():
                    found[source] = found.get(source, 0) + 1
                if key not in {"sources", "source"}:
                    count(inner)
        elif isinstance(value, list):
            for inner in value:
                count(inner)

    for name, content in known.tables.items():
        if name != "sources":
            count(content)
    for room in ("body", "feeding"):
        for path in sorted((Path(known.directory) / room).glob("*.toml")):
            count(tomllib.loads(path.read_text("utf-8")))
    for name, columns in CITED.items():
        with (Path(known.directory) / "feeding" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                count({"sources": [key for column in columns for key in row[column].split() if key in found]})
    return found


def source(entry: Source, times: int) -> str:
    """One source, as a list item with an anchor of its own."""
    year = f" ({entry.year})" if entry.year and str(entry.year) not in entry.title else ""
    link = f" [{plain(entry.link)}](<{entry.link}>)." if entry.link else ""
    note = f" {plain(entry.note)}" if entry.note else ""
    return f"- **{entry.key}**{{#{entry.key.lower()}}} {plain(entry.title)}{year}.{link} Read: {entry.read}. Used {times} times.{note}"


def sources(known: Knowledge) -> Iterator[str]:
    """The bibliography."""
    times = used(known)
    how = {read: sum(s.read == read for s in known.sources.values()) for read in ("full", "abstract", "excerpt")}
    yield "# Sources\n"
    yield f"{MADE}\n"
    yield (
        f"The bibliography of knowledge {known.version}: {len(known.sources)} sources. `Read` says how far each was read: "
        f"{how['full']} in full, {how['abstract']} as an abstract, {how['excerpt']} as an excerpt. An excerpt can be torn from its "
        "context: treat a claim that rests on excerpts alone as unconfirmed.\n"
    )
    for entry in sorted(known.sources.values(), key=lambda s: s.key):
        yield source(entry, times[entry.key])
    yield ""


# intervals.md


def side_by_side(rows: Sequence[Interval], known: Knowledge) -> Iterator[str]:
    """What every authority and group says at a few ages, in the canonical unit; neomag's own first."""

    def limits(of: Sequence[Interval], moment: str) -> str:
        at = next((i for i in of if i.start <= ages.seconds(moment) < i.end), None)
        if at is None:
            return "–"
        low, high = in_canonical(at, known)
        return (
            f"{number(low)} to {number(high)}"
            if None not in (low, high)
            else f"≥ {number(low)}"
            if high is None
            else f"≤ {number(high)}"
        )

    keyed = sorted(rows, key=lambda i: (i.authority != DEFAULT, i.authority.lower(), i.group))
    for (authority, group), of in groupby(keyed, key=lambda i: (i.authority, i.group)):
        some = list(of)
        cells = [limits(some, moment) for moment in MOMENTS]
        if any(cell != "–" for cell in cells):
            name = f"**{authority}** (default)" if authority == DEFAULT else plain(authority)
            yield f"| {name} | {group} | {' | '.join(cells)} |"


def intervals(known: Knowledge) -> Iterator[str]:
    """The page of reference intervals, authorities side by side."""
    yield "# Reference intervals\n"
    yield f"{MADE}\n"
    yield (
        f"Knowledge {known.version} holds {len(known.intervals)} reference intervals. Authorities that disagree are all kept. `neomag` "
        "is the default: it names the authority it follows. A laboratory's own interval, given in the case, replaces the default one.\n"
    )
    yield (
        "Groups: `elbw` is birth weight under 1000 g, `vlbw` under 1500 g, `cord` is cord blood, `antenatal-magnesium` means that the "
        "mother was given magnesium. The first table of each analyte shows limits at six ages; the second every entry as it was "
        "printed. `from` is included, `to` is not. `derived` is arithmetic from a published mean and SD.\n"
    )
    by: dict[str, list[Interval]] = {}
    for interval in known.intervals:
        by.setdefault(interval.analyte, []).append(interval)
    for code, rows in by.items():
        unit = known.analytes[code].canonical
        yield f"## {code}\n"
        yield f"At six ages, in {unit}:\n"
        yield f"| authority | group | {' | '.join(MOMENTS)} |\n|---|---|{'---|' * len(MOMENTS)}"
        yield from side_by_side(rows, known)
        yield "\nEvery entry:\n"
        yield from table(
            ("id", "authority", "group", "from", "to", "low", "high", "unit", "population", "basis", "source", "note"),
            (
                (
                    f"`{i.id}`", plain(i.authority), i.group, age(i.start), age(i.end), number(i.low), number(i.high), i.unit,
                    plain(i.population), i.basis, cited([i.source]), plain(i.note),
                )
                for i in rows
            ),
        )  # fmt: skip


# article.md


def counterpart(name: str) -> str:
    """What acts on a claim, linked where a page shows it."""
    kind, _, of = name.partition(":")
    target = {"rule": f"rules.md#{of}", "page": of, "table": "intervals.md" if of == "intervals" else ""}.get(kind, "")
    return f"[`{name}`]({target})" if target else f"`{name}`"


def claim(entry: Claim) -> Iterator[str]:
    """One claim: what it says, what was meant, the evidence, the verdict, and what acts on it."""
    yield f"## {entry.id}: {entry.verdict}\n"
    yield from table(
        ("", ""),
        [
            ("Says", plain(entry.says)),
            ("Meant", plain(entry.meant)),
            ("Evidence", plain(entry.evidence)),
            ("Verdict", VERDICTS[entry.verdict]),
            ("Acts on it", ", ".join(counterpart(name) for name in entry.counterparts)),
            *([("Sources", cited(entry.sources))] if entry.sources else []),
            *([("Policy", plain(entry.policy))] if entry.policy else []),
        ],
    )


def article(known: Knowledge) -> Iterator[str]:
    """The article neomag started from, held against the evidence."""
    yield "# The article, checked\n"
    yield f"{MADE}\n"
    yield (
        "neomag started from a short health article: a machine translation of an older text. Every claim of it is held against the "
        "evidence here. Claims are paraphrased. Each names what in neomag acts on it; a test fails when that no longer exists. "
        "The same list is printed by `neomag article`.\n"
    )
    counts = {verdict: sum(c.verdict == verdict for c in known.claims.values()) for verdict in VERDICTS}
    yield from table(("verdict", "claims"), ((VERDICTS[v], str(n)) for v, n in counts.items() if n))
    for entry in known.claims.values():
        yield from claim(entry)


# codes.md, and the units in case.md


def codes(known: Knowledge) -> Iterator[str]:
    """The codes of a case."""
    yield "# Codes of a case\n"
    yield f"{MADE}\n"
    yield (
        "Every sign, condition, drug and value that a case can name. A code that is not here is refused, and the nearest valid one is "
        "named. `Also said` is only a help for finding a code: a case must use the code itself.\n"
    )
    for kind, title in KINDS.items():
        yield f"## {title}\n"
        terms = known.vocabulary[kind].values()
        yield from table(
            ("code", "meaning", "also said"),
            ((f"`{t.code}`", plain(t.meaning), plain(", ".join(t.also_said))) for t in terms),
        )


def units(known: Knowledge) -> Iterator[str]:
    """The table of accepted units in case.md."""
    yield UNITS_FROM
    yield ""
    rows: list[tuple[str, ...]] = []
    for analyte in known.analytes.values():
        bands = "; ".join(f"{number(low)} to {number(high)} {unit}" for unit, (low, high) in analyte.plausible.items())
        refused = "; ".join(f"`{unit}`: {plain(why)}" for unit, why in analyte.refused.items())
        accepted = coded(analyte.units) + (" (may be left out)" if analyte.unitless else "")
        rows.append((f"`{analyte.code}`", accepted, bands, refused))
    yield from table(("analyte", "accepted units", "used only within", "named refusals"), rows)
    yield UNITS_TO


def case_page(text: str, known: Knowledge) -> str:
    """case.md as it stands, with its table of units made anew."""
    before, rest = text.split(UNITS_FROM)
    return before + "\n".join(units(known)) + rest.split(UNITS_TO)[1]


def readme(text: str, known: Knowledge) -> str:
    """README.md as it stands, with what `neomag knowledge check` says written anew."""
    said = (
        f"Knowledge {known.version} holds together: {len(known.rules)} rules over {len(rulebook(known).findings)} findings, "
        f"{len(known.intervals)} intervals, {len(known.sources)} sources, {len(known.claims)} claims."
    )
    return re.sub(r"Knowledge \S+ holds together: .*", said, text)


def pages(known: Knowledge | None = None) -> dict[str, str]:
    """Every generated page by its path from docs/."""
    known = known or load(DATA)
    made = {"rules": rules, "sources": sources, "intervals": intervals, "article": article, "codes": codes}
    found = {f"{name}.md": "\n".join(make(known)).rstrip() + "\n" for name, make in made.items()}
    found["case.md"] = case_page((DOCS / "case.md").read_text("utf-8"), known)
    found["../README.md"] = readme((DOCS / "../README.md").read_text("utf-8"), known)
    return found


if __name__ == "__main__":
    for name, text in pages().items():
        (DOCS / name).write_text(text, "utf-8")
