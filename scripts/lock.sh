#!/usr/bin/env bash
# Writes requirements.lock anew from pyproject.toml: every extra, pinned by hash, naming no host. Needs uv on the PATH or in .venv.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PWD/.venv/bin:$PATH"
uv pip compile --quiet --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
  --universal --python-version 3.11 --all-extras pyproject.toml -o requirements.lock
