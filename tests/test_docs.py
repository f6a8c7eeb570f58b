"""The documentation: its examples run, what it names exists, its generated pages are current, it builds."""

from __future__ import annotations

import ast
import doctest
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from tools.docs_pages import DOCS, pages

from neomag.findings.catalogue import entries
from neomag.knowledge import Knowledge

ROOT = DOCS.parent
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
GENERATED = {"rules.md", "sources.md", "intervals.md", "article.md", "codes.md"}
WRITTEN = [page for page in PAGES if page.name not in GENERATED]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def text(page: Path) -> str:
    return page.read_text("utf-8")


def examples(page: Path) -> str:
    blocks = re.findall(r"```python\n(.*?)```", text(page), re.DOTALL)
    return "\n".join(block for block in blocks if ">>>" in block)


@pytest.mark.parametrize("page", [p for p in WRITTEN if examples(p)], ids=lambda p: p.name)
def test_examples_run(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    told: list[str] = []
    example = doctest.DocTestParser().get_doctest(examples(page), {}, page.name, str(page), 0)
    result = doctest.DocTestRunner(optionflags=FLAGS).run(example, out=told.append)
    assert result.attempted
    assert not result.failed, "".join(told)


def test_the_readme_has_an_example() -> None:
    assert examples(ROOT / "README.md")


def exists(name: str, knowledge: Knowledge) -> bool:
    """Whether `kind:code` names a living part of the knowledge (or, for `page:`, a page)."""
    kind, _, code = name.partition(":")
    if kind == "page":
        return (DOCS / code).is_file()
    if kind == "interval":
        return any(code in {i.id, i.authority} for i in knowledge.intervals)
    return code in {
        "rule": knowledge.rules, "finding": entries(knowledge), "setting": knowledge.settings, "table": knowledge.tables,
        "action": knowledge.actions, "block": knowledge.blocks, "cause": knowledge.causes, "caveat": knowledge.caveats,
        "consider": knowledge.differential, "problem": knowledge.problems, "source": knowledge.sources,
    }.get(kind, ())  # fmt: skip


@pytest.mark.parametrize("page", WRITTEN, ids=lambda p: p.name)
def test_what_a_page_names_exists(page: Path, knowledge: Knowledge) -> None:
    kinds = "rule|finding|setting|interval|table|action|block|cause|caveat|consider|problem|source"
    named = re.findall(rf"`((?:{kinds}):[\w-]+)`", text(page))
    assert [name for name in named if not exists(name, knowledge)] == []


def test_clinical_decisions_name_what_carries_them(knowledge: Knowledge) -> None:
    sections = re.split(r"^### ", text(DOCS / "clinical-decisions.md"), flags=re.MULTILINE)[1:]
    assert len(sections) >= 30
    for section in sections:
        title = section.splitlines()[0]
        assert "**Decided:**" in section, title
        named = re.findall(r"`((?:rule|finding|setting|interval):[\w-]+)`", section)
        assert any(exists(name, knowledge) for name in named), title


def test_every_claim_of_the_article_has_a_living_counterpart(knowledge: Knowledge) -> None:
    assert len(knowledge.claims) == 29
    dead = {c.id: [n for n in c.counterparts if not exists(n, knowledge)] for c in knowledge.claims.values()}
    assert {claim: names for claim, names in dead.items() if names} == {}
    assert all(claim.counterparts for claim in knowledge.claims.values())


# The hazard log


@cache
def functions(path: str) -> set[str]:
    file = ROOT / path
    if not file.is_file():
        return set()
    return {node.name for node in ast.walk(ast.parse(text(file))) if isinstance(node, ast.FunctionDef)}


def hazards() -> list[list[str]]:
    rows = [line for line in text(DOCS / "hazards.md").splitlines() if line.startswith("| H-")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_there_are_enough_hazards_and_each_is_whole() -> None:
    rows = hazards()
    assert len(rows) >= 18
    assert [row[0] for row in rows] == [f"H-{n:02}" for n in range(1, len(rows) + 1)]
    assert all(len(row) == 8 and all(row) for row in rows)


@pytest.mark.parametrize("row", hazards(), ids=lambda row: row[0])
def test_a_hazard_is_mitigated_by_rules_and_tests_that_exist(row: list[str], knowledge: Knowledge) -> None:
    rules, tests = (re.findall(r"`([^`]+)`", row[place]) for place in (5, 6))
    assert rules
    assert tests
    assert [rule for rule in rules if rule not in knowledge.rules] == []
    for node in tests:
        path, _, name = node.partition("::")
        assert name in functions(path), f"{node} is not there"


# The pages


def test_the_generated_pages_are_current(knowledge: Knowledge) -> None:
    stale = [name for name, made in pages(knowledge).items() if text(DOCS / name) != made]
    assert stale == [], "run `make docs` and commit what it writes"


def test_the_picture_is_there() -> None:
    picture = text(DOCS / "img" / "answer.svg")
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")
    assert "\x1b" not in picture


def test_links_of_the_readme_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text(ROOT / "README.md"))
    local = [link for link in links if not link.startswith(("http://", "https://", "mailto:"))]
    assert local
    assert [link for link in local if not (ROOT / link).exists()] == []


def test_pages_say_no_machine_path() -> None:
    for page in [*PAGES, ROOT / "mkdocs.yml"]:
        assert not re.search(r"(?<![\w.:/])/(?:work|tmp|home|root)/", text(page)), page.name


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "site" / "rules" / "index.html").is_file()
