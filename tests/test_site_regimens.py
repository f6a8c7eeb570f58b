"""A site's own regimens: what they may not be, and that every command sees them."""

from __future__ import annotations

import json
import tempfile
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import example, given
from hypothesis import strategies as st

from neomag.cli import main
from neomag.dosing import DoseInputError, State, calculate, with_site_regimens
from neomag.dosing.after import after
from neomag.knowledge import Knowledge, load

OURS = """
[ours]
says = "Our ward"
authority = "Our ward"
population = "newborn"
indication = "deficiency"
unit = "mg-salt/kg"
amount = ["40", "40"]
mg_per_kg = ["40", "40"]
mmol_per_kg = ["0.162", "0.162"]
routes = ["iv"]
policy = "Agreed by our ward."
"""


def written(tmp_path: Path, *changes: tuple[str, str], more: str = "") -> Path:
    """A site's file with some of its lines replaced, and more added."""
    text = OURS
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = tmp_path / "ours.toml"
    file.write_text(text + more, "utf-8")
    return file


def run(*arguments: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner(env=env).invoke(main, list(arguments))


def dosed(file: Path, *more: str) -> Result:
    return run("dose", "--weight", "3kg", "--serum-mg", "0.45mmol/L", "--regimens", str(file), "--regimen", "ours", *more)


def test_a_site_regimen_is_dosed(tmp_path: Path) -> None:
    done = dosed(written(tmp_path), "--format", "json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["dose"]["mg_salt"] == pytest.approx(120, rel=1e-6)


# What a file may not hold: one clear line each, exit status 2


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("doses = -5", "doses must be more than nothing"),
        ("doses = 0", "doses must be more than nothing"),
        ("doses = 2.5", "doses = 2.5: write a whole number"),
        ('doses = "3"', "doses = 3: write a whole number"),
        ("doses = true", "write a whole number"),
        ('every = "1 h"\ndoses = -5', "doses must be more than nothing"),
        ('every = "0 h"', "every must be more than nothing"),
        ("every = 12", "every = 12: write a time"),
        ('every = "often"', "every = often: write a time"),
        ('percent = "-5"', "percent must be more than nothing"),
        ('percent = "0"', "percent must be more than nothing"),
        ('percent = "101"', "percent must be at most 100"),
        ('percent = "1e9999999"', "write a number"),
        ('percent = "10 %"', "write a number"),
        ("percent = true", "write a number"),
        ("percent = inf", "write a number"),
        ('usable = "false"', "usable = false: write true or false"),
        ('over = ["0 min", "0 min"]', "over needs two figures above nothing"),
        ('over = ["60 min", "30 min"]', "over needs two figures above nothing, the low one first"),
        ('over = ["60 min"]', "over needs two figures"),
        ('over = "60 min"', "over = 60 min: write a list"),
        ("max = 5", "max = 5: write text"),
        ('max = "a lot"', "max a lot is no clear amount"),
        ('max = "500 mg"', "max 500 mg is no clear amount"),
        ('max = "0 mg-salt"', "no clear amount"),
        ('max = "2 mL"', "a maximum in mL needs its product"),
        ('product = "mgso4-51"', "product `mgso4-51` is not in products.toml"),
        ('product = "mg-glycerophosphate-1"', "is not given iv"),
        ('from = "2 mo"\nto = "1 mo"', "from must be before to"),
        ('sources = ["NOBODY99"]', "source NOBODY99 is not in sources.toml"),
        ('sources = "BNFC11"', "write a list"),
        ("tea = 1", "unknown key tea"),
        ('id = "mine"', "unknown key id"),
    ],
)
def test_a_line_that_no_regimen_can_have(line: str, says: str, tmp_path: Path) -> None:
    done = dosed(written(tmp_path, more=line))
    assert done.exit_code == 2, done.output
    assert len(done.stderr.splitlines()) == 1
    assert says in done.stderr
    assert "ours.toml [ours]" in done.stderr


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('amount = ["40", "40"]', 'amount = ["0", "0"]', "amount needs two figures above nothing"),
        ('amount = ["40", "40"]', 'amount = ["40", "20"]', "the low one first"),
        ('amount = ["40", "40"]', 'amount = ["-40", "-40"]', "amount needs two figures above nothing"),
        ('amount = ["40", "40"]', 'amount = ["40"]', "amount needs two figures"),
        ('amount = ["40", "40"]', "amount = [[40, 40], 40]", "write a number"),
        ('routes = ["iv"]', 'routes = [["iv"]]', "write text"),
        ('routes = ["iv"]', "routes = []", "routes must be of iv, im, oral"),
        ('unit = "mg-salt/kg"', "unit = 5", "unit = 5: write text"),
        ('unit = "mg-salt/kg"', 'unit = "mg/kg"', "not an amount by kg that is clear"),
        ('unit = "mg-salt/kg"', 'unit = "mg-salt/kg/h"', "no single dose"),
        ('unit = "mg-salt/kg"', 'unit = "mg-salt"', "not an amount by kg"),
        ('says = "Our ward"\n', "", "says is missing"),
        ('mmol_per_kg = ["0.162", "0.162"]', 'mmol_per_kg = ["0.5", "0.5"]', "entered as"),
        ('policy = "Agreed by our ward."', "", "needs sources, or policy"),
        ("[ours]", "[perth]", "exists already"),
    ],
)
def test_a_line_that_is_not_as_it_must_be(old: str, new: str, says: str, tmp_path: Path) -> None:
    done = dosed(written(tmp_path, (old, new)))
    assert done.exit_code == 2, done.output
    assert all(line.startswith("neomag: ") for line in done.stderr.splitlines())
    assert says in done.stderr


