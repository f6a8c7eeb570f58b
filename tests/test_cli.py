"""The command line as a person or a script uses it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from neomag.cli import main
from neomag.cli.assess import EXAMPLES
from neomag.knowledge import DATA

P014 = str(EXAMPLES / "P-014.json")


def run(*arguments: str, given: bytes | None = None) -> Result:
    return CliRunner().invoke(main, list(arguments), input=given)


def test_help_names_the_commands() -> None:
    done = run("--help")
    assert done.exit_code == 0
    for command in ("assess", "article", "knowledge"):
        assert command in done.output
    assert run("assess", "--help").exit_code == 0


def test_json_is_the_contract() -> None:
    done = run("assess", P014, "--format", "json")
    assert done.exit_code == 0
    answer = json.loads(done.stdout)
    assert (answer["case"], answer["urgency"], answer["suspicion"]) == ("P-014", "emergency", "confirmed")
    assert answer["magnesium"]["value"] == {"value": 0.52, "unit": "mmol/L", "reported": "0.52 mmol/L", "at": "55 d"}
    assert answer["magnesium"]["interval"] == {
        "low": 0.6, "high": 1.1, "unit": "mmol/L", "population": "7 days to 24 months", "source": "ALFRED",
    }  # fmt: skip
    for line in answer["actions"] + answer["blocked"] + answer["causes"]:
        assert set(line) == {"code", "says", "because", "sources"}
    for line in answer["consider"]:
        assert set(line) == {"code", "says", "test", "because", "sources"}
    for rule in answer["rules"]:
        assert set(rule) == {"id", "says", "value", "findings", "missing", "sources"}
    assert {"calcium-failed", "magnesium-deficient", "emergency"} <= {rule["id"] for rule in answer["rules"]}


def test_several_cases() -> None:
    lines = run("assess", str(EXAMPLES), "--format", "jsonl").stdout.splitlines()
    assert len(lines) == 46
    assert [json.loads(line)["case"] for line in lines[:2]] == ["N-001", "N-002"]
    assert len(json.loads(run("assess", P014, P014, "--format", "json").stdout)) == 2


def test_standard_input() -> None:
    text = Path(P014).read_bytes()
    assert json.loads(run("assess", "-", "--format", "json", given=text).stdout)["case"] == "P-014"
    assert run("assess", "-", given=b"case: made up\nnow: 3 d\nevents:\n- {at: 2 d, sign: jitteriness}\n").exit_code == 0


def test_what_cannot_be_read_is_said_in_a_line_and_the_rest_is_answered(tmp_path: Path) -> None:
    shutil.copy(P014, tmp_path / "good.json")
    (tmp_path / "bad.yaml").write_text("now: 3 d\nevents:\n- {sign: seizures}\n- {lab: magnesium, value: 0.5}\n", "utf-8")
    done = run("assess", str(tmp_path), "--format", "jsonl")
    assert done.exit_code == 2
    assert [json.loads(line)["case"] for line in done.stdout.splitlines()] == ["P-014"]
    errors = done.stderr.splitlines()
    assert len(errors) == 2
    assert errors[0].startswith(
        f"neomag: {tmp_path / 'bad.yaml'}: events[0]: unknown sign `seizures`; the nearest is `seizure`"
    )
    assert "events[1]" in errors[1]
    assert "mmol/L" in errors[1]


def test_one_bad_case_of_several_in_a_file_loses_only_itself(tmp_path: Path) -> None:
    good = json.dumps({"case": "a", "now": "3 d", "events": []})
    (tmp_path / "x.jsonl").write_text(f'{good}\n{{"now": "3 parsec"}}\n{{"now":\n{good}\n', "utf-8")
    done = run("assess", str(tmp_path / "x.jsonl"), "--format", "jsonl")
    assert done.exit_code == 2
    assert len(done.stdout.splitlines()) == 2
    errors = done.stderr.splitlines()
    assert "x.jsonl: case 2: now: `3 parsec`" in errors[0]
    assert "x.jsonl: line 3: not JSON" in errors[1]
    (tmp_path / "y.yaml").write_text("now: 3 d\n---\nnow: x\n---\nnow: 4 d\n", "utf-8")
    assert len(run("assess", str(tmp_path / "y.yaml"), "--format", "jsonl").stdout.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("assess",), "name a case file"),
        (("assess", "nowhere.json"), "No such file"),
        (("assess", P014, "--why", "calcium-fail"), "the nearest is `calcium-failed`"),
        (("assess", P014, "--format", "xml"), "Invalid value"),
        (("knowledge", "show", "calcium-fialed"), "the nearest is `calcium-failed`"),
        (("knowledge", "sources", "RIGO18"), "the nearest is `RIGO17`"),
        (("knowledge", "check", "nowhere"), "does not exist"),
        (("asess",), "No such command"),
    ],
)
def test_wrong_use_exits_2(arguments: tuple[str, ...], says: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert says in done.stderr
    assert "Traceback" not in done.output


def test_an_empty_folder(tmp_path: Path) -> None:
    done = run("assess", str(tmp_path))
    assert done.exit_code == 2
    assert "holds no case file" in done.stderr


def test_text_says_it_without_colour() -> None:
    done = run("assess", P014, "--color", "never")
    assert done.exit_code == 0
    assert "\x1b[" not in done.stdout
    order = [
        done.stdout.index(word)
        for word in (
            "!!! EMERGENCY",
            "DEFICIENT, critical",
            "◆",
            "\nDo\n",
            "\nDo not\n",
            "\nConsider",
            "\nUnknown",
            "\nSources",
        )
    ]
    assert order == sorted(order)
    assert "does not replace a clinician" in " ".join(done.stdout.split())


def test_why_explains_a_rule() -> None:
    done = run("assess", P014, "--why", "magnesium-deficient", "--color", "never")
    assert "magnesium-deficient is true" in done.stdout
    assert "magnesium = 0.52" in done.stdout
    unknown = run("assess", str(EXAMPLES / "P-042.json"), "--why", "calcium-failed", "--color", "never")
    assert "calcium-failed is unknown" in unknown.stdout
    assert "To settle it" in unknown.stdout


def test_summary() -> None:
    done = run("assess", "--examples", "--summary", "--color", "never")
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) >= 47
    assert "P-015" in done.stdout


def test_knowledge_commands() -> None:
    assert "holds together" in run("knowledge", "check").stdout
    for what in ("rules", "findings", "intervals", "actions", "causes", "consider", "claims"):
        assert len(run("knowledge", "list", what).stdout.splitlines()) > 10
    shown = run("knowledge", "show", "calcium-failed").stdout
    assert "ALF41" in shown
    assert "rules/calcium.toml" in shown
    assert "Rigo" in run("knowledge", "sources", "RIGO17").stdout
    assert "mg-neomag-birth" in run("knowledge", "show", "mg-neomag-birth").stdout


def test_diff_says_which_published_cases_change(tmp_path: Path) -> None:
    other = tmp_path / "k"
    shutil.copytree(DATA, other)
    assert run("knowledge", "diff", str(DATA), str(other)).exit_code == 0
    level = other / "rules" / "level.toml"
    text = level.read_text("utf-8")
    level.write_text(text.replace("magnesium < '0.60 mmol/L' and", "magnesium < '0.50 mmol/L' and"), "utf-8")
    done = run("knowledge", "diff", str(DATA), str(other))
    assert done.exit_code == 1
    assert "~ rules/level.toml [magnesium-deficient]" in done.stdout
    assert "P-014: status deficient -> " in done.stdout
    assert "1 cases change" in done.stdout


def test_knowledge_that_does_not_hold_together(tmp_path: Path) -> None:
    other = tmp_path / "k"
    shutil.copytree(DATA, other)
    (other / "rules" / "zz.toml").write_text('[zz]\nsays = "x"\nwhen = "apnea"\nsources = ["NOBODY"]\n', "utf-8")
    done = run("knowledge", "check", str(other))
    assert done.exit_code == 2
    assert "source NOBODY is not in sources.toml" in done.stderr
    (other / "rules" / "zz.toml").write_text("[zz\n", "utf-8")
    assert "rules/zz.toml" in run("knowledge", "check", str(other)).stderr


def test_article() -> None:
    done = run("article", "--color", "never")
    assert done.exit_code == 0
    assert done.stdout.count("in neomag") >= 28
    assert len(json.loads(run("article", "--format", "json").stdout)) >= 28


def test_one_case_needs_no_parser() -> None:
    """The compiled knowledge is used: a run imports neither the rule parser nor the TOML parser."""
    code = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from neomag.cli import main\n"
        f"done = CliRunner().invoke(main, ['assess', {P014!r}, '--format', 'json'])\n"
        "assert done.exit_code == 0, done.output\n"
        "assert 'sqlglot' not in sys.modules, 'sqlglot was imported'\n"
        "assert 'rich' not in sys.modules, 'rich was imported'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_module_runs() -> None:
    done = subprocess.run([sys.executable, "-m", "neomag", "--version"], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith("neomag 20")
