"""The rule language: what it reads, what it refuses, three values, why, and the same answer from every compiler."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neomag.knowledge import Knowledge, KnowledgeError, Signature, load
from neomag.rules import Rulebook, python, rulebook, tree
from neomag.rules import duckdb as to_duckdb
from neomag.rules.parse import RuleError, parse
from neomag.rules.tree import And, AtLeast, Compare, Is, Known, Name, Node, Not, Or
from neomag.rules.why import Explainer

SIGNATURES = {
    "a": Signature("truth"),
    "b": Signature("truth"),
    "c": Signature("truth"),
    "n": Signature("count"),
    "mg": Signature("quantity", unit="mmol/L", analyte="magnesium"),
    "limit": Signature("quantity", unit="mmol/L", analyte="magnesium"),
    "ca": Signature("quantity", unit="mmol/L", analyte="calcium"),
    "age": Signature("quantity", unit="s"),
    "weeks": Signature("quantity", unit="wk"),
    "weight": Signature("quantity", unit="g"),
    "state": Signature("word", words=("low", "normal", "high")),
}


def read(text: str, rules: Mapping[str, str] | None = None) -> Node:
    return parse(text, SIGNATURES.get, rules or {}, {"context.strong": ("r1", "r2"), "context.none": ()}, load())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", Name("a")),
        ("a and b and c", And((Name("a"), Name("b"), Name("c")))),
        ("a or (b or c)", Or((Name("a"), Name("b"), Name("c")))),
        ("not a", Not(Name("a"))),
        ("n >= 2", Compare(">=", "n", 2, "2")),
        ("2 <= n", Compare(">=", "n", 2, "2")),
        ("mg < '0.60 mmol/L'", Compare("<", "mg", 0.6, "'0.60 mmol/L'")),
        ("mg < '1.4583 mg/dL'", Compare("<", "mg", 0.6, "'1.4583 mg/dL'")),
        ("mg < '1.2 mEq/L'", Compare("<", "mg", 0.6, "'1.2 mEq/L'")),
        ("mg < limit", Compare("<", "mg", Name("limit"), "limit")),
        ("age < '28 d'", Compare("<", "age", 28 * 86400, "'28 d'")),
        ("weeks < '37 wk'", Compare("<", "weeks", 37.0, "'37 wk'")),
        ("weight < '1.5 kg'", Compare("<", "weight", 1500.0, "'1.5 kg'")),
        ("state = 'low'", Compare("=", "state", "low", "'low'")),
        ("state <> 'low'", Compare("<>", "state", "low", "'low'")),
        ("mg is null", Known("mg", negated=False)),
        ("mg is not null", Known("mg", negated=True)),
        ("a is not true", Is(Name("a"), True, negated=True)),
        ("(a or b) is false", Is(Or((Name("a"), Name("b"))), False, negated=False)),
        ("a is null", Is(Name("a"), None, negated=False)),
        ("at_least(2, a, b, c)", AtLeast(2, (Name("a"), Name("b"), Name("c")))),
    ],
)
def test_read(text: str, expected: Node) -> None:
    found = read(text)
    assert found == expected
    assert tree.from_data(tree.to_data(found)) == found
    assert read(tree.text(found)) == found


def test_a_group_stands_for_its_rules() -> None:
    rules = {"r1": "r1", "r2": "r2"}
    assert read("at_least(2, context.strong, a)", rules) == AtLeast(2, (Name("r1"), Name("r2"), Name("a")))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a and", "cannot be parsed"),
        ("apnea", "unknown name `apnea`"),
        ("n", "is a count; compare it"),
        ("mg", "is a quantity; compare it"),
        ("mg < 0.6", "write the number with its unit"),
        ("mg < '0.6'", "number and its unit"),
        ("mg < '0.6 kg'", "cannot have unit"),
        ("mg < '0.6 mg/L'", "tenfold"),
        ("ca < '2 mg/L'", "refused"),
        ("age < '28 mmol/L'", "write an age"),
        ("weeks < '37 d'", "compared with weeks"),
        ("weight < '1500 mmol/L'", "convert"),
        ("mg < ca", "unlike findings"),
        ("a = b", "unlike findings"),
        ("state = 'lo'", "low, normal, high"),
        ("state < 'low'", "= or <>"),
        ("n >= '2'", "plain number"),
        ("n >= 2.5", "plain number"),
        ("a = 1", "truth is not compared"),
        ("mg is true", "not a truth"),
        ("a is 3", "true, false and null"),
        ("mg + 1 > 2", "compares no finding|not in the rule language"),
        ("mg < ca + 1", "compare with"),
        ("mg between 1 and 2", "not in the rule language"),
        ("a in (1, 2)", "not in the rule language"),
        ("select 1", "not in the rule language"),
        ("exists(select 1)", "not in the rule language"),
        ("at_least(a, b)", "needs a number"),
        ("at_least(2)", "needs a number"),
        ("at_least(1, context.none)", "no rule is in the group"),
        ("context.strong", "only inside at_least"),
        ("random() > 1", "compares no finding"),
        ("case when a then b end", "not in the rule language"),
        ("r1 = 'low'", "is a rule; it cannot be compared"),
    ],
)
def test_refused(text: str, says: str) -> None:
    with pytest.raises(RuleError, match=says):
        read(text, {"r1": "r1"})


def test_every_value_of_every_connective() -> None:
    """Kleene's tables, spelt out."""
    cases = {
        ("a and b", True, True): True, ("a and b", True, None): None, ("a and b", None, None): None,
        ("a and b", False, None): False, ("a and b", None, False): False, ("a and b", True, False): False,
        ("a or b", False, False): False, ("a or b", False, None): None, ("a or b", None, None): None,
        ("a or b", True, None): True, ("a or b", None, True): True, ("a or b", True, False): True,
        ("not a", True, None): False, ("not a", False, None): True, ("not a", None, None): None,
        ("a is true", None, None): False, ("a is not true", None, None): True, ("a is null", None, None): True,
        ("a is not false", None, None): True, ("a is false", False, None): True,
    }  # fmt: skip
    for (text, a, b), expected in cases.items():
        assert Explainer({"r": read(text)}, {"a": a, "b": b}).value(read(text)) is expected, (text, a, b)


