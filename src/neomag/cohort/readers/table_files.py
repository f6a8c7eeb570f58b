"""Finds the files of tables: CSV (plain, gzip, zstd) or Parquet, alone or in a folder of parts, in a folder or one below it."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from neomag.cohort.readers.staging import SourceError
from neomag.sql import literal

# By preference: a table that lies there twice (an archive and what was unpacked from it) is read once.
SUFFIXES = (".parquet", ".csv", ".csv.gz", ".csv.zst")


@dataclass(frozen=True, slots=True)
class Found:
    """The files of one table: lower-case columns, and the relation that reads them."""

    paths: tuple[Path, ...]
    columns: tuple[str, ...]
    relation: str
    csv: bool


def find(folder: Path) -> dict[str, tuple[Path, ...]]:
    """The files of each table of a folder, by lower-case name. Raises SourceError for a table that lies there twice."""
    found: dict[str, list[tuple[int, Path]]] = {}
    # Two levels: MIMIC-IV has hosp/ and icu/, and any table may be a folder of parts.
    for path in sorted([*folder.glob("*"), *folder.glob("*/*")]):
        name, rank = _suffix(path.name)
        if path.is_dir():
            if rank is None and not any(_suffix(part.name)[1] is not None for part in path.iterdir()):
                continue
            found.setdefault(name, []).append((len(SUFFIXES), path))
        elif rank is not None:
            found.setdefault(name, []).append((rank, path))
    chosen: dict[str, tuple[Path, ...]] = {}
    for name, places in found.items():
        best = min(rank for rank, _ in places)
        paths = [path for rank, path in places if rank == best]
        if len(paths) > 1:
            raise SourceError(
                f"{folder}: the table `{name}` lies there twice, as {' and '.join(_shown(paths, folder))}; keep one"
            )
        chosen[name] = _parts(paths[0])
    return {name: paths for name, paths in chosen.items() if paths}


def _shown(paths: Sequence[Path], folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in paths]


def _parts(path: Path) -> tuple[Path, ...]:
    if path.is_file():
        return (path,)
    parts = sorted(part for part in path.rglob("*") if part.is_file() and _suffix(part.name)[1] is not None)
    first = _suffix(parts[0].name)[1] if parts else None
    return tuple(part for part in parts if _suffix(part.name)[1] == first)


def _suffix(name: str) -> tuple[str, int | None]:
    low = name.lower()
    for rank, suffix in enumerate(SUFFIXES):
        if low.endswith(suffix):
            return low.removesuffix(suffix), rank
    return low, None


def read(paths: tuple[Path, ...]) -> Found:
    """Columns and DuckDB relation of the files of one table. Raises SourceError for files that are not what they are called."""
    names = "[" + ", ".join(literal(str(path)) for path in paths) + "]"
    if paths[0].suffix.lower() == ".parquet":
        import duckdb

        relation = f"read_parquet({names}, union_by_name=true)"
        try:
            with duckdb.connect() as con:
                described = con.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
        except duckdb.Error as error:
            raise SourceError(f"{paths[0]}: cannot be read as Parquet ({type(error).__name__})") from None
        return Found(paths, tuple(str(row[0]).lower() for row in described), relation, csv=False)
    heading, delimiter = _heading(paths[0])
    columns = "{" + ", ".join(f"{literal(column)}: 'VARCHAR'" for column in heading) + "}"
    # The vocabulary files that OHDSI hands out are divided by tabs and know no quotes.
    quote = "''" if delimiter == "\t" else "'\"'"
    relation = (
        f"read_csv({names}, auto_detect=false, header=true, delim={literal(delimiter)}, quote={quote}, escape={quote},"
        f" columns={columns})"
    )
    return Found(paths, heading, relation, csv=True)


def _heading(path: Path) -> tuple[tuple[str, ...], str]:
    try:
        line = _first_line(path)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: cannot be read ({type(error).__name__})") from None
    delimiter = max(",\t;|", key=line.count)
    names: list[str] = next(iter(csv.reader([line], delimiter=delimiter)), list[str]())
    heading = tuple(name.strip().lower() for name in names)
    if not heading or len(set(heading)) != len(heading) or not all(heading):
        raise SourceError(f"{path}: the first line is not a heading with a name for each column")
    return heading, delimiter


def _first_line(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix == ".zst":
        return _first_line_zst(path)
    with path.open("rb") as raw, gzip.open(raw) if suffix == ".gz" else raw as file:
        return file.readline().decode("utf-8-sig").rstrip("\r\n")


def _first_line_zst(path: Path) -> str:
    import duckdb

    reading = "auto_detect=false, header=false, delim='\x01', quote='', escape='', columns={'line': 'VARCHAR'}"
    with duckdb.connect() as con:
        row = con.execute(f"SELECT line FROM read_csv({literal(str(path))}, {reading}) LIMIT 1").fetchone()
    return str(row[0]).lstrip("\ufeff") if row else ""