def test_a_rate_is_shown_and_not_dosed(tmp_path: Path) -> None:
    by_hour = written(tmp_path, ('unit = "mg-salt/kg"', 'unit = "mg-salt/kg/h"'), more='usable = false\nwhy = "A rate."\n')
    assert run("dose", "compare", "--weight", "3kg", "--regimens", str(by_hour)).exit_code == 0
    done = dosed(by_hour)
    assert done.exit_code == 2
    assert "comparison only" in done.stderr


def test_every_problem_has_a_line_of_its_own(tmp_path: Path) -> None:
    other = OURS.replace("[ours]", "[theirs]").replace('routes = ["iv"]', "routes = []")
    done = dosed(written(tmp_path, more='doses = 0\npercent = "0"\n' + other))
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 3
    assert "[theirs]" in done.stderr.splitlines()[2]


@pytest.mark.parametrize("text", ["x = 5", "[ours", "= ", "[[ours]]\nsays = 1", "\x00", "ours = " + "[" * 100_000])
def test_a_file_that_holds_no_regimens(text: str, tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_text(text, "utf-8")
    done = dosed(file)
    assert done.exit_code == 2, done.output
    assert "ours.toml" in done.stderr
    assert "Traceback" not in done.output


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.toml", tmp_path):
        done = dosed(path)
        assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)


def test_malnutrition_into_a_vein_needs_its_level(tmp_path: Path, knowledge: Knowledge) -> None:
    own = with_site_regimens(knowledge, written(tmp_path, ('indication = "deficiency"', 'indication = "malnutrition"')))
    found = calculate(State(weight_kg=Fraction(3)), own, regimen="ours")
    assert [line.code for line in found.refused] == ["level-missing"]


def test_an_amount_in_millilitres_names_its_product(tmp_path: Path, knowledge: Knowledge) -> None:
    in_ml = (("mg-salt/kg", "mL/kg"), ('amount = ["40", "40"]', 'amount = ["0.08", "0.08"]'))
    with pytest.raises(DoseInputError, match="needs its product"):
        with_site_regimens(knowledge, written(tmp_path, *in_ml))
    own = with_site_regimens(knowledge, written(tmp_path, *in_ml, more='product = "mgso4-50"\nmax = "0.1 mL"\n'))
    infant = State(weight_kg=Fraction(20), emergency=True)
    assert calculate(infant, own, regimen="ours").dose == calculate(infant, own, amount="0.1mL").dose
    # drawn from another ampoule the magnesium is the same
    weaker = calculate(infant, own, regimen="ours", product="mgso4-10").dose
    assert weaker is not None
    assert weaker.ml == Fraction(1, 2)