# Random rules over random findings: the plain reading, the compiled Python and DuckDB agree.

TRUTH = st.sampled_from([True, False, None])
LEAVES = st.one_of(
    st.sampled_from([Name("a"), Name("b"), Name("c")]),
    st.builds(Compare, st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), st.just("n"), st.integers(0, 3), st.just("")),
    st.builds(Compare, st.sampled_from(["<", "<=", ">", ">="]), st.just("mg"), st.sampled_from([0.4, 0.6, 1e-7]), st.just("")),
    st.builds(Compare, st.sampled_from(["<", ">="]), st.just("mg"), st.just(Name("limit")), st.just("")),
    st.builds(Compare, st.sampled_from(["=", "<>"]), st.just("state"), st.sampled_from(["low", "high"]), st.just("")),
    st.builds(Known, st.sampled_from(["mg", "state", "n"]), st.booleans()),
)


def _larger(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(inner, min_size=1, max_size=4).map(tuple)
    return st.one_of(
        st.builds(Not, inner), st.builds(And, several), st.builds(Or, several), st.builds(Is, inner, TRUTH, st.booleans()),
        st.builds(AtLeast, st.integers(0, 4), several),
    )  # fmt: skip


NODES: st.SearchStrategy[Node] = st.recursive(LEAVES, _larger, max_leaves=12)
FOUND = st.fixed_dictionaries({
    "a": TRUTH, "b": TRUTH, "c": TRUTH, "n": st.integers(0, 3),
    "mg": st.sampled_from([None, 0.4, 0.5, 0.6, 1e-7]), "limit": st.sampled_from([None, 0.5, 0.6]),
    "state": st.sampled_from([None, "low", "normal", "high"]),
})  # fmt: skip
NAMES = ("a", "b", "c", "n", "mg", "limit", "state")
CONNECTION = duckdb.connect()


@given(NODES, st.lists(FOUND, min_size=1, max_size=5))
def test_compilers_agree_on_random_rules(node: Node, rows: list[dict[str, Any]]) -> None:
    plain = [Explainer({"r": node}, row).value(node) for row in rows]
    evaluate = python.compile_source(python.source(NAMES, {"r": node}, ["r"], frozenset({"n"})))
    assert [evaluate([row[n] for n in NAMES])[0] for row in rows] == plain
    columns = to_duckdb.columns({n: SIGNATURES[n] for n in NAMES})
    CONNECTION.execute(f"create or replace table found (place bigint, {columns})")
    marks = ", ".join("?" * (len(NAMES) + 1))
    CONNECTION.executemany(f"insert into found values ({marks})", [[i, *(row[n] for n in NAMES)] for i, row in enumerate(rows)])
    query = to_duckdb.query({"r": node}, ["r"], "found")
    assert [r[0] for r in CONNECTION.execute(f"{query} order by place").fetchall()] == plain


@given(NODES, FOUND)
def test_settling_sets_are_unknown_and_can_settle(node: Node, row: dict[str, Any]) -> None:
    explainer = Explainer({"r": node}, row)
    sets = explainer.settling("r")
    assert bool(sets) <= (explainer.value(node) is None)
    for names in sets:
        assert all(row[n] is None for n in names)
    assert set(explainer.missing("r")) == {n for names in sets for n in names}


@given(NODES, FOUND, st.data())
def test_learning_more_never_changes_what_is_known(node: Node, row: dict[str, Any], data: st.DataObject) -> None:
    before = Explainer({"r": node}, row).value(node)
    unknown = [n for n in ("a", "b", "c") if row[n] is None]
    if unknown and not _two_valued(node):
        learnt = row | {data.draw(st.sampled_from(unknown)): data.draw(st.booleans())}
        after = Explainer({"r": node}, learnt).value(node)
        assert before is None or after is before


def _two_valued(node: Node) -> bool:
    """Whether the rule asks what is known (`is …`): then learning more may change what it says."""
    return isinstance(node, Is | Known) or any(map(_two_valued, tree.children(node)))


def test_why_names_what_decided(book: Rulebook) -> None:
    from tests.conftest import case, sign

    from neomag import assess

    said = assess(case(sign("apnoea"), sign("fever", absent=True)))
    why = said.why("breathing-or-colour-event")
    assert why.value is True
    assert [w.finding for w in why.because[0].because] == ["apnoea"]
    results = {r.id: r for r in said.rules}
    assert results["breathing-or-colour-event"].findings == {"apnoea": True}
    assert results["emergency"].findings == {"apnoea": True}
    assert results["magnesium-deficient"].value is None
    assert results["magnesium-deficient"].missing == ["magnesium"]
    assert results["context-severe-malnutrition"].missing == ["malnutrition_severe"]
    assert len(results) == len(book.entries)


def test_the_smallest_settling_sets() -> None:
    node = read("(a and b) or c")
    explainer = Explainer({"r": node}, {"a": None, "b": None, "c": None})
    assert explainer.settling("r") == [frozenset({"c"})]
    node = read("(a or b) and (b or c)")
    explainer = Explainer({"r": node}, {"a": None, "b": None, "c": None})
    assert explainer.settling("r") == [frozenset({"b"})]
    node = read("at_least(2, a, b, c)")
    explainer = Explainer({"r": node}, {"a": True, "b": None, "c": None})
    assert explainer.settling("r") == [frozenset({"b"}), frozenset({"c"})]


def test_there_are_enough_rules_and_all_stand_on_something(book: Rulebook) -> None:
    assert len(book.entries) >= 100
    assert all(rule.sources or rule.policy for rule in book.entries)


def broken(knowledge: Knowledge, tmp_path: Any, **rules: str) -> list[str]:
    import shutil

    folder = tmp_path / "k"
    shutil.copytree(knowledge.directory, folder, dirs_exist_ok=True)
    text = "".join(
        f'["{name}"]\nsays = "x"\npolicy = "made up for a test"\nwhen = "{when}"\n\n' for name, when in rules.items()
    )
    (folder / "rules" / "zz.toml").write_text(text, "utf-8")
    with pytest.raises(KnowledgeError) as refusal:
        rulebook(load(folder))
    return refusal.value.problems


def test_what_stops_the_build(knowledge: Knowledge, tmp_path: Any) -> None:
    problems = broken(
        knowledge, tmp_path,
        **{"x1": "x2", "x2": "not x1", "apnoea": "cyanosis", "bad-unit": "magnesium < '3 kg'", "bad-name": "apnea"},
    )  # fmt: skip
    text = "\n".join(problems)
    assert "rule [x1]: goes in a circle" in text or "rule [x2]: goes in a circle" in text
    assert "rule [apnoea]: a finding has the same name" in text
    assert "rule [bad-unit]" in text
    assert "rule [bad-name]: unknown name `apnea`" in text
