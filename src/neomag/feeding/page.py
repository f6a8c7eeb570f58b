"""The plan as one page to print: foods, meals, a plot of what is reached, and why. PDF by typst."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

from neomag.feeding.errors import FeedingInputError
from neomag.feeding.explain import Explainer
from neomag.feeding.lines import Line
from neomag.feeding.menu import menu
from neomag.feeding.plan import Plan
from neomag.feeding.span import figure

# A bar ends at one and a half times the target, so that what is met and what is short can be told apart.
_FULL = 1.5
_WIDE_MM = 34
# Sizes of letters to try, in points, and the resolution at which pages are counted.
_SIZES = (9.0, 8.5, 8.0, 7.5, 7.0, 6.5, 6.0, 5.5, 5.0)
_COARSE = 10.0


def write_page(plan: Plan, said: Explainer, path: Path) -> None:
    """Write the page to `path`, a PDF. Raises FeedingInputError without typst, for another suffix, or a failed write."""
    if path.suffix != ".pdf":
        raise FeedingInputError(f"{path.name}: a page is .pdf")
    data = pdf(plan, said)
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise FeedingInputError(f"{path}: {error.strerror}") from None


def pdf(plan: Plan, said: Explainer) -> bytes:
    """The page as PDF bytes. Raises FeedingInputError when the extra `report` (typst) is not installed."""
    try:
        import typst
    except ImportError:
        raise FeedingInputError("a PDF needs the extra `report`: pip install 'neomag[report]'") from None
    for size in _SIZES:
        source = "\n".join(_source(plan, said, size)).encode()
        # A picture comes back alone, several pages as a list: letters are made smaller until one page holds it all.
        pages = cast("bytes | list[bytes]", typst.compile(source, format="png", ppi=_COARSE))
        if isinstance(pages, bytes) or size == _SIZES[-1]:
            return typst.compile(source)
    raise AssertionError("there is a last size")


def _q(text: str) -> str:
    """A string of typst."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _source(plan: Plan, said: Explainer, size: float) -> Iterator[str]:
    request = plan.request
    yield '#set page(paper: "a4", margin: (x: 1.4cm, y: 1.2cm))'
    yield f"#set text(size: {size}pt, font: {_q('Libertinus Serif')})"
    yield "#set par(spacing: 0.55em)"
    span = "one day" if request.days == 1 else "one week"
    heading = _q(f"Food for a baby of {request.age_months} months, {span}")
    yield f'#text(size: 15pt, weight: "bold", {heading})'
    yield f"#v(0.2em) #text(fill: luma(90), {_q(said.words['not_advice'])})"
    yield "#v(0.3em) #grid(columns: (1fr, 8.3cm), column-gutter: 0.7cm, ["
    if plan.items:
        yield from _foods(plan, said)
        yield from _meals(plan, said)
    yield _title("Why")
    for line in said.sentences()[:-1]:
        yield f"#list(text({_q(line)}))"
    yield "], ["
    if plan.items:
        yield _title("What a day holds, against the target")
        yield from _bars(plan, said)
    yield _title("Always")
    for rule in said.rules():
        line = _q(f"{rule['says']} [{', '.join(rule['sources'])}]")
        yield f"#list(text(size: 0.9em, {line}))"
    yield "])"


def _title(text: str) -> str:
    return f'#block(above: 1em, below: 0.5em, text(weight: "bold", size: 1.2em, {_q(text)}))'


def _foods(plan: Plan, said: Explainer) -> Iterator[str]:
    yield _title("Foods" if plan.request.days == 1 else "Foods of the week")
    yield "#table(columns: (auto, auto, 1fr), stroke: none, inset: (x: 2pt, y: 1.6pt), align: (left, right, left),"
    for item in plan.items:
        weighed = item.choice.candidate.weighed
        grams = f"{figure(item.grams)} g" + ("" if weighed == "as eaten" else f" {weighed}")
        name = f"text(weight: {_q('bold')}, {_q(item.choice.candidate.short)})"
        yield f"{name}, text({_q(grams)}), text({_q(said.item(item))}),"
    yield ")"


def _meals(plan: Plan, said: Explainer) -> Iterator[str]:
    yield _title("As meals")
    days: dict[int, list[str]] = {}
    for meal in menu(plan, said.known):
        foods = ", ".join(f"{s.item.choice.candidate.short} {figure(s.grams)} g" for s in meal.servings)
        days.setdefault(meal.day, []).append(f"{meal.name}: {foods}")
    for day, meals in days.items():
        lines = meals if len(days) == 1 else [f"Day {day}. {'; '.join(meals)}"]
        for line in lines:
            yield f"#list(text({_q(line)}))"


def _bars(plan: Plan, said: Explainer) -> Iterator[str]:
    middle = "left + horizon, left + horizon, right + horizon"
    yield f"#table(columns: (1fr, {_WIDE_MM}mm, auto), stroke: none, inset: (x: 2pt, y: 1.6pt), align: ({middle}),"
    for line in plan.lines.values():
        if line.target is not None:
            weight = "bold" if line.nutrient == "magnesium" else "regular"
            amount = f"{figure(line.held)} of {figure(line.target.value)}{said.mark(line.nutrient)} {said.unit(line.nutrient)}"
            yield f"text(weight: {_q(weight)}, {_q(said.called(line.nutrient))}), {_bar(line)}, text({_q(amount)}),"
    yield ")"
    legend = _q("Dark: milk. Light: food. The line is the target. Red: aimed at and short.")
    yield f"#text(size: 0.85em, fill: luma(90), {legend})"


def _bar(line: Line) -> str:
    """A bar of milk and food with the target as a line across it."""
    assert line.target is not None
    unit = _WIDE_MM / _FULL
    milk = min(line.milk / line.target.value, _FULL) * unit
    food = min(line.held / line.target.value, _FULL) * unit - milk
    colour = "rgb(204, 51, 51)" if line.aimed and line.met is False else "rgb(110, 170, 130)"
    return (
        f"box(width: {_WIDE_MM}mm, height: 2.6mm, fill: luma(238), {{"
        f"place(left + top, rect(width: {milk:.2f}mm, height: 2.6mm, fill: rgb(60, 100, 130)));"
        f"place(left + top, dx: {milk:.2f}mm, rect(width: {max(food, 0):.2f}mm, height: 2.6mm, fill: {colour}));"
        f"place(left + top, dx: {unit:.2f}mm, line(angle: 90deg, length: 2.6mm, stroke: 0.8pt))}})"
    )
