"""How far a run has come: a bar on a terminal, plain lines elsewhere. Counts only, nothing of any infant."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

# Lines are for logs: no more often than this, in seconds, but the first and last of a phase always.
_EVERY = 5.0


class Progress:
    """Says nothing; the base of those that do."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        return None

    def phase(self, title: str, total: int | None = None, done: int = 0, unit: str = "") -> None:
        """Begin a phase of `total` units (None: not known), `done` of which an earlier run has done."""

    def advance(self, count: int) -> None:
        """`count` more units are done."""

    def say(self, line: str) -> None:
        """Say one line."""


class Lines(Progress):
    """Plain lines on `stream`."""

    def __init__(self, stream: TextIO):
        self.stream = stream
        self.title, self.unit, self.total, self.done, self.before = "", "", 0, 0, 0
        self.began = self.said = 0.0

    def phase(self, title: str, total: int | None = None, done: int = 0, unit: str = "") -> None:
        """Say that a phase begins."""
        self.title, self.unit, self.total, self.done, self.before = title, unit, total or 0, done, done
        self.began, self.said = time.monotonic(), 0.0
        self.say(f"{title}: {done:,} of {total:,} {unit} done before" if total and done else f"{title} …")

    def advance(self, count: int) -> None:
        """Say how far it is, now and then."""
        self.done += count
        now = time.monotonic()
        if now - self.said >= _EVERY or self.done >= self.total:
            self.said = now
            self.say(f"{self.title}: {self.done:,} of {self.total:,} {self.unit}{self._speed(now)}")

    def _speed(self, now: float) -> str:
        done, took = self.done - self.before, now - self.began
        if took <= 0 or done <= 0:
            return ""
        left = (self.total - self.done) * took / done
        return f", {_rate(done / took)} {self.unit}/s" + (f", {_span(left)} left" if left > 0 else f", {_span(took)}")

    def say(self, line: str) -> None:
        """Write one line."""
        self.stream.write(f"{line}\n")
        self.stream.flush()


class Shown(Progress):
    """A bar for each phase, on a terminal."""

    def __init__(self, stream: TextIO):
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        self.bars: Bars = Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[counted]}"), TimeElapsedColumn(),
            TextColumn("·"), TimeRemainingColumn(),
            TextColumn("left"), console=Console(file=stream), speed_estimate_period=120,
        )  # fmt: skip
        self.task: TaskID | None = None
        self.unit, self.before, self.began = "", 0, 0.0

    def __enter__(self) -> Self:
        self.bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None:
            self._end()
        self.bars.stop()

    def phase(self, title: str, total: int | None = None, done: int = 0, unit: str = "") -> None:
        """Say that a phase begins."""
        self._end()
        self.unit, self.before, self.began = unit, done, time.monotonic()
        self.task = self.bars.add_task(title, total=total, completed=done, counted="")

    def advance(self, count: int) -> None:
        """Say how far it is, now and then."""
        if self.task is None:
            return
        self.bars.advance(self.task, count)
        task = self.bars.tasks[self.task]
        took, done = time.monotonic() - self.began, task.completed - self.before
        counted = f"{task.completed:,.0f} of {task.total or 0:,.0f} {self.unit}"
        self.bars.update(self.task, counted=f"{counted}, {_rate(done / took)}/s" if took > 0 else counted)

    def say(self, line: str) -> None:
        """Write one line."""
        self.bars.console.print(line, markup=False, highlight=False)

    def _end(self) -> None:
        """A phase whose length was not known is whole when the next begins."""
        if self.task is not None and self.bars.tasks[self.task].total is None:
            self.bars.update(self.task, total=1, completed=1)


def progress(stream: TextIO) -> Progress:
    """The way to show progress on `stream`."""
    return Shown(stream) if stream.isatty() else Lines(stream)


def _rate(speed: float) -> str:
    return f"{speed:,.0f}" if speed >= 10 else f"{speed:.2g}"


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
