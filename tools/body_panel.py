"""Works out the runs of the pages' panel "what a level does not tell" anew: `python -m tools.body_panel`. Takes a minute."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from neomag.body.data import words
from neomag.body.panel import tip, topic_runs, topics
from neomag.knowledge import Knowledge, load

FILE = Path(__file__).parent.parent / "src" / "neomag" / "web" / "static" / "panel.json"
MOST_BYTES = 40_000  # in gzip


def made(knowledge: Knowledge) -> bytes:
    """The file's content."""
    whole = {
        "label": words(knowledge)["label"],
        "tip": tip(knowledge),
        "units": {"t": "h", "serum": "µmol/L", "interval": "µmol/L", "muscle": "‰", "bone": "‰"},
        "topics": [topic_runs(topic, knowledge) for topic in topics(knowledge)],
    }
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def main() -> None:
    """Write the file anew, and say how large it is."""
    body = made(load())
    FILE.write_bytes(body)
    print(f"{FILE.name}: {len(body):,} bytes, {len(gzip.compress(body, 9)):,} in gzip (at most {MOST_BYTES:,})")


if __name__ == "__main__":
    main()