KEYS = ["says", "unit", "amount", "mg_per_kg", "mmol_per_kg", "routes", "doses", "every", "over", "percent", "max", "usable", "why", "product", "from", "to"]  # fmt: skip
ONE = st.one_of(
    st.integers(-5, 5), st.booleans(), st.floats(-3, 3), st.sampled_from(["", "0", "-1", "2", "1/3", "1/0", "60 min", "0 h", "2 mL", "mmol/kg", "iv", "mgso4-50", "nan"]),
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(KEYS), st.one_of(ONE, st.lists(ONE, max_size=3)), max_size=4), st.integers(1, 600))
@example({"product": ""}, 1)
def test_whatever_a_file_holds_is_refused_or_stays_below_the_ceilings(values: dict[str, object], minutes: int) -> None:
    kept = [line for line in OURS.splitlines() if line.split(" = ")[0] not in values]
    text = "\n".join([*kept, *(f"{key} = {json.dumps(value)}" for key, value in values.items())])
    infant = State(weight_kg=Fraction(3), level=Fraction("0.45"))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ours.toml"
        file.write_text(text, "utf-8")
        try:
            known = with_site_regimens(load(), file)
            found = calculate(infant, known, regimen="ours", **({"over": minutes * 60} if "over" not in values else {}))
        except DoseInputError:
            return
    if found.given and found.drawn is not None:
        assert found.drawn.mg_per_kg <= 150
        assert found.drawn.total_mg_per_kg <= 200
        assert found.drawn.rate is None or found.drawn.rate <= 10


# Every command sees them

ORDER = "MgSO4 40 mg-salt/kg IM"


def test_an_order_is_compared_with_them(tmp_path: Path) -> None:
    file = written(tmp_path, ('routes = ["iv"]', 'routes = ["im"]'))
    for arguments, env in ((["--regimens", str(file)], {}), ([], {"NEOMAG_REGIMENS": str(file)})):
        done = run("dose", "check", ORDER, "--weight", "3kg", *arguments, "--format", "json", env=env)
        assert json.loads(done.stdout)["regimens"] == ["ours"]
    assert json.loads(run("dose", "check", ORDER, "--weight", "3kg", "--format", "json").stdout)["regimens"] == []


@pytest.fixture
def seizing(tmp_path: Path) -> Path:
    events = [{"at": "60 d", "lab": "magnesium", "value": 0.4, "unit": "mmol/L"}, {"at": "60 d", "sign": "seizure"}]
    file = tmp_path / "case.json"
    file.write_text(json.dumps({"case": "x", "now": "60 d", "infant": {"weight": "4 kg"}, "events": events}), "utf-8")
    return file


def test_an_assessment_names_them(tmp_path: Path, seizing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path)
    assert "ours" not in run("assess", str(seizing)).output
    for form in ("text", "json"):
        done = run("assess", str(seizing), "--format", form, env={"NEOMAG_REGIMENS": str(file)})
        assert "This site's own: ours." in done.output
    monkeypatch.setenv("NEOMAG_REGIMENS", str(file))
    from neomag import Case, assess

    found = after(Case.read(seizing), assess(Case.read(seizing)))
    assert found is not None
    assert found.to_dict()["site"] == "This site's own: ours."


def test_a_file_that_cannot_be_read_holds_back_no_assessment(tmp_path: Path, seizing: Path) -> None:
    done = run("assess", str(seizing), env={"NEOMAG_REGIMENS": str(tmp_path / "nowhere.toml")})
    assert done.exit_code == 0
    assert "EMERGENCY" in done.output
    assert "nowhere.toml" in done.output.replace("\n", "").replace(" ", "")
