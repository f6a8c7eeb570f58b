"""Malformed input of every kind is refused in a line, in bounded memory, never with a traceback."""

from __future__ import annotations

import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
from click.testing import CliRunner
from tools.fuzz import MAKERS, inputs, refuse

from neomag import Case, CaseError
from neomag.cli import main

ROOT = Path(__file__).parent.parent


def test_a_few_thousand_malformed_inputs() -> None:
    tally = refuse(3_000)
    assert set(MAKERS) <= set(tally)
    assert sum(tally.values()) - tally["answered"] == 3_000


def test_the_command_refuses_them_with_status_2(tmp_path: Path) -> None:
    refused = 0
    for number, (_, data, name) in enumerate(islice(inputs(seed=7), 150)):
        path = tmp_path / f"{number}{Path(name).suffix or '.yaml'}"
        path.write_bytes(data)
        try:
            expected = 0 if Case.read_all(path) else 2
        except CaseError:
            expected = 2
        done = CliRunner().invoke(main, ["assess", str(path), "--format", "jsonl"])
        assert done.exit_code == expected, (number, done.output)
        assert "Traceback" not in done.output
        if expected == 2:
            refused += 1
            assert done.stderr.startswith("neomag: ")
            assert all(line.startswith("neomag: ") for line in done.stderr.splitlines())
    assert refused > 100


@pytest.mark.slow
def test_100_000_malformed_inputs_in_bounded_memory() -> None:
    """In a process of its own, whose address space is limited: exhausting it would be a MemoryError, and a failure."""
    done = subprocess.run([sys.executable, "-m", "tools.fuzz", "100000"], cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-2_000:]
    assert "100000 malformed inputs refused, each in a line" in done.stdout
