#!/usr/bin/env bash
# Prints the folder of PostgreSQL's programs. Installs Debian's package when it is missing and this runs as root, without the
# server that the package would start; otherwise says what is missing and ends with 3.
set -euo pipefail
find_bin() { find /usr/lib/postgresql -name initdb -path '*/bin/*' 2>/dev/null | sort -V | tail -1; }
if [ -z "$(find_bin)" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  mkdir -p /etc/postgresql-common
  [ -f /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
  {
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql
  } >&2
fi
initdb=$(find_bin)
if [ -z "$initdb" ]; then
  echo "PostgreSQL is missing; install it (Debian: apt-get install postgresql)" >&2
  exit 3
fi
dirname "$initdb"
