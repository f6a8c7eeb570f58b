"""The charts of runs and populations: what they draw is the run's, they say what they are for, and become pictures."""

from __future__ import annotations

import builtins
import json
import struct
from typing import Any

import pytest
from click.testing import CliRunner, Result

from neomag.body.course import course, stretches
from neomag.body.plot import STORES, of_population, of_run
from neomag.body.run import Run, run
from neomag.body.scenario import names, shipped
from neomag.body.uncertainty import uncertainties
from neomag.cli import main
from neomag.knowledge import Knowledge
from neomag.vega import PictureError, png

LABEL = "For teaching and research. Not for predicting or dosing an infant."


def command(*args: str) -> Result:
    return CliRunner().invoke(main, ["body", "simulate", *args])


@pytest.fixture(scope="module")
def mother(knowledge: Knowledge) -> Run:
    return run(shipped("maternal-magnesium-sulfate", knowledge), knowledge)


def marked(spec: Any, kind: str) -> list[Any]:
    return [layer for view in spec["vconcat"] for layer in view["layer"] if layer["mark"]["type"] == kind]


def test_it_draws_the_run(knowledge: Knowledge, mother: Run) -> None:
    spec = of_run(mother, knowledge)
    rows = course(mother, knowledge)
    serum, stores = marked(spec, "line")
    assert [v["value"] for v in serum["data"]["values"]] == [row.level for row in rows]
    assert [v["day"] for v in serum["data"]["values"]] == [row.t / 24 for row in rows]
    muscle = [v["value"] for v in stores["data"]["values"] if v["store"] == "muscle"]
    assert muscle == [100 * row.places["muscle"] / rows[0].places["muscle"] for row in rows]
    assert {v["store"] for v in stores["data"]["values"]} == set(STORES.values())


def test_the_interval_is_shaded_where_it_holds(knowledge: Knowledge, mother: Run) -> None:
    (rect,) = marked(of_run(mother, knowledge), "rect")
    rows = course(mother, knowledge)
    boxes = rect["data"]["values"]
    assert boxes == [
        {"from": a / 24, "to": b / 24, "low": low, "high": high}
        for a, b, (low, high) in stretches([r.t for r in rows], [r.limits for r in rows])
    ]
    # Before birth there is none.
    assert boxes[0]["from"] == pytest.approx(0, abs=0.1)
    assert len({(box["low"], box["high"]) for box in boxes}) > 1


def test_axes_units_and_what_it_is_for_stand_in_it(knowledge: Knowledge, mother: Run) -> None:
    spec = of_run(mother, knowledge)
    said = json.dumps(spec, ensure_ascii=False)
    assert LABEL in spec["title"]["subtitle"]
    assert LABEL in spec["description"]
    assert all(
        title in said for title in ("Serum magnesium, mmol/L", "Stores, % of the start", "Days after birth", "default interval")
    )
    assert "Days from the start of the run" in json.dumps(of_run(run(shipped("im-dose", knowledge), knowledge), knowledge))
    assert "http" not in said.replace(spec["$schema"], "")


def test_bands_are_those_drawn_and_are_explained(knowledge: Knowledge, mother: Run) -> None:
    spread = uncertainties(mother.scenario, 8, 1, knowledge, between=True)
    spec = of_run(mother, knowledge, spread)
    wide, narrow = marked(spec, "area")
    assert spread.between_infants is not None
    assert [v["high"] for v in wide["data"]["values"]] == list(spread.between_infants.high)
    assert [v["low"] for v in narrow["data"]["values"]] == list(spread.mean_infant.low)
    said = " ".join(spec["title"]["subtitle"])
    assert "The lighter shade: 2.5 to 97.5 % of simulated infants" in said
    assert "The darker shade: 2.5 to 97.5 % of draws" in said
    # Nothing is cut off at the top.
    assert spec["vconcat"][0]["layer"][0]["encoding"]["y"] is not None
    top = marked(spec, "line")[0]["encoding"]["y"]["scale"]["domain"][1]
    assert top > max(spread.between_infants.high)


def test_a_population_is_drawn_with_its_percentiles(knowledge: Knowledge) -> None:
    pytest.importorskip("numba")
    from neomag.body.population import draw, simulate

    given = shipped("maternal-magnesium-sulfate", knowledge)
    found = simulate(given, draw(given, 40, 1, knowledge), knowledge)
    spec = of_population(found, knowledge)
    ends = found.percentiles([2.5, 25, 50, 75, 97.5])["serum"]
    outer, inner, body = marked(spec, "area")
    assert [v["low"] for v in outer["data"]["values"]] == list(ends[0])
    assert [v["high"] for v in inner["data"]["values"]] == list(ends[3])
    assert body["data"]["values"][0] == pytest.approx({"day": -1.0, "low": 100.0, "high": 100.0})
    assert [v["value"] for v in marked(spec, "line")[0]["data"]["values"]] == list(ends[2])
    assert "40 simulated infants" in " ".join(spec["title"]["subtitle"])


@pytest.mark.parametrize("name", names())
def test_every_scenario_becomes_a_picture(knowledge: Knowledge, name: str) -> None:
    pytest.importorskip("vl_convert")
    picture = png(of_run(run(shipped(name, knowledge), knowledge, relative=1e-4), knowledge), scale=1)
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", picture[16:24])
    assert 500 < width < 1000
    assert 500 < height < 1000


def test_the_command_writes_chart_and_picture() -> None:
    spec = json.loads(command("iv-dose", "--format", "vega-lite").stdout)
    assert spec["$schema"].endswith("vega-lite/v6.json")
    assert command("iv-dose", "--format", "png").stdout_bytes.startswith(b"\x89PNG")


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **more: Any) -> Any:
        if name == "vl_convert":
            raise ImportError("none", name=name)
        return real(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(PictureError, match=r"pip install 'neomag\[plots\]'"):
        png({})
    result = command("iv-dose", "--format", "png")
    assert result.exit_code == 1
    assert "neomag[plots]" in result.stderr
