"""The engine for many infants agrees with the native run and with scipy, conserves magnesium, and says what it cannot do."""

from __future__ import annotations

import builtins
import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.test_body_model import by_lsoda, doses, feeds, infants, scenario

from neomag.body import population
from neomag.body.between import infants as different
from neomag.body.errors import BodyInputError, BodyModelError
from neomag.body.model import BODY, GIVEN, MOTHER, PLACES, STOOL, URINE
from neomag.body.population import AGREES, MOST, Population, draw, gathered, simulate
from neomag.body.run import run
from neomag.body.scenario import Scenario, names, shipped
from neomag.cli import main
from neomag.knowledge import Knowledge, load

pytest.importorskip("numba")
LABEL = "For teaching and research. Not for predicting or dosing an infant."
# Amounts below this, in mmol, are compared as amounts and not as shares.
SMALL = 1e-7


def command(*args: str) -> Result:
    return CliRunner().invoke(main, ["body", "population", *args])


def agrees(found: Population, infant: int, given: Scenario, knowledge: Knowledge) -> None:
    times = [float(t) for t in found.t]
    native = run(given, knowledge, times, even=1)
    levels = [native.at(t).level for t in times]
    assert found.serum[infant] == pytest.approx(levels, rel=AGREES)
    for place in range(len(PLACES)):
        wanted = [native.at(t).state[place] for t in times]
        assert found.places[infant, :, place] == pytest.approx(wanted, rel=AGREES, abs=SMALL), PLACES[place]


@pytest.mark.parametrize("name", names())
def test_it_agrees_with_the_native_run_of_every_scenario(knowledge: Knowledge, name: str) -> None:
    """Infants who differ, each against a native run of its own."""
    given = shipped(name, knowledge)
    each = [*islice(different(given, 7, knowledge), 1), given]
    found = simulate(given, gathered(given, each, knowledge), knowledge)
    assert found.left_out == 0
    for i, one in enumerate(each):
        agrees(found, i, one, knowledge)


losses = st.builds(lambda a: {"magnesium": f"{a:.4f} mmol/kg/d"}, st.floats(0, 0.3))


@settings(max_examples=int(os.environ.get("NEOMAG_TEST_PROFILE") == "full") * 150 + 25)
@given(
    infant=infants, level=st.floats(0.3, 2), doses=st.lists(doses, max_size=3), feeds=st.lists(feeds, max_size=2),
    losses=st.lists(losses, max_size=1), depletion=st.one_of(st.none(), st.integers(0, 40)),
    mother=st.one_of(st.none(), st.floats(0.8, 3)), seed=st.integers(0, 1000),
)  # fmt: skip
def test_it_agrees_with_the_native_run_of_any_scenario(
    infant: Any, level: float, doses: Any, feeds: Any, losses: Any, depletion: int | None, mother: float | None, seed: int
) -> None:
    knowledge = load()
    more: dict[str, Any] = {} if depletion is None else {"depletion": f"{depletion} %"}
    if mother is not None and "age" not in infant:
        more["mother"] = {"level": f"{mother:.3f} mmol/L", "for": "12 h"}
    given = scenario(
        knowledge, infant=infant, lasts="30 h", level=f"{level:.4f} mmol/L", doses=doses, feeds=feeds, losses=losses, **more
    )
    (one,) = islice(different(given, seed, knowledge), 1)
    found = simulate(given, gathered(given, [one, given], knowledge), knowledge)
    assert found.imbalance <= 1e-9
    agrees(found, 0, one, knowledge)
    agrees(found, 1, given, knowledge)


@pytest.mark.parametrize("name", ["maternal-magnesium-sulfate", "iv-dose", "oral-four-doses"])
def test_it_agrees_with_scipy(knowledge: Knowledge, name: str) -> None:
    given = shipped(name, knowledge)
    found = simulate(given, {"start": [given.level]}, knowledge)
    wanted = by_lsoda(run(given, knowledge))
    assert list(found.places[0, -1]) == pytest.approx(wanted, rel=AGREES, abs=SMALL)


