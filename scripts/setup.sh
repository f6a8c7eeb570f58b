#!/usr/bin/env bash
# Makes .venv (Python, pinned by hash) and, when asked with `node`, node_modules (pinned by the lock file) and the
# programs the tests run.
# Debian packages that are missing are installed when run as root; otherwise the missing command is named.
set -euo pipefail
cd "$(dirname "$0")/.."

debian() { # debian PACKAGE...: install Debian packages as root, or say that they are missing
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "setup: installing $*" >&2
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
  else
    echo "setup: $* missing. Install it (Debian: apt-get install $*) and run make again." >&2
    exit 1
  fi
}

command_from() { # command_from COMMAND PACKAGE...: have the command, or install the packages that bring it
  local command=$1
  shift
  command -v "$command" >/dev/null 2>&1 || debian "$@"
}

make_venv() {
  local python=${PYTHON:-python3}
  command_from "$python" python3 python3-venv
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "setup: neomag needs Python 3.11 or later; set PYTHON=…" >&2
    exit 1
  }
  # Debian ships venv apart from python3; `import venv` works without it, `ensurepip` does not.
  "$python" -c 'import ensurepip, venv' 2>/dev/null || debian python3-venv
  "$python" -m venv --clear .venv
}

stamp=.venv/.neomag-lock
if ! cmp -s requirements.lock "$stamp"; then
  [ -x .venv/bin/python ] && [ -f "$stamp" ] || make_venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
  cp requirements.lock "$stamp"
fi

# What the tests run besides Python: Java for Spark, PostgreSQL for OMOP in a database, chromium for the pages.
if [ "${1:-}" = node ]; then
  command_from java default-jre-headless
  tests/data/cohort/postgres.sh >/dev/null
  command_from chromium chromium
  # Chinese pages in pictures, and in the PDF of the tests: without it letters are boxes.
  [ -n "$(fc-list :lang=zh)" ] || debian fonts-wqy-microhei
fi

if [ "${1:-}" = node ] && ! cmp -s package-lock.json node_modules/.neomag-lock; then
  command_from node nodejs npm
  command_from npm npm
  npm ci --silent --no-progress
  cp package-lock.json node_modules/.neomag-lock
fi
