"""How a cohort is cut: into buckets of infants when it is staged, and into chunks, each answered in one go, after that."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# Bytes of a source an event, by suffix: rough, and only to choose the number of buckets.
_BYTES = {".parquet": 12, ".csv": 80, ".ndjson": 600, ".jsonl": 600, ".json": 600, ".duckdb": 30, ".db": 30}
_PACKED = {".gz": 10, ".zst": 10, ".bz2": 12}
_OTHER = 100
# Events a bucket, and rows (events and moments) a chunk, that two gigabytes hold with room; measured.
EVENTS_A_BUCKET = 600_000
ROWS_A_CHUNK = {"duckdb": 600_000, "spark": 20_000_000}
_BASE = 2 * 10**9
MOST_BUCKETS = 256
_UNKNOWN = 64


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some whole buckets, or slice `slice_` of `slices` of one bucket."""

    number: int
    buckets: tuple[int, ...]
    slice_: int = 0
    slices: int = 1


def buckets_for(source: Path, memory: int) -> int:
    """How many buckets to stage `source` in, by its size; a database elsewhere has no size that is known."""
    if not source.exists():
        return _UNKNOWN
    files = [p for p in source.rglob("*") if p.is_file()] if source.is_dir() else [source]
    events = sum(path.stat().st_size / _an_event(path) for path in files)
    return max(1, min(MOST_BUCKETS, round(events / EVENTS_A_BUCKET * _BASE / memory)))


def _an_event(path: Path) -> float:
    suffix, packed = path.suffix.lower(), 1
    if suffix in _PACKED:
        packed, suffix = _PACKED[suffix], Path(path.stem).suffix.lower()
    return _BYTES.get(suffix, _OTHER) / packed


def infants_a_chunk(infants: int, rows: int, engine: str, memory: int) -> int:
    """Infants a chunk for `rows` events and moments of `infants` in all."""
    most = ROWS_A_CHUNK[engine] * memory / _BASE
    return max(1, int(infants * min(1.0, most / max(1, rows))))


def chunks(buckets: int, infants: int, a_chunk: int, *, sliced: bool = True) -> list[Chunk]:
    """The chunks of `infants` in `buckets`, of at most about `a_chunk` infants each; unless `sliced`, of whole buckets."""
    in_bucket = max(1, -(-infants // buckets))
    if in_bucket > a_chunk and sliced:
        slices = -(-in_bucket // a_chunk)
        return [Chunk(b * slices + s, (b,), s, slices) for b in range(buckets) for s in range(slices)]
    group = max(1, a_chunk // in_bucket)
    starts = range(0, buckets, group)
    return [Chunk(n, tuple(range(start, min(buckets, start + group)))) for n, start in enumerate(starts)]