def test_magnesium_is_conserved(knowledge: Knowledge) -> None:
    given = shipped("maternal-magnesium-sulfate", knowledge)
    found = simulate(given, draw(given, 50, 3, knowledge), knowledge)
    inside = found.places[:, :, list(BODY)].sum(axis=2)
    gone = found.places[:, :, URINE] + found.places[:, :, STOOL]
    came = found.places[:, :, GIVEN] + found.places[:, :, MOTHER]
    assert np.abs(inside - inside[:, :1] + gone - came).max() <= 1e-9 * inside.max()


def test_a_leak_stops_it(knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    def leaking(*args: Any) -> None:
        *_, levels, held, state, imbalance = args
        levels[:], held[:], state[:], imbalance[:] = 1.0, 1.0, 0, 1e-6

    monkeypatch.setattr(population, "prepare", lambda scenario: leaking)
    given = shipped("iv-dose", knowledge)
    with pytest.raises(BodyModelError, match="not conserved"):
        simulate(given, {"start": [0.6]}, knowledge)


def test_amounts_go_with_the_weight(knowledge: Knowledge) -> None:
    given = shipped("im-dose", knowledge)
    found = simulate(given, {"birth_kg": [5.0, 6.0], "gestation": [40.0, 40.0]}, knowledge)
    assert found.places[1, -1, GIVEN] / found.places[0, -1, GIVEN] == pytest.approx(6 / 5)


def test_what_the_model_cannot_describe_is_counted_and_left_out(knowledge: Knowledge) -> None:
    # So much is lost that the smaller infant cannot give it.
    given = scenario(knowledge, lasts="3 d", losses=[{"magnesium": "8 mmol/d"}], set={"gut-loss": 0})
    found = simulate(given, {"p_muscle": [3.0, 30.0], "p_muscle_rate": [0.05, 2.0]}, knowledge)
    assert (found.infants, found.left_out, len(found.serum)) == (2, 1, 1)
    with pytest.raises(BodyModelError, match="no infant"):
        simulate(given, {"p_muscle": [3.0]}, knowledge)


def test_the_same_seed_gives_the_same_infants_in_any_number_of_threads(knowledge: Knowledge) -> None:
    given = shipped("iv-dose", knowledge)
    one, two = draw(given, 150, 5, knowledge), draw(given, 150, 5, knowledge)
    assert one.keys() == two.keys()
    assert all((one[name] == two[name]).all() for name in one)
    assert (simulate(given, one, knowledge, threads=1).serum == simulate(given, two, knowledge, threads=2).serum).all()
    assert (draw(given, 150, 6, knowledge)["start"] != one["start"]).any()


def test_infants_differ_as_the_native_draws_do(knowledge: Knowledge) -> None:
    """The same infants, drawn by the same code: their percentiles are those of native runs."""
    from neomag.body.uncertainty import between_infants

    given = shipped("iv-dose", knowledge)
    native = between_infants(given, 20, 4, knowledge)
    found = simulate(given, draw(given, 20, 4, knowledge), knowledge, [native.t[-1]])
    ends = found.percentiles([2.5, 50, 97.5])["serum"][:, -1]
    assert list(ends) == pytest.approx([native.low[-1], native.median[-1], native.high[-1]], rel=1e-5)


@pytest.mark.parametrize(
    ("drawn", "says"),
    [
        ({"p_nothing": [1.0]}, "`p_nothing` is not known"),
        ({"mother": [1.0]}, "`mother` is not known"),
        ({"start": [1.0], "p_slope": [1.0, 2.0]}, "arrays of one length"),
        ({"start": []}, "arrays of one length"),
        ({"start": [[1.0]]}, "arrays of one length"),
        ({"start": [0.0]}, "must be above 0"),
        ({"start": [float("nan")]}, "must be above 0"),
        ({"p_slope": [-1.0]}, "finite and not negative"),
        ({"p_slope": [float("inf")]}, "finite and not negative"),
    ],
)
def test_numbers_that_cannot_be_used_are_refused(knowledge: Knowledge, drawn: Any, says: str) -> None:
    with pytest.raises(BodyInputError, match=says):
        simulate(shipped("iv-dose", knowledge), drawn, knowledge)


def test_times_outside_the_run_are_refused(knowledge: Knowledge) -> None:
    with pytest.raises(BodyInputError, match="times: from 0 to 72 h"):
        simulate(shipped("iv-dose", knowledge), {"start": [0.6]}, knowledge, [0, 100])


# The command


def test_text() -> None:
    result = command("iv-dose", "--infants", "30")
    assert result.exit_code == 0
    assert LABEL in result.stdout
    assert "30 simulated infants" in result.stdout
    assert "97.5 %" in result.stdout
    assert "Simulating: 30 of 30 infants" in result.stderr


def test_json_and_csv_are_the_same_figures() -> None:
    found = json.loads(command("iv-dose", "--infants", "30", "--percentiles", "10,90", "--format", "json").stdout)
    assert (found["label"], found["infants"], found["left_out"], found["percentiles"]) == (LABEL, 30, 0, [10, 90])
    assert found["mass_balance"]["worst_relative"] <= 1e-9
    low, high = found["serum"]
    assert len(low) == len(found["t"]) == len(found["interval"])
    assert all(a <= b for a, b in zip(low, high, strict=True))
    assert set(found["stores"]) == {"body", *(PLACES[i] for i in BODY)}
    text = command("iv-dose", "--infants", "30", "--percentiles", "10,90", "--format", "csv").stdout
    assert LABEL in text.splitlines()[0]
    rows = [row for row in csv.DictReader(io.StringIO(text.partition("\n")[2])) if row["quantity"] == "serum"]
    assert [float(row["p10"]) for row in rows] == low


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["nothing"], "no scenario `nothing`"),
        ([], "name a scenario"),
        (["iv-dose", "--infants", "0"], f"from 1 to {MOST} is accepted"),
        (["iv-dose", "--infants", "1000000"], f"from 1 to {MOST} is accepted"),
        (["iv-dose", "--percentiles", "50,x"], "numbers from 0 to 100"),
        (["iv-dose", "--percentiles", "50,10"], "numbers from 0 to 100"),
        (["iv-dose", "--percentiles", "101"], "numbers from 0 to 100"),
        (["iv-dose", "--seed", "-1"], "--seed"),
        (["iv-dose", "--threads", "0"], "--threads"),
    ],
)
def test_what_cannot_be_used_is_refused(args: list[str], says: str) -> None:
    result = command(*args)
    assert result.exit_code == 2
    assert says in result.stderr
    assert not result.stdout


