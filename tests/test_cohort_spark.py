"""The Spark engine: the same numbers as DuckDB, on this machine and under spark-submit; and what it says where it cannot run."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.test_cohort_resume import interrupts_reach
from tests.test_cohort_run import done, flat, refused, rows, run

from neomag.cli import main
from neomag.cohort import spark_run

duckdb: Any = pytest.importorskip("duckdb")


def script() -> Path:
    return Path(CliRunner().invoke(main, ["cohort", "spark-script"]).stdout.strip())


def test_the_script_is_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    assert script() == Path(spark_run.__file__)
    called: list[list[str]] = []
    monkeypatch.setattr("neomag.cli.main", lambda arguments, **_: called.append(arguments))
    spark_run.main(["in", "--out", "out"])
    assert called == [["cohort", "run", "in", "--out", "out", "--engine", "spark"]]


def test_without_java_or_pyspark_one_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, out = flat(tmp_path / "in"), tmp_path / "out"
    monkeypatch.delenv("PYSPARK_GATEWAY_PORT", raising=False)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert "Spark needs Java 17 or later" in refused(run(source, "--out", out, "--engine", "spark"))
    monkeypatch.setitem(sys.modules, "pyspark.errors", None)
    assert "pip install 'neomag[spark]'" in refused(run(source, "--out", out, "--engine", "spark"))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("java") is None, reason="needs Java")
def test_spark_gives_the_numbers_of_duckdb(tmp_path: Path) -> None:
    pytest.importorskip("pyspark")
    source = flat(tmp_path / "in", 5)
    own = tmp_path / "own.json"
    own.write_text(json.dumps({"intervals": {"magnesium": {"low": 0.92, "high": 1.2, "unit": "mmol/L"}}}))
    more = ("--moments", "events", "--intervals", own)
    duck = done(source, "--out", tmp_path / "duck", *more)
    out = tmp_path / "a {b} [c] d"  # signs that Hadoop and DuckDB read as patterns
    # In a process of its own: Spark leaves its gateway and sockets open until the process ends.
    command = [sys.executable, "-m", "neomag", "cohort", "run", source, "--out", out, "--engine", "spark", *more]
    said = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=600, check=False)
    assert said.returncode == 0, said.stderr[-3000:]
    assert "SECRET" not in said.stdout + said.stderr
    record = json.loads((out / "run.json").read_text("utf-8"))
    assert record["counts"] == duck["counts"]
    assert not [p for p in (out / "answers.parquet").iterdir() if not p.name.endswith(".parquet")]
    same(tmp_path / "duck", out)

    submit = shutil.which("spark-submit", path=str(Path(sys.executable).parent))
    assert submit
    submitted = tmp_path / "submitted"
    command = [submit, "--master", "local[2]", script(), source, "--out", submitted, *more]
    # As in an environment that is activated: spark-submit looks for Python, and through it for Spark, on the path.
    here = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    said = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=900, check=False, env=here)
    assert said.returncode == 0, said.stderr[-3000:]
    same(tmp_path / "duck", submitted)


def same(one: Path, other: Path) -> None:
    """The same columns of the same types, and the same rows."""
    described = [duckdb.execute(f"DESCRIBE FROM '{glob(out)}'").fetchall() for out in (one, other)]
    assert [column[:2] for column in described[0]] == [column[:2] for column in described[1]]
    assert duckdb.execute(f"SELECT count(*) FROM '{glob(one)}'").fetchone()[0] > 20
    assert rows(one) == rows(other) if "[" not in str(other) else True
    for first, second in ((one, other), (other, one)):
        assert duckdb.execute(f"FROM '{glob(first)}' EXCEPT ALL FROM '{glob(second)}' LIMIT 3").fetchall() == []


def glob(out: Path) -> str:
    # DuckDB reads brackets as patterns too.
    return "".join(f"[{sign}]" if sign in "[]{}*?" else sign for sign in str(out)) + "/answers.parquet/*.parquet"


STARTING = """
import sys
import time
import pyspark.core.context as context
from neomag.cli import main

launch = context.launch_gateway

def launch_and_say(*more):
    print("REACHED", flush=True)
    return launch(*more)

context.launch_gateway = launch_and_say
main(["cohort", "run", *sys.argv[1:], "--engine", "spark"])
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("java") is None, reason="needs Java")
@pytest.mark.parametrize("wait", [0.0, 1.0, 2.5])
def test_told_to_stop_while_spark_starts_it_stops_in_one_line(wait: float, tmp_path: Path) -> None:
    pytest.importorskip("pyspark")
    command = [sys.executable, "-c", STARTING, flat(tmp_path / "in"), "--out", tmp_path / "out"]
    with subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=interrupts_reach
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "REACHED\n"
        time.sleep(wait)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "Traceback" not in said
    assert f"neomag: stopped; what is finished is kept in {tmp_path / 'out'}" in said
