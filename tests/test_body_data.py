"""The knowledge of the body: every figure has grounds, and data that does not hold together is refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from itertools import islice
from math import exp, log
from pathlib import Path
from statistics import mean, stdev

import pytest
from tools.body_fit import task

from neomag.body.between import infants, log_sds
from neomag.body.data import figures, words
from neomag.body.parameters import parameters
from neomag.body.scenario import names, read, shipped
from neomag.body.spreads import spreads
from neomag.body.targets import GROUPS, targets
from neomag.body.validate import attempts
from neomag.knowledge import DATA, Knowledge, KnowledgeError, load

Change = Callable[[str, str, str], None]


@pytest.fixture
def change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Change:
    """Puts other text into a file of a copy of the knowledge, which is then the one in force."""
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    monkeypatch.setenv("NEOMAG_KNOWLEDGE", str(folder))

    def put(name: str, old: str, new: str) -> None:
        path = folder / "body" / name
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")

    return put


@pytest.mark.parametrize("name", ["stores", "parameters", "words", "between"])
def test_every_figure_has_grounds(knowledge: Knowledge, name: str) -> None:
    for figure in figures(name, knowledge).values():
        assert figure.sources or figure.policy
        assert set(figure.sources) <= set(knowledge.sources)


def test_what_was_fitted_is_marked_with_its_spread(knowledge: Knowledge) -> None:
    marked = {f.id: f for f in figures("parameters", knowledge).values() if f.fitted}
    assert marked.keys() == {prior.name.replace("_", "-") for prior in task(knowledge).priors}
    assert all(f.log_sd for f in marked.values())


def test_the_fit_sees_fitted_targets_and_no_other(knowledge: Knowledge) -> None:
    given = task(knowledge)
    assert {t.id for t in given.targets} == {t.id for t in targets(knowledge) if t.group == "fitted"}
    assert given.doubts.keys() == {t.id for t in given.targets}
    usual = min(given.doubts.values())
    assert all(prior.log_sd > 0 for prior in given.priors)
    # A doubt is never smaller than the criterion, so no target weighs more than another without a reason.
    assert usual == pytest.approx(0.1)


def test_what_varies_between_infants_is_drawn_as_it_says(knowledge: Knowledge) -> None:
    given = read(
        {"says": "A test.", "infant": {"weight": "3.4 kg"}, "lasts": "1 d", "mother": {"level": "2 mmol/L", "for": "1 d"}},
        "test", knowledge,
    )  # fmt: skip
    drawn = list(islice(infants(given, 7, knowledge), 3000))
    assert drawn[:20] == list(islice(infants(given, 7, knowledge), 20))
    assert drawn[0] != next(infants(given, 8, knowledge))
    reads = {
        "start": lambda s: s.level, "mother": lambda s: s.mother[0], "filtration": lambda s: s.infant.p.filtration_week_4,
        "fluid": lambda s: s.infant.p.fluid, "threshold": lambda s: s.infant.p.threshold,
        "absorption": lambda s: s.infant.p.transporter,
    }  # fmt: skip
    for name, sd in log_sds(knowledge).items():
        values = [log(reads[name](s) / reads[name](given)) for s in drawn]
        assert stdev(values) == pytest.approx(sd, rel=0.06)
        assert mean(values) == pytest.approx(0, abs=4 * sd / len(drawn) ** 0.5)
        assert figures("between", knowledge)[name].centre == pytest.approx((exp(sd**2) - 1) ** 0.5)
    p, base = drawn[0].infant.p, given.infant.p
    assert p.filtration_birth / base.filtration_birth == pytest.approx(p.filtration_month_12 / base.filtration_month_12)
    assert p.deep == base.deep


def test_the_newborns_stores_sum_to_its_content(knowledge: Knowledge) -> None:
    p = parameters(knowledge)
    fluid = p.level * (p.plasma + (p.fluid - p.plasma) * (p.ultrafilterable - p.ultrafilterable_deficit))
    content = figures("stores", knowledge)["content"].centre
    assert p.fast + p.muscle + p.bone + p.deep + p.release + fluid == pytest.approx(content, rel=0.02)


def test_the_label_says_what_it_is_not_for(knowledge: Knowledge) -> None:
    label = words(knowledge)["label"]
    assert "teaching and research" in label
    assert "Not for predicting or dosing" in label


def test_every_scenario_that_ships_is_read(knowledge: Knowledge) -> None:
    assert len(names()) >= 8
    for name in names():
        found = shipped(name, knowledge)
        assert found.says
        assert found.sources or found.policy


def test_every_target_of_the_dossier_is_there(knowledge: Knowledge) -> None:
    found = targets(knowledge)
    counts = {group: sum(t.group == group for t in found) for group in GROUPS}
    # Of the dossier 15 rows of the fit, 15 published items of group A and 6 of group B, some of which have two figures; and
    # two more that are fitted to, and four that are not, read later.
    assert counts == {"fitted": 17, "seen": 23, "unseen": 8}
    assert len({t.name for t in found}) == len(found)
    for target in found:
        assert target.sources
        assert target.accepted != (None, None)


def test_no_criterion_is_wider_than_what_is_published(knowledge: Knowledge) -> None:
    for target in targets(knowledge):
        published, (low, high) = target.published, target.accepted
        if published.low is not None or published.high is not None:
            assert (low, high) == (published.low, published.high)
        else:
            assert published.value is not None
            assert (low, high) == (pytest.approx(0.9 * published.value), pytest.approx(1.1 * published.value))


def test_every_attempt_is_kept(knowledge: Knowledge) -> None:
    kept = attempts(knowledge)
    assert kept[0].unseen == "2 of 6"
    assert [a.id for a in kept[:4]] == ["first-model", "written-anew", "filtration-after-4-weeks", "levene-after-the-end"]
    assert len(kept) >= 9


def read_all(knowledge: Knowledge) -> None:
    figures("stores", knowledge)
    figures("words", knowledge)
    parameters(knowledge)
    targets(knowledge)
    attempts(knowledge)
    log_sds(knowledge)
    spreads(knowledge)
    task(knowledge)


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("stores.toml", 'sources = ["CAMB-VLBW"]', 'sources = ["NOBODY"]', "source NOBODY is not in sources.toml"),
        ("stores.toml", 'sources = ["CAMB-VLBW"]\n', "", "[accretion]: needs sources, or policy"),
        ("stores.toml", 'unit = "mmol/kg"', 'unit = "mgs"', "[content]: unit must be one of"),
        ("stores.toml", "low = 5.3", "low = 6.3", "[accretion]: must be low <= value <= high"),
        ("stores.toml", "value = 8.9", "value = nan", "[content]: low, value and high must be finite"),
        ("stores.toml", "value = 8.9", "value = -8.9", "[content]: must not be negative"),
        ("stores.toml", "value = 8.9", "mean = 8.9", "[content]: mean is not known here"),
        ("stores.toml", "[content]", "[content", "body/stores.toml"),
        ("parameters.toml", "[level]", "[levels]", "[level]: is missing"),
        ("parameters.toml", "[level]", "[levels]", "[levels]: is no parameter"),
        ("words.toml", 'says = "For teaching', 'said = "For teaching', "[label]: says is missing"),
        ("targets.toml", 'group = "fitted"', 'group = "good"', "[levene-250]: group must be one of"),
        ("targets.toml", 'measure = "rise"', 'measure = "ris"', "[levene-250]: measure must be one of"),
        ("targets.toml", 'weight = "3.4 kg"', 'weight = "3.4"', "infant.weight"),
        ("targets.toml", 'sources = ["LEV95"', 'sources = ["LEV59"', "source LEV59 is not in sources.toml"),
        ("attempts.toml", 'sources = ["KINETICS"]', "", "[first-model]: needs sources, or policy"),
        ("between.toml", "[fluid]", "[fluids]", "[fluids]: is nothing that varies"),
        ("spreads.toml", 'statistic = "sd"', 'statistic = "spread"', "[ariceta]: statistic must be one of"),
        ("spreads.toml", "value = 0.08", "high = 0.08", "[ariceta]: value is missing"),
        ("spreads.toml", "low = 0.55\n", "", "[week-1]: low and high are needed"),
        ("spreads.toml", "below = 1.6\n", "", "[mehta-1]: below is missing"),
        ("spreads.toml", "fitted = false", 'fitted = "no"', "fitted must be true or false"),
        ("spreads.toml", 'weight = "6 kg"', 'weight = "6"', "infant.weight"),
        ("fit.toml", "[prior.release]", "[prior.releases]", "[prior.releases]: is no parameter"),
        ("fit.toml", "[doubt-of.trpm6-oral]", "[doubt-of.poon]", "[doubt-of.poon]: is no fitted target"),
        ("fit.toml", 'policy = "One infant."', "", "[doubt-of.trpm6-untreated]: needs sources, or policy"),
    ],
)  # fmt: skip
def test_data_that_does_not_hold_is_refused(change: Change, name: str, old: str, new: str, says: str) -> None:
    change(name, old, new)
    known = load()
    with pytest.raises(KnowledgeError) as error:
        read_all(known)
    assert says in str(error.value)
