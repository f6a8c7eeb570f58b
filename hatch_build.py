"""Build hook: compiles the knowledge into `neomag/_build` whenever the package is built or installed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class KnowledgeHook(BuildHookInterface[Any]):
    """Writes `_build/knowledge.json` and `_build/rules.py`; fails the build when the knowledge does not hold together."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Run by hatchling before each wheel or editable install."""
        del version, build_data
        sys.path.insert(0, str(Path(self.root) / "src"))
        from neomag.rules.build import write

        write()
