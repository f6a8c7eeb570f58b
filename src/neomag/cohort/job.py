"""The folder of a run: what was asked, what is finished, and that only one run works in it.

    run.json          settings, knowledge, counts, timings, and `finished`
    infants.parquet/  events.parquet/  answers.parquet/   part files, each whole
    problems.parquet  quality.html                        at the end
    work/             what a run needs while it works; gone when it has finished

A part is written under `work/` and moved into its place when it is whole; only then does run.json count it. What run.json
does not count is thrown away when the run is resumed, so that a run killed at any point goes on from its last whole part.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PARTED = ("infants.parquet", "events.parquet", "answers.parquet")
_OURS = ("run.json", *PARTED, "problems.parquet", "quality.html", "work")
_LOCK = ".neomag-lock"
_KIND = "neomag cohort run"


class JobError(ValueError):
    """A folder that cannot be used; one line."""


class Job:
    """An output folder while a run works in it. Made by `opened`, which holds the lock."""

    def __init__(self, out: Path, asked: Mapping[str, Any], record: dict[str, Any]):
        self.out, self.work, self.asked, self.record = out, out / "work", asked, record

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return self.record["finished"]

    def save(self) -> None:
        """Write run.json anew, whole or not at all."""
        fresh = self.out / ".run.json.part"
        with fresh.open("w", encoding="utf-8") as file:
            json.dump(self.record, file, ensure_ascii=False, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.out / "run.json")

    def fresh(self, name: str) -> Path:
        """A place under `work/` to write something that is moved to its own place once it is whole."""
        place = self.work / "fresh" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.is_dir():
            shutil.rmtree(place)
        place.unlink(missing_ok=True)
        return place

    def done(self, step: str, number: int) -> bool:
        """Whether part `number` of `step` (`normalise`, `answers`) is finished, and its files are still there."""
        return str(number) in self.record["parts"].get(step, {})

    def finish(self, step: str, number: int, files: Mapping[str, Path], **counts: int) -> None:
        """Move `files` (place in the folder: where it was written) to their places, and count part `number` of `step`."""
        sizes: dict[str, int] = {}
        for name, written in files.items():
            place = self.out / name
            place.parent.mkdir(parents=True, exist_ok=True)
            written.replace(place)
            sizes[name] = place.stat().st_size
        self.record["parts"].setdefault(step, {})[str(number)] = {**counts, "files": sizes}
        self.save()

    def count(self, step: str, what: str) -> int:
        """The sum of a count over the finished parts of a step."""
        return sum(part.get(what, 0) for part in self.record["parts"].get(step, {}).values())

    def files(self, step: str, folder: str) -> list[Path]:
        """The finished files of a step in one of its folders, in order."""
        parts = self.record["parts"].get(step, {}).values()
        return sorted(self.out / name for part in parts for name in part["files"] if name.startswith(f"{folder}/"))

    def add(self, timing: str, seconds: float) -> None:
        """Add to a timing; a run that was resumed counts all its time."""
        timings = self.record["seconds"]
        timings[timing] = round(timings.get(timing, 0.0) + seconds, 3)

    def forget(self) -> None:
        """Throw away parts that run.json does not count, and count none whose file is gone or of another size."""
        lost = 0
        for parts in self.record["parts"].values():
            for number in list(parts):
                if not all(_size(self.out / name) == size for name, size in parts[number]["files"].items()):
                    del parts[number]
                    lost += 1
        if lost and self.finished:
            # What the others were made from is gone with `work/`: all is made anew.
            self.record.update(_new(self.asked))
        counted = {name for parts in self.record["parts"].values() for part in parts.values() for name in part["files"]}
        for folder in (*PARTED, "work/moments", "work/problems"):
            for file in sorted((self.out / folder).glob("*")):
                if f"{folder}/{file.name}" not in counted:
                    file.unlink()
        for left in ("fresh", "spill"):
            shutil.rmtree(self.work / left, ignore_errors=True)

    def close(self) -> None:
        """Say in run.json that the run has finished, and clear what only the work needed."""
        for part in (part for parts in self.record["parts"].values() for part in parts.values()):
            part["files"] = {name: size for name, size in part["files"].items() if not name.startswith("work/")}
        self.record["finished"] = True
        self.save()
        shutil.rmtree(self.work, ignore_errors=True)


@contextmanager
def opened(out: Path, asked: Mapping[str, Any], *, restart: bool = False) -> Generator[Job, None, None]:
    """The job of `out`, new or to be resumed, for as long as it is worked on.

    Raises JobError when the folder cannot be written, holds something else, is being worked on, or holds a run with other
    settings than `asked` (unless `restart`, which clears what neomag wrote there).
    """
    try:
        _ours(out)
        out.mkdir(parents=True, exist_ok=True)
        with _locked(out):
            record = _read(out)
            if record is not None and restart:
                clear(out)
                record = None
            if record is not None:
                _same(out, record["settings"], asked)
            job = Job(out, asked, record or _new(asked))
            job.forget()
            if not job.finished:
                job.work.mkdir(exist_ok=True)
            job.save()
            yield job
    except OSError as error:
        if error.errno is None or isinstance(error, BrokenPipeError):
            raise
        # A full disk names no file.
        ours = error.filename is None or Path(error.filename).is_relative_to(out)
        raise JobError(
            f"{out}: cannot be written: {error.strerror}" if ours else f"{error.filename}: {error.strerror}"
        ) from error


def clear(out: Path) -> None:
    """Remove what a run wrote in its folder, and nothing else."""
    # run.json last: until it is gone the folder is ours to clear.
    for name in reversed(_OURS):
        place = out / name
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)


def _new(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": _KIND, "finished": False, "settings": dict(asked), "counts": {}, "seconds": {}, "buckets": None,
        "a chunk": None, "parts": {},
    }  # fmt: skip


def _ours(out: Path) -> None:
    """Raise JobError when `out` is a folder that something else lives in."""
    if out.exists() and not out.is_dir():
        raise JobError(f"{out}: is a file; name a folder")
    if out.is_dir() and (held := [p.name for p in out.iterdir()]) and not {"run.json", _LOCK} & set(held):
        raise JobError(f"{out}: holds other files ({min(held)} …); name a new or empty folder")


def _read(out: Path) -> dict[str, Any] | None:
    file = out / "run.json"
    if not file.exists():
        return None
    try:
        record = json.loads(file.read_text("utf-8"))
        if record["kind"] == _KIND and {"settings", "parts", "finished", "seconds"} <= set(record):
            return record
    except (ValueError, KeyError, TypeError):
        pass
    raise JobError(f"{file}: not a run of neomag's; name a new or empty folder")


def _same(out: Path, before: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    """Raise JobError naming what is set differently from the run that the folder holds."""
    said = [
        f"{key} {_short(before.get(key))}, now {_short(asked.get(key))}" if _plain(before, asked, key) else f"the {key} changed"
        for key in asked
        if before.get(key) != asked.get(key)
    ]
    if said:
        raise JobError(
            f"{out}: holds a run with other settings ({'; '.join(said)}); add --restart to start over, or name another folder"
        )


def _plain(before: Mapping[str, Any], asked: Mapping[str, Any], key: str) -> bool:
    return not any(isinstance(side.get(key), dict) for side in (before, asked))


def _short(value: Any) -> str:
    return "not given" if value is None else str(value)[:40]


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1


@contextmanager
def _locked(out: Path) -> Generator[None, None, None]:
    """Hold the folder's lock. The system lets go of it when the process ends, however it ends."""
    with (out / _LOCK).open("a", encoding="utf-8") as file:
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            raise JobError(f"{out}: another run is working in this folder") from None
        yield


def fingerprint(paths: Iterable[Path]) -> dict[str, Any]:
    """Tells whether files are those of before: how many, how large, and a digest of their names, sizes and times.

    Their content is not read: a source may be hundreds of gigabytes.
    """
    total, size, count = hashlib.sha256(), 0, 0
    for top in paths:
        for path in sorted(p for p in top.rglob("*") if p.is_file()) if top.is_dir() else [top]:
            stat = path.stat()
            name = path.relative_to(top).as_posix() if path != top else path.name
            total.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
            size, count = size + stat.st_size, count + 1
    return {"files": count, "bytes": size, "digest": total.hexdigest()}
