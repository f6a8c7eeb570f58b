"""neomag assess: cases in, answers out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neomag.cli.common import COLOR, console, loaded, no_such

if TYPE_CHECKING:
    from neomag.answer import Answer
    from neomag.case import Case

CASE_SUFFIXES = (".json", ".jsonl", ".ndjson", ".yaml", ".yml")
EXAMPLES = Path(__file__).parent.parent / "examples"


def _case_files(paths: tuple[str, ...]) -> Iterator[tuple[str, Path | None]]:
    """Each path's files: itself, every case file of a folder, or (None) standard input."""
    for path in paths:
        if path == "-":
            yield "standard input", None
        elif Path(path).is_dir():
            files = sorted(p for p in Path(path).iterdir() if p.suffix.lower() in CASE_SUFFIXES)
            if not files:
                yield path, Path(path)
            yield from ((str(p), p) for p in files)
        else:
            yield path, Path(path)


def read_cases(paths: tuple[str, ...], failures: list[str]) -> Iterator[Case]:
    """Each readable case; a line for each problem of the others goes to standard error and to `failures`."""
    from neomag.case import Case, CaseError

    for name, path in _case_files(paths):
        found: Iterable[Case | CaseError]
        if path is None:
            found = Case.parse_each(sys.stdin.buffer.read())
        elif path.is_dir():
            found = [CaseError([f"holds no case file ({', '.join(CASE_SUFFIXES)})"])]
        else:
            found = Case.read_each(path)
        for case in found:
            if not isinstance(case, CaseError):
                yield case
                continue
            for problem in case.problems:
                failures.append(f"{name}: {problem}")
                click.echo(f"neomag: {failures[-1]}", err=True)


@click.command()
@click.argument("cases", nargs=-1, required=False, metavar="CASE…")
@click.option("--format", "form", type=click.Choice(["text", "json", "jsonl"]), default="text", help="How to print the answer.")
@click.option("--why", metavar="RULE", help="Explain one rule on each case: what decided it, or what would settle it.")
@click.option("--summary", is_flag=True, help="One line a case.")
@click.option("--examples", is_flag=True, help="Assess the published cases that ship with neomag.")
@COLOR
def assess(cases: tuple[str, ...], form: str, why: str | None, summary: bool, examples: bool, color: str) -> None:
    """Assess infants: how urgent, what the level means, what to do and not to do, and why.

    CASE is a JSON, JSON Lines or YAML file, a folder of them (its own files, not those of folders in it), or - for
    standard input. Exit status 2 when a case could not be read; the others are answered all the same.
    """
    from neomag.assess import assess as answer_to

    knowledge = loaded()
    if examples:
        cases = (*cases, str(EXAMPLES))
    if why is not None and (form != "text" or summary):
        raise click.UsageError("--why explains in text; leave out --format and --summary.")
    if not cases:
        raise click.UsageError("name a case file, a folder, or - for standard input (or use --examples).")
    if why is not None and why not in knowledge.rules:
        no_such("rule", why, knowledge.rules)
    failures: list[str] = []
    answers = ((case, answer_to(case)) for case in read_cases(cases, failures))
    if form == "jsonl":
        for case, answer in answers:
            click.echo(json.dumps(_said(case, answer), ensure_ascii=False))
    elif form == "json":
        found = [_said(case, answer) for case, answer in answers]
        several = len(found) > 1 or len(cases) > 1 or any(Path(c).is_dir() for c in cases)
        if found:
            click.echo(json.dumps(found if several else found[0], ensure_ascii=False, indent=2))
    else:
        _print(answers, why, summary, color)
    sys.exit(2 if failures else 0)


def _said(case: Case, answer: Answer) -> dict[str, Any]:
    """The answer for JSON. Where it advises magnesium, dosing names the regimen; else the doses need not be read."""
    if not _advises_magnesium(answer):
        return answer.to_dict()
    from neomag.dosing.after import answered

    return answered(case, answer)


def _advises_magnesium(answer: Answer) -> bool:
    return any(action.code == "give-magnesium" for action in answer.actions)


def _print(answers: Iterator[tuple[Case, Answer]], why: str | None, summary: bool, color: str) -> None:
    from neomag import terminal

    screen = console(color)
    if summary:
        terminal.summary((answer for _, answer in answers), screen)
        return
    for case, answer in answers:
        if why:
            terminal.show_why(answer, why, screen)
        else:
            terminal.show(answer, screen)
            if _advises_magnesium(answer):
                from neomag.dosing.after import after
                from neomag.dosing.show import show_next

                show_next(after(case, answer), screen)
        screen.print()