def test_without_numba_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **more: Any) -> Any:
        if name == "numba":
            raise ImportError("no numba", name="numba")
        return real(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    result = command("iv-dose", "--infants", "10")
    assert result.exit_code == 1
    assert "pip install 'neomag[population]'" in result.stderr
    assert "Traceback" not in result.output


def test_the_rest_of_the_body_needs_no_numba() -> None:
    code = (
        "import sys; sys.modules['numba'] = sys.modules['vl_convert'] = None\n"
        "from neomag.cli import main\n"
        "main(['body', 'simulate', 'iv-dose', '--format', 'sbml'], standalone_mode=False)\n"
        "main(['body', 'simulate', 'iv-dose', '--format', 'vega-lite'], standalone_mode=False)\n"
        "assert 'numpy' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_ctrl_c_stops_it_in_a_line() -> None:
    command = [sys.executable, "-m", "neomag", "body", "population", "breast-feeding", "--infants", str(MOST)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = ""
        while "infants" not in said:
            said = process.stderr.readline()
            assert said, "it ended before it was stopped"
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=600)
    assert process.returncode == 130
    assert not out
    assert err.strip().splitlines()[-1] == "neomag: stopped; nothing is kept"
    assert "Traceback" not in err


def test_a_run_that_is_stopped_leaves_no_thread(knowledge: Knowledge) -> None:
    import threading

    class Enough(Exception):  # noqa: N818
        pass

    def stop(done: int) -> None:
        raise Enough

    given = shipped("breast-feeding", knowledge)
    before = threading.active_count()
    with pytest.raises(Enough):
        simulate(given, draw(given, 2000, 1, knowledge), knowledge, done=stop)
    assert threading.active_count() == before


def test_a_changed_infant_of_the_scenario_is_its_own(knowledge: Knowledge) -> None:
    given = shipped("iv-dose", knowledge)
    other = replace(given, infant=replace(given.infant, p=replace(given.infant.p, threshold=0.6)))
    assert set(gathered(given, [other], knowledge)) == {"start", "p_threshold"}
