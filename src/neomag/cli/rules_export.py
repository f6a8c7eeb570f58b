"""neomag rules export: the rules as CQL, ELM, SQL of DuckDB or Spark, JavaScript, or JSON."""

from __future__ import annotations

from pathlib import Path

import click

from neomag.cli.common import fail, loaded, no_such


@click.command()
@click.option(
    "--to", "target", type=click.Choice(["cql", "elm", "sql", "spark", "javascript", "json"]), required=True,
    help="cql and elm: HL7's language and what its engines run; sql: DuckDB; spark: Spark SQL; javascript: a module; "
    "json: trees to evaluate.",
)  # fmt: skip
@click.option("--rule", "ids", metavar="ID", multiple=True, help="Only this rule and those it builds on; may be repeated.")
@click.option("--out", type=click.Path(path_type=Path), help="A file, or a folder (the file is named after the target).")
def export(target: str, ids: tuple[str, ...], out: Path | None) -> None:
    """Write the rules for another engine, to standard output or --out.

    The findings that the rules read go in as a tuple (cql, elm), a table `findings` (sql, spark) or values by name
    (javascript, json).
    """
    from neomag.rules import rulebook
    from neomag.rules.export import TARGETS
    from neomag.rules.selection import select

    known = loaded()
    for rule in ids:
        if rule not in known.rules:
            no_such("rule", rule, known.rules)
    write, name = TARGETS[target]
    text = write(select(rulebook(), ids))
    if out is None:
        click.echo(text, nl=False)
        return
    path = out / name if out.is_dir() else out
    if not path.parent.is_dir():
        fail(f"{path.parent}: no such folder")
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        fail(f"{path}: cannot be written: {error.strerror}")
    click.echo(f"{path}", err=True)
