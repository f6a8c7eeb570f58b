"""FHIR R4 Bulk Data: a folder of NDJSON files (plain or gzip), one resource type a file.

How each element is read: docs/cohort-data.md.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, cast

from neomag.cohort.readers import Options, fhir_sql
from neomag.cohort.readers import bindings as bound
from neomag.cohort.readers import fhir_medication as medication
from neomag.cohort.readers import fhir_others as others
from neomag.cohort.readers.fhir_columns import ORDER
from neomag.cohort.readers.fhir_observation import observations
from neomag.cohort.readers.staging import SourceError, file_state, keep_only, piece, seq_base
from neomag.sql import literal
from neomag.terminology import Bindings, load_bindings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SUFFIXES = (".ndjson", ".ndjson.gz", ".jsonl", ".jsonl.gz")


def detects(where: str) -> bool:
    """Whether there are NDJSON files of FHIR resources."""
    return any(kind in ORDER for _, kind in _files(where))


def source(where: str, options: Options) -> FhirSource:
    """The source at a folder of NDJSON files, or one such file."""
    return FhirSource(where, options)


class FhirSource:
    """FHIR R4 resources in NDJSON files."""

    layout = "fhir"

    def __init__(self, where: str, options: Options):
        self.where = where
        self.options = options

    def stage(self, con: DuckDBPyConnection, workdir: Path, buckets: int) -> None:
        """Write the source's pieces; see Source. One pass over each file, but two over patients, specimens and medications."""
        files = sorted(_files(self.where), key=lambda f: (ORDER.index(f[1]) if f[1] in ORDER else len(ORDER), f[0]))
        if not any(kind == "Patient" for _, kind in files):
            raise SourceError(f"{self.where}: no file of Patient resources; infants and their births are read from one")
        codes = load_bindings(self.options.codes)
        bound.install(con, codes)
        fhir_sql.install(con, self.options.zone)
        # DuckDB takes an NDJSON file for some forty lines, whatever its size, and would keep all of them in memory to look the
        # few codes up in them. As written, each join looks a line up in the codes.
        con.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
        try:
            self._stage(con, workdir, buckets, files, codes)
        finally:
            con.execute("RESET disabled_optimizers")

    def _stage(
        self, con: DuckDBPyConnection, workdir: Path, buckets: int, files: list[tuple[Path, str]], codes: Bindings
    ) -> None:
        tubes, drugs = ([path for path, kind in files if kind == of] for of in ("Specimen", "Medication"))
        (workdir / "source").mkdir(parents=True, exist_ok=True)
        _referred(con, workdir, "specimens", "id VARCHAR, tags VARCHAR[]", {p: others.specimens(str(p), codes) for p in tubes})
        _referred(con, workdir, "medications", medication.COLUMNS, {p: medication.medications(str(p)) for p in drugs})
        # What results and drugs given are made of beside their own file.
        state = "".join([codes.state, self.options.zone, *map(file_state, (*tubes, *drugs))])
        made: set[tuple[str, str]] = set()
        for place, (path, kind) in enumerate(files):
            start, at = seq_base(place), str(path)
            queries = {
                "Patient": lambda at=at, start=start: [
                    ("infants", others.patients(at, start)), ("problems", others.patient_problems(at, start))
                ],
                "Encounter": lambda at=at, start=start: [("raw_events", others.encounters(at, start))],
                "Specimen": lambda at=at, start=start: [("problems", others.unreadable("Specimen", at, start))],
                "Observation": lambda at=at, start=start: [("raw_events", observations(at, start, codes))],
                "Condition": lambda at=at, start=start: [("raw_events", others.conditions(at, start))],
                "Medication": lambda at=at, start=start: [("problems", others.unreadable("Medication", at, start))],
                "MedicationAdministration": lambda start=start, path=path: [
                    ("raw_events", medication.given(_drugs(con, workdir, path, "MedicationAdministration"), start, codes))
                ],
                "MedicationRequest": lambda start=start, path=path: [
                    ("raw_events", medication.ordered(_drugs(con, workdir, path, "MedicationRequest"), start, codes))
                ],
            }.get(kind, lambda path=path: [("problems", _unread(path))])()  # fmt: skip
            for table, query in queries:
                name = f"{place:04d}-{_name(path)}"
                piece(con, workdir, buckets, table, name, query, key=file_state(path) + state)
                made.add((table, name))
        keep_only(workdir, made)


def _referred(con: DuckDBPyConnection, workdir: Path, name: str, columns: str, queries: Mapping[Path, str]) -> None:
    """A view of what other resources refer to: each id once, the first counts. `queries` by the file they read."""
    con.execute(f"CREATE OR REPLACE TEMP TABLE none_referred ({columns})")
    of_files = [f"SELECT {place} AS place, * FROM ({query})" for place, query in enumerate(queries.values(), start=1)]
    each = " UNION ALL BY NAME ".join(["SELECT 0 AS place, 0 AS n, * FROM none_referred", *of_files])
    once = f"SELECT * EXCLUDE (place, n) FROM ({each}) QUALIFY row_number() OVER (PARTITION BY id ORDER BY place, n) = 1"
    con.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS FROM {_kept(con, workdir, name, once, queries)}")


def _drugs(con: DuckDBPyConnection, workdir: Path, path: Path, resource: str) -> str:
    """A relation of the lines of drugs given or ordered. It is a file: a lookup among as many medications as there are doses
    leaves no memory for reading NDJSON beside it."""
    return _kept(con, workdir, _name(path), medication.lines_of(str(path), resource), [path])


def _kept(con: DuckDBPyConnection, workdir: Path, name: str, query: str, paths: Iterable[Path]) -> str:
    """A relation of the rows of `query` in a file, which is kept while the files at `paths` are those of before."""
    made_of = sha256("\n".join([query, *map(file_state, paths)]).encode()).hexdigest()
    to = workdir / "source" / f"{name}-{made_of[:16]}.parquet"
    if not to.is_file():
        part = to.with_suffix(".part")
        con.execute(f"COPY ({query}) TO {literal(part)} (FORMAT parquet)")
        part.replace(to)
    return f"read_parquet({literal(to)})"


def _unread(path: Path) -> str:
    return f"SELECT NULL::VARCHAR AS infant, 'unread-file' AS problem, {literal(path.name)} AS detail"


def _name(path: Path) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in path.name)


def _files(where: str) -> Iterator[tuple[Path, str]]:
    """The NDJSON files with the type of their first resource that can be read ('' when there is none)."""
    path = Path(where)
    found = [path] if path.is_file() else sorted(path.iterdir()) if path.is_dir() else []
    for file in found:
        if file.name.endswith(_SUFFIXES) and file.is_file():
            yield file, _kind(file)


def _kind(path: Path) -> str:
    """The resource type a file's name begins with, else that of its first line."""
    named = path.name.split(".")[0].split("-")[0]
    if named in ORDER:
        return named
    opened = gzip.open if path.name.endswith(".gz") else open
    try:
        with opened(path, "rb") as file:
            first = json.loads(file.readline(1 << 24))
    except (OSError, ValueError, EOFError):
        return ""
    kind = cast("dict[str, object]", first).get("resourceType") if isinstance(first, dict) else None
    return kind if isinstance(kind, str) else ""
