"""A whole export into a folder that a cohort run reads. Until it is whole the folder has another name: `DIR.partial`."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from neomag.fhir.bulk import Bulk, Gone
from neomag.fhir.export import File, Manifest

TYPES = ("Patient", "Encounter", "Specimen", "Observation", "Condition", "MedicationAdministration", "MedicationRequest")
_STATE = "pull.json"
MANIFEST = "manifest.json"


class PullError(Exception):
    """A folder that cannot be used; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: of which server, which types, changed since when (None: ever), and of which group (None: all)."""

    server: str
    types: tuple[str, ...] = TYPES
    since: str | None = None
    group: str | None = None


def partial(out: Path) -> Path:
    """Where an export lies until it is whole."""
    return out.with_name(f"{out.name}.partial")


def pull(
    bulk: Bulk, asked: Asked, out: Path, *, restart: bool = False, told: Callable[[str], None] = lambda _: None
) -> Manifest:
    """Export into the folder `out`, new or empty. What was begun before for the same is gone on with, unless `restart`.

    Raises PullError for a folder that is in use, FhirServerError when the server does not give what is asked; what was fetched
    until then is kept for the next time.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise PullError(f"{out}: not a new or empty folder")
    work = partial(out)
    try:
        if restart and work.exists():
            with _alone(work):
                shutil.rmtree(work)
        # It holds the data of patients: for its owner's eyes only.
        work.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(work):
            return _pulled(bulk, asked, work, out, told)
    except OSError as error:
        raise PullError(f"{work}: {error.strerror or type(error).__name__}") from None


@contextmanager
def _alone(work: Path) -> Generator[None]:
    """Nobody else pulls into the folder meanwhile. Raises PullError when somebody does."""
    try:
        import fcntl
    except ImportError:  # a system without such locks: whoever starts it twice is not told
        yield
        return
    folder = os.open(work, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(folder)
        raise PullError(f"{work}: another pull is writing there") from None
    try:
        yield
    finally:
        os.close(folder)


def _pulled(bulk: Bulk, asked: Asked, work: Path, out: Path, told: Callable[[str], None]) -> Manifest:
    where, manifest = _before(work, asked)
    if where is None:
        where = bulk.begin(asked.types, asked.since, asked.group)
        _note(work, asked, where, None)
    else:
        told("going on with the export that was begun before")
    if manifest is None:
        try:
            manifest = bulk.wait(where)
        except Gone:
            (work / _STATE).unlink()
            raise
        _note(work, asked, where, manifest)
    files = _fetch(bulk, manifest.output, work, private=manifest.private, told=told)
    if manifest.errors:
        (work / "errors").mkdir(exist_ok=True)
        _fetch(bulk, manifest.errors, work / "errors", private=manifest.private, told=told)
    _finish(work, out, asked, manifest, files)
    bulk.forget(where)
    return manifest


def _fetch(bulk: Bulk, files: Sequence[File], to: Path, *, private: bool, told: Callable[[str], None]) -> list[str]:
    names: list[str] = []
    for place, file in enumerate(files):
        path = to / f"{file.kind}.{place:04d}.ndjson"
        done = next((one for one in (path, path.with_name(f"{path.name}.gz")) if one.exists()), None)
        if done is None:
            done = bulk.fetch(file, path, private=private)
            of = "" if file.count is None else f", {file.count:,} resources"
            told(f"{place + 1} of {len(files)}: {done.name}{of}")
        names.append(done.name)
    return names


def _finish(work: Path, out: Path, asked: Asked, manifest: Manifest, files: Sequence[str]) -> None:
    """Give the folder its name. Addresses of files may open them to anybody, so they are not kept."""
    listed = [{"type": f.kind, "file": name, "count": f.count} for f, name in zip(manifest.output, files, strict=True)]
    said = asdict(asked) | {"transactionTime": manifest.time, "output": listed, "errors": len(manifest.errors)}
    _write(work / MANIFEST, said)
    (work / _STATE).unlink()
    for path in work.iterdir():
        if path.is_file():
            with path.open("r+b") as file:
                os.fsync(file.fileno())
    if out.exists():
        out.rmdir()
    work.rename(out)


def _before(work: Path, asked: Asked) -> tuple[str | None, Manifest | None]:
    """The export that was begun for the same, and its manifest when it was done. Raises PullError when it was for another."""
    try:
        said: Any = json.loads((work / _STATE).read_text("utf-8"))
        same = said["asked"] == json.loads(json.dumps(asdict(asked)))
        where, told = str(said["where"]), said["manifest"]
        manifest = None
        if told is not None:
            output, errors = (tuple(File(**file) for file in told[name]) for name in ("output", "errors"))
            manifest = Manifest(str(told["time"]), bool(told["private"]), output, errors)
    except FileNotFoundError:
        if any(work.iterdir()):
            raise PullError(f"{work}: holds what is no export that was begun; add --restart to delete it") from None
        return None, None
    except (ValueError, KeyError, TypeError):
        raise PullError(f"{work}: cannot be gone on with; add --restart to begin anew") from None
    if not same:
        raise PullError(f"{work}: an export of something else was begun there; add --restart to begin anew")
    return where, manifest


def _note(work: Path, asked: Asked, where: str, manifest: Manifest | None) -> None:
    said = {"asked": asdict(asked), "where": where, "manifest": None if manifest is None else asdict(manifest)}
    _write(work / _STATE, said)


def _write(path: Path, said: Any) -> None:
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(said, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
