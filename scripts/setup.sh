#!/usr/bin/env bash
# Makes .venv (Python, pinned by hash) and, when asked with `node`, node_modules (pinned by the lock file).
# Debian packages that are missing are installed when run as root; otherwise the missing command is named.
set -euo pipefail
cd "$(dirname "$0")/.."

debian() { # debian COMMAND PACKAGE...: have the command, or install the packages that bring it
  local command=$1
  shift
  command -v "$command" >/dev/null 2>&1 && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "setup: installing $* (for $command)" >&2
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
  else
    echo "setup: '$command' is missing. Install it (Debian: apt-get install $*) and run make again." >&2
    exit 1
  fi
}

make_venv() {
  local python=${PYTHON:-python3}
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "setup: neomag needs Python 3.11 or later; set PYTHON=…" >&2
    exit 1
  }
  # Debian ships venv apart from python3; `import venv` works without it, `ensurepip` does not.
  "$python" -c 'import ensurepip, venv' 2>/dev/null || debian neomag-needs-venv python3-venv
  "$python" -m venv --clear .venv
}

stamp=.venv/.neomag-lock
if ! cmp -s requirements.lock "$stamp"; then
  [ -x .venv/bin/python ] && [ -f "$stamp" ] || make_venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
  cp requirements.lock "$stamp"
fi

if [ "${1:-}" = node ] && ! cmp -s package-lock.json node_modules/.neomag-lock; then
  debian node nodejs npm
  debian npm npm
  npm ci --silent --no-progress
  cp package-lock.json node_modules/.neomag-lock
fi
